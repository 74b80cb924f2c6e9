//! Recorded builds, as every reporter shows them.

use std::time::Duration;

use super::mode::Mode;
use super::replay::{Recording, live_of};
use super::reporter::{Page, View};
use super::summary::Summary;
use crate::execute::event::{BuiltTarget, Layers, TargetOutcome};
use crate::problem::{Problem, ProblemKind, Problems};
use crate::redact::Redactor;
use crate::secret::Secret;

fn built() -> TargetOutcome {
    TargetOutcome::Built(BuiltTarget {
        digest: Some("sha256:4f2d".into()),
        image_id: Some("sha256:4f2d".into()),
        tags: vec!["dynamo:latest-dev".into(), "dynamo:v1.6.1-dev".into()],
        pushed: Vec::new(),
        size: Some(1_234_567_890),
        size_of: Some(Layers::Unpacked),
    })
}

fn failed() -> TargetOutcome {
    TargetOutcome::Failed {
        error: "process `/bin/sh -c …` ended with 1".into(),
        vertex: None,
    }
}

fn shown(recording: &str, result: &TargetOutcome, mode: Mode, view: View) -> Page {
    let mut reporter = mode.reporter(true);
    Recording::load(recording, "dev", result).replay(&mut *reporter, Redactor::default(), view)
}

fn live(recording: &str, milliseconds: u64, columns: usize, rows: usize) -> String {
    let now = Duration::from_millis(milliseconds);
    let state = Recording::load(recording, "dev", &built()).state_at(now);
    live_of(&state, now, View::TERMINAL.sized(columns, rows))
}

#[test]
fn plain_success() {
    insta::assert_snapshot!(shown("success", &built(), Mode::Plain, View::PLAIN).stderr, @r#"
    target dev: started
    #1 [internal] load build definition from Dockerfile
    #1 transferring dockerfile: 850 B done
    #1 DONE 0.0s

    #2 [internal] load metadata for docker.io/library/debian:bookworm-slim
    #2 DONE 0.0s

    #3 [internal] load .dockerignore
    #3 transferring context: 2 B done
    #3 DONE 0.0s

    #4 [base 1/4] FROM docker.io/library/debian:bookworm-slim
    #4 DONE 0.0s

    #5 [internal] load build context
    #6 [base 2/3] RUN echo preparing; sleep 0.4
    #5 transferring context: 109 kB done
    #5 DONE 0.0s

    #6 0.200 preparing
    #6 DONE 0.6s

    #7 [base 3/3] WORKDIR /srv
    #7 DONE 0.0s

    #8 [wheel_builder 1/2] COPY data.txt /src/
    #9 [framework 1/1] RUN printf '\033[32mResolved\033[0m 12 packages\n'; printf '10%%\r55%%\r100%%\n'; sleep 0.7
    #8 DONE 0.0s

    #10 [wheel_builder 2/2] RUN for i in 1 2 3 4 5 6; do echo "Compiling crate $i"; sleep 0.25; done; touch /dynamo.whl
    #10 0.233 Compiling crate 1
    #9 0.322 Resolved 12 packages
    #9 0.322 100%
    #10 0.488 Compiling crate 2
    #10 0.740 Compiling crate 3
    #10 1.010 Compiling crate 4
    #9 DONE 1.1s

    #10 1.245 Compiling crate 5
    #10 1.506 Compiling crate 6
    #10 DONE 1.9s

    #11 [runtime 1/3] COPY --from=wheel_builder /dynamo.whl /wheels/
    #11 DONE 0.1s

    #12 [runtime 2/3] COPY app.py /app/
    #12 DONE 0.0s

    #13 [runtime 3/3] RUN echo "run 0"; sleep 0.3
    #13 0.240 run 0
    #13 DONE 0.6s

    #14 [dev 1/1] RUN echo "Installing tools"; sleep 0.4
    #14 0.248 Installing tools
    #14 DONE 0.7s

    #15 exporting to image
    #15 exporting layers done
    #15 writing image sha256:7570637958522f8baec32071c53208029813d1d54a3cad666e3db38f86ac4e93 done
    #15 naming to docker.io/library/report-test:rec done
    #15 DONE 0.1s

    + dev built in 4.5s
     tag    dynamo:latest-dev
     tag    dynamo:v1.6.1-dev
     digest sha256:4f2d
     size   1.23 GB unpacked
    Done in 4.5s - 9 steps run, 0 cached - context 109 kB sent
    Slowest steps
         1.9s  [wheel_builder 2/2] RUN for i in 1 2 3 4 5 6; do echo "Compiling crate $i"; sleep 0.25; done; touch /dynamo.whl
         1.1s  [framework 1/1] RUN printf '\033[32mResolved\033[0m 12 packages\n'; printf '10%%\r55%%\r100%%\n'; sleep 0.7
    "#);
}

#[test]
fn plain_cached() {
    insta::assert_snapshot!(shown("cached", &built(), Mode::Plain, View::PLAIN).stderr, @r#"
    target dev: started
    #1 [internal] load build definition from Dockerfile
    #1 transferring dockerfile: 850 B done
    #1 DONE 0.0s

    #2 [internal] load metadata for docker.io/library/debian:bookworm-slim
    #2 DONE 0.0s

    #3 [internal] load .dockerignore
    #3 DONE 0.0s

    #3 transferring context: 2 B done
    #3 DONE 0.0s

    #4 [base 1/4] FROM docker.io/library/debian:bookworm-slim
    #4 CACHED

    #5 [internal] load build context
    #5 transferring context: 56 B done
    #5 DONE 0.0s

    #6 [base 2/3] RUN echo preparing; sleep 0.4
    #6 CACHED

    #7 [base 3/3] WORKDIR /srv
    #7 CACHED

    #8 [framework 1/1] RUN printf '\033[32mResolved\033[0m 12 packages\n'; printf '10%%\r55%%\r100%%\n'; sleep 0.7
    #8 CACHED

    #9 [wheel_builder 1/2] COPY data.txt /src/
    #9 CACHED

    #10 [wheel_builder 2/2] RUN for i in 1 2 3 4 5 6; do echo "Compiling crate $i"; sleep 0.25; done; touch /dynamo.whl
    #10 CACHED

    #11 [runtime 1/3] COPY --from=wheel_builder /dynamo.whl /wheels/
    #11 CACHED

    #12 [runtime 2/3] COPY app.py /app/
    #12 CACHED

    #13 [runtime 3/3] RUN echo "run 0"; sleep 0.3
    #13 CACHED

    #14 [dev 1/1] RUN echo "Installing tools"; sleep 0.4
    #14 CACHED

    #15 exporting to image
    #15 exporting layers done
    #15 writing image sha256:7570637958522f8baec32071c53208029813d1d54a3cad666e3db38f86ac4e93 done
    #15 naming to docker.io/library/report-test:rec done
    #15 DONE 0.0s

    + dev built in 0.1s
     tag    dynamo:latest-dev
     tag    dynamo:v1.6.1-dev
     digest sha256:4f2d
     size   1.23 GB unpacked
    Done in 0.1s - 0 steps run, 9 cached - context 56 B sent
    "#);
}

#[test]
fn plain_failure() {
    insta::assert_snapshot!(shown("failure", &failed(), Mode::Plain, View::PLAIN).stderr, @r#"
    target dev: started
    #1 [internal] load build definition from Dockerfile
    #1 transferring dockerfile: 850 B done
    #1 DONE 0.0s

    #2 [internal] load metadata for docker.io/library/debian:bookworm-slim
    #2 DONE 0.0s

    #3 [internal] load .dockerignore
    #3 DONE 0.0s

    #3 transferring context: 2 B done
    #3 DONE 0.0s

    #4 [base 1/4] FROM docker.io/library/debian:bookworm-slim
    #4 CACHED

    #5 [base 2/3] RUN echo preparing; sleep 0.4
    #5 CACHED

    #6 [base 3/3] WORKDIR /srv
    #6 CACHED

    #7 [broken 1/1] RUN echo "Collecting ai-dynamo==9.9.9"; sleep 0.2; echo "ERROR: No matching distribution found for ai-dynamo==9.9.9" >&2; exit 1
    #7 0.203 Collecting ai-dynamo==9.9.9
    #7 0.407 ERROR: No matching distribution found for ai-dynamo==9.9.9
    #7 ERROR: exit code: 1

    x dev failed after 0.5s
    Ended after 0.5s - 1 step run, 2 cached
    x failed after 0.5s: [broken 1/1] RUN echo "Collecting ai-dynamo==9.9.9"; sleep 0.2; echo "ERROR: No matching distribution found for ai-dynamo==9.9.9" >&2; exit 1
    | Collecting ai-dynamo==9.9.9
    | ERROR: No matching distribution found for ai-dynamo==9.9.9
    "#);
}

#[test]
fn plain_failure_stops_the_sibling() {
    let shown = shown("cancelled-sibling", &failed(), Mode::Plain, View::PLAIN);
    assert!(shown.stderr.contains("CANCELED\n"));
    assert!(
        shown.stderr.contains("ERROR: exit code: "),
        "{}",
        shown.stderr
    );
}

#[test]
fn plain_shows_what_targets_share_once() {
    let shown = shown("parallel", &built(), Mode::Plain, View::PLAIN);
    insta::assert_snapshot!(shown.stderr, @r#"
    target dev: started
    #1 [internal] load build definition from Dockerfile
    #2 [internal] load build definition from Dockerfile
    #1 transferring dockerfile: 867 B done
    #1 DONE 0.0s

    #3 [internal] load metadata for docker.io/library/debian:bookworm-slim
    #4 [internal] load .dockerignore
    #3 DONE 0.0s

    #4 transferring context: 2 B done
    #2 transferring dockerfile: 867 B done
    #4 DONE 0.1s

    #2 DONE 0.1s

    #5 [base 1/3] FROM docker.io/library/debian:bookworm-slim
    #6 [internal] load build context
    #5 DONE 0.0s

    #6 DONE 0.0s

    #7 [base 2/3] RUN echo preparing; sleep 0.4
    #7 CACHED

    #8 [base 3/3] WORKDIR /srv/23073
    #9 [internal] load .dockerignore
    #9 DONE 0.0s

    #6 transferring context: 56 B done
    #6 DONE 0.0s

    #9 transferring context: 2 B done
    #9 DONE 0.1s

    #10 [internal] load build context
    #10 DONE 0.0s

    #10 transferring context: 109 kB done
    #10 DONE 0.1s

    #8 DONE 0.2s

    #11 [framework 1/1] RUN printf '\033[32mResolved\033[0m 12 packages\n'; printf '10%%\r55%%\r100%%\n'; sleep 0.7
    #12 [wheel_builder 1/2] COPY data.txt /src/
    #12 DONE 0.1s

    #13 [wheel_builder 2/2] RUN for i in 1 2 3 4 5 6; do echo "Compiling crate $i"; sleep 0.25; done; touch /dynamo.whl
    #11 0.692 Resolved 12 packages
    #11 0.692 100%
    #13 0.677 Compiling crate 1
    #13 0.879 Compiling crate 2
    #13 1.132 Compiling crate 3
    #13 1.390 Compiling crate 4
    #11 DONE 1.6s

    #13 1.651 Compiling crate 5
    #13 1.901 Compiling crate 6
    #13 DONE 2.3s

    #14 [runtime 1/3] COPY --from=wheel_builder /dynamo.whl /wheels/
    #14 DONE 0.1s

    #15 [runtime 2/3] COPY app.py /app/
    #15 DONE 0.1s

    #16 [runtime 3/3] RUN echo "run 0"; sleep 0.3
    #16 0.530 run 0
    #16 DONE 0.9s

    #17 [dev 1/1] RUN echo "Installing tools"; sleep 0.4
    #18 exporting to image
    #18 exporting layers 0.3s done
    #18 writing image sha256:f1908cab5225e1593e1b0c9791a1e6f06ee1f274812393b93d34447c98f848c9 done
    #18 DONE 0.3s

    #17 0.847 Installing tools
    #17 DONE 1.3s

    #19 exporting to image
    #19 exporting layers done
    #19 writing image sha256:7d6093680847dd55f93fb45fd73691516c954f7759b51fe3cf18176f023a9f3c done
    #19 DONE 0.1s

    + dev built in 6.2s
     tag    dynamo:latest-dev
     tag    dynamo:v1.6.1-dev
     digest sha256:4f2d
     size   1.23 GB unpacked
    Done in 6.2s - 8 steps run, 1 cached - context 109 kB sent
    Slowest steps
         2.3s  [wheel_builder 2/2] RUN for i in 1 2 3 4 5 6; do echo "Compiling crate $i"; sleep 0.25; done; touch /dynamo.whl
         1.6s  [framework 1/1] RUN printf '\033[32mResolved\033[0m 12 packages\n'; printf '10%%\r55%%\r100%%\n'; sleep 0.7
         1.3s  [dev 1/1] RUN echo "Installing tools"; sleep 0.4
    "#);
}

#[test]
fn quiet_writes_the_digest_only() {
    let shown = shown("success", &built(), Mode::Quiet, View::PLAIN);
    assert_eq!(
        (shown.stdout.as_str(), shown.stderr.as_str()),
        ("sha256:4f2d\n", "")
    );
}

#[test]
fn quiet_still_shows_the_last_words_of_a_failure() {
    let shown = shown("failure", &failed(), Mode::Quiet, View::PLAIN);
    assert_eq!(shown.stdout, "");
    insta::assert_snapshot!(shown.stderr, @r#"
    x failed after 0.5s: [broken 1/1] RUN echo "Collecting ai-dynamo==9.9.9"; sleep 0.2; echo "ERROR: No matching distribution found for ai-dynamo==9.9.9" >&2; exit 1
    | Collecting ai-dynamo==9.9.9
    | ERROR: No matching distribution found for ai-dynamo==9.9.9
    "#);
}

/// Go's JSON escapes `<`, `>` and `&`, so the texts may differ where the values do not. Messages
/// that say nothing, with which the engine shows that it is alive, are not passed on.
fn values<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<serde_json::Value> {
    let values = lines.map(|line| serde_json::from_str(line).unwrap());
    values
        .filter(|value| *value != serde_json::json!({}))
        .collect()
}

#[test]
fn rawjson_gives_back_what_the_engine_said() {
    for recording in [
        "success",
        "cached",
        "failure",
        "cancelled-sibling",
        "multi-target",
    ] {
        let path = format!(
            "{}/tests/data/rawjson/{recording}.jsonl",
            env!("CARGO_MANIFEST_DIR")
        );
        let recorded = fs_err::read_to_string(path).unwrap();
        let shown = shown(recording, &built(), Mode::RawJson, View::PLAIN).stderr;
        let engine = shown
            .lines()
            .filter(|line| !line.starts_with(r#"{"dynbuild""#));
        assert!(values(engine) == values(recorded.lines()), "{recording}");
    }
}

#[test]
fn rawjson_tells_of_targets() {
    let shown = shown("cached", &built(), Mode::RawJson, View::PLAIN).stderr;
    let own: Vec<_> = shown
        .lines()
        .filter(|line| line.starts_with(r#"{"dynbuild""#))
        .collect();
    insta::assert_snapshot!(own.join("\n"), @r#"
    {"dynbuild":{"event":"target_started","target":"dev","at":"2026-11-21T10:03:41.259282955Z"}}
    {"dynbuild":{"event":"target_finished","target":"dev","at":"2026-11-21T10:03:41.259282955Z","result":{"outcome":"built","digest":"sha256:4f2d","image_id":"sha256:4f2d","tags":["dynamo:latest-dev","dynamo:v1.6.1-dev"],"size":1234567890,"size_of":"unpacked"}}}
    "#);
}

#[test]
fn no_reporter_shows_a_secret_that_a_step_prints() {
    let secrets = [Secret::new("Installing tools")];
    for mode in [Mode::Tty, Mode::Plain, Mode::RawJson, Mode::Quiet] {
        let mut reporter = mode.reporter(true);
        let recording = Recording::load("success", "dev", &built());
        let page = recording.replay(&mut *reporter, Redactor::new(&secrets), View::TERMINAL);
        assert!(!page.stderr.contains("Installing tools"), "{mode:?}");
        // The log line in base64, as rawjson would have it.
        assert!(!page.stderr.contains("SW5zdGFsbGluZyB0b29scw"), "{mode:?}");
    }
}

#[test]
fn tty_success() {
    insta::assert_snapshot!(shown("success", &built(), Mode::Tty, View::TERMINAL).stderr, @r#"
    ✔ base             2 steps                                                 0.7s
    ✔ wheel_builder    2 steps                                                 1.9s
    ✔ framework        1 step                                                  1.1s
    ✔ runtime          3 steps                                                 0.7s
    ✔ dev              1 step                                                  0.7s
    ✔ dev built in 4.5s
     tag    dynamo:latest-dev
     tag    dynamo:v1.6.1-dev
     digest sha256:4f2d
     size   1.23 GB unpacked
    Done in 4.5s · 9 steps run, 0 cached · context 109 kB sent
    Slowest steps
         1.9s  [wheel_builder 2/2] RUN for i in 1 2 3 4 5 6; do echo "Compiling cr…
         1.1s  [framework 1/1] RUN printf '\033[32mResolved\033[0m 12 packages\n';…
    "#);
}

#[test]
fn tty_cached() {
    insta::assert_snapshot!(shown("cached", &built(), Mode::Tty, View::TERMINAL).stderr, @r"
    ✔ base             2 steps, cached                                         0.0s
    ✔ wheel_builder    2 steps, cached                                         0.0s
    ✔ framework        1 step, cached                                          0.0s
    ✔ runtime          3 steps, cached                                         0.0s
    ✔ dev              1 step, cached                                          0.0s
    ✔ dev built in 0.1s
     tag    dynamo:latest-dev
     tag    dynamo:v1.6.1-dev
     digest sha256:4f2d
     size   1.23 GB unpacked
    Done in 0.1s · 0 steps run, 9 cached · context 56 B sent
    ");
}

#[test]
fn tty_shows_what_targets_share_once() {
    let shown = shown("parallel", &built(), Mode::Tty, View::TERMINAL);
    insta::assert_snapshot!(shown.stderr, @r#"
    ✔ base             2 steps, 1 cached                                       0.2s
    ✔ wheel_builder    2 steps                                                 2.4s
    ✔ framework        1 step                                                  1.6s
    ✔ runtime          3 steps                                                 1.2s
    ✔ dev              1 step                                                  1.3s
    ✔ dev built in 6.2s
     tag    dynamo:latest-dev
     tag    dynamo:v1.6.1-dev
     digest sha256:4f2d
     size   1.23 GB unpacked
    Done in 6.2s · 8 steps run, 1 cached · context 109 kB sent
    Slowest steps
         2.3s  [wheel_builder 2/2] RUN for i in 1 2 3 4 5 6; do echo "Compiling cr…
         1.6s  [framework 1/1] RUN printf '\033[32mResolved\033[0m 12 packages\n';…
         1.3s  [dev 1/1] RUN echo "Installing tools"; sleep 0.4
    "#);
}

#[test]
fn tty_failure() {
    insta::assert_snapshot!(shown("cancelled-sibling", &failed(), Mode::Tty, View::TERMINAL).stderr, @r#"
    ✔ base             2 steps, cached                                         0.0s
    ✖ broken           1/1 RUN echo "Collecting ai-dynamo==9.9.9"; sleep 0.2;… 0.5s
    ✖ dev failed after 0.6s
    Ended after 0.6s · 1 step run, 2 cached
    ✖ failed after 0.5s: [broken 1/1] RUN echo "Collecting ai-dynamo==9.9.9"; slee…
    │ Collecting ai-dynamo==9.9.9
    │ ERROR: No matching distribution found for ai-dynamo==9.9.9
    "#);
}

fn markdown(recording: &str, result: &TargetOutcome) -> String {
    let end = Duration::from_mins(1);
    Summary::of(&Recording::load(recording, "dev", result).state_at(end)).markdown()
}

#[test]
fn markdown_success() {
    insta::assert_snapshot!(markdown("success", &built()), @r#"
    ### dynbuild

    | target | result | time | size | image |
    |---|---|---:|---:|---|
    | `dev` | built | 4.5s | 1.23 GB unpacked | `dynamo:latest-dev`<br>`dynamo:v1.6.1-dev`<br>`sha256:4f2d` |

    Done in 4.5s · 9 steps run, 0 cached · context 109 kB sent

    <details><summary>Slowest steps</summary>

    * 1.9s `[wheel_builder 2/2] RUN for i in 1 2 3 4 5 6; do echo "Compiling crate $i"; sleep 0.25; done; touch /dynamo.whl`
    * 1.1s `[framework 1/1] RUN printf '\033[32mResolved\033[0m 12 packages\n'; printf '10%%\r55%%\r100%%\n'; sleep 0.7`

    </details>
    "#);
}

#[test]
fn markdown_failure() {
    insta::assert_snapshot!(markdown("failure", &failed()), @r#"
    ### dynbuild

    | target | result | time | size | image |
    |---|---|---:|---:|---|
    | `dev` | **failed** | 0.5s |  | `process '/bin/sh -c …' ended with 1` |

    Ended after 0.5s · 1 step run, 2 cached

    `[broken 1/1] RUN echo "Collecting ai-dynamo==9.9.9"; sleep 0.2; echo "ERROR: No matching distribution found for ai-dy...` failed:

    ```text
    Collecting ai-dynamo==9.9.9
    ERROR: No matching distribution found for ai-dynamo==9.9.9
    ```
    "#);
}

#[test]
fn a_failure_is_explained_from_the_output_of_its_step() {
    let end = Duration::from_mins(1);
    let state = Recording::load("failure", "dev", &failed()).state_at(end);
    let mut problems = Problems(vec![
        Problem::new(
            ProblemKind::Step,
            "A step of target `dev` ended with exit code 1",
        ),
        Problem::new(ProblemKind::Engine, "Something else"),
    ]);
    state.explain("dev", &mut problems, &[]);
    let explained = problems.0;
    let told = [explained[0].causes.clone(), explained[0].hints.clone()].concat();
    insta::assert_snapshot!(told.join("\n"), @r#"
    No Python package fits `ai-dynamo==9.9.9` with this version, Python and platform
    See which versions there are with `pip index versions PACKAGE`, and correct the version in the profile or with `--build-arg`
    "#);
    assert_eq!(
        explained[1],
        Problem::new(ProblemKind::Engine, "Something else")
    );
}

#[test]
fn tty_shows_nothing_at_first() {
    assert_eq!(live("success", 200, 80, 24), "");
}

#[test]
fn tty_in_the_middle() {
    insta::assert_snapshot!(live("success", 1900, 80, 24), @r#"
    Building (5/10) dev                                                        1.9s
    ✔ base             2 steps                                                 0.7s
    ✔ framework        1 step                                                  1.1s
    ▸ wheel_builder    2/2 RUN for i in 1 2 3 4 5 6; do echo "Compiling crate… 1.1s
      │ Compiling crate 1
      │ Compiling crate 2
      │ Compiling crate 3
      │ Compiling crate 4
    · runtime          waiting
    · dev              waiting
    "#);
}

#[test]
fn tty_on_a_small_screen() {
    insta::assert_snapshot!(live("multi-target", 1900, 40, 10), @r"
    Building (5/10) dev                1.9s
    ✔ dev base      2 steps            0.7s
    ✔ dev framework 1 step             1.0s
    ▸ dev wh…uilder 2/2 RUN for i in … 1.1s
      │ Compiling crate 1
      │ Compiling crate 2
      │ Compiling crate 3
      │ Compiling crate 4
    · 2 stages waiting
    ");
}
