//! The tree at 80 by 24, over recorded builds of real programs and of many stages.

use std::time::Duration;

use super::mode::Mode;
use super::replay::{Recording, live_of};
use super::reporter::View;
use crate::execute::event::{BuiltTarget, TargetOutcome};
use crate::redact::Redactor;
use crate::text::width;

fn built() -> TargetOutcome {
    TargetOutcome::Built(BuiltTarget::default())
}

fn programs() -> Recording {
    Recording::load("programs", "runtime", &built())
}

/// Two targets of one Dockerfile with 24 stages.
fn many() -> Recording {
    let recordings = [("many-local-dev", "local-dev"), ("many-efa", "efa")];
    Recording::of_targets(&recordings, &built())
}

fn live(recording: Recording, milliseconds: u64) -> String {
    let now = Duration::from_millis(milliseconds);
    live_of(&recording.state_at(now), now, View::TERMINAL)
}

#[test]
fn progress_bars_move_in_place() {
    insta::assert_snapshot!(live(programs(), 7400), @r"
    Building (6/16) runtime                                                    7.4s
    ✔ tools            1 step, cached                                          0.0s
    ▸ packages         2/2 RUN apt-get update && apt-get install -y --no-inst… 7.4s
      │ Get:1 http://mirror.example/debian bookworm InRelease [151 kB]
      │ Get:2 http://mirror.example/debian bookworm/main amd64 Packages [8790 kB]
    ▸ wheels           2/2 RUN python3 /usr/local/bin/wheel.py && serve 1000 … 7.2s
    ▸ hub              2/2 RUN serve 4000000 python3 /usr/local/bin/fetch.py   7.2s
    ▸ compiled         2/2 RUN cd /src && cargo build --offline                7.4s
      │    Compiling demo-router v0.1.0 (/src/router)
      │    Compiling demo-protocols v0.1.0 (/src/protocols)
      │     Building [                             ] 0/5: demo-router, demo-protoc…
    ▸ download         2/2 RUN serve 6000000 curl --limit-rate 2M -o /blob ht… 7.2s
      │   % Total    % Received % Xferd  Average Speed   Time    Time     Time  Cu…
      │                                  Dload  Upload   Total   Spent    Left  Sp…
      │  49 5859k   49 2880k    0     0  2121k      0  0:00:02  0:00:01  0:00:01 2…
    · runtime          waiting
    ");
}

#[test]
fn bars_without_an_end_show_their_latest_state() {
    insta::assert_snapshot!(live(programs(), 9800), @r"
    Building (7/16) runtime                                                    9.8s
    ✔ tools            1 step, cached                                          0.0s
    ✔ download         2 steps                                                 7.7s
    ▸ packages         2/2 RUN apt-get update && apt-get install -y --no-inst… 9.8s
      │ Get:1 http://mirror.example/debian bookworm InRelease [151 kB]
      │ Get:2 http://mirror.example/debian bookworm/main amd64 Packages [8790 kB]
    ▸ wheels           2/2 RUN python3 /usr/local/bin/wheel.py && serve 1000 … 9.6s
    ▸ hub              2/2 RUN serve 4000000 python3 /usr/local/bin/fetch.py   9.6s
      │ model-00001-of-00002.safetensors:  62%|██████▎   | 2.50M/4.00M [00:01<00:0…
    ▸ compiled         2/2 RUN cd /src && cargo build --offline                9.8s
      │    Compiling demo-router v0.1.0 (/src/router)
      │    Compiling demo-protocols v0.1.0 (/src/protocols)
      │     Building [                             ] 0/5: demo-router, demo-protoc…
    · runtime          waiting
    ");
}

#[test]
fn dozens_of_stages_fold_and_keep_their_output() {
    insta::assert_snapshot!(live(many(), 3000), @r"
    Building (2/44) local-dev, efa                                             3.0s
    ✔ base                       1 step                                        1.6s
    ▸ runtime                    1/18 RUN for i in 1 2 3; do echo runtime lin… 1.1s
    ▸ wheel_builder…ase_branches 1/1 RUN for i in 1 2 3; do echo wheel_builde… 1.1s
    ▸ ucx                        1/1 RUN for i in 1 2 3; do echo ucx line $i;… 1.1s
    ▸ wheel_builder…e_candidates 1/1 RUN for i in 1 2 3; do echo wheel_builde… 1.1s
    ▸ python_packages_of_runtime 1/1 RUN for i in 1 2 3; do echo python_packa… 1.1s
    ▸ native                     1/1 RUN for i in 1 2 3; do echo native line … 1.1s
    ▸ etcd                       1/1 RUN for i in 1 2 3; do echo etcd line $i… 1.1s
    ▸ libfabric                  1/1 RUN for i in 1 2 3; do echo libfabric li… 1.1s
    ▸ gdrcopy                    1/1 RUN for i in 1 2 3; do echo gdrcopy line… 1.1s
    ▸ kernels                    1/1 RUN for i in 1 2 3; do echo kernels line… 1.1s
    ▸ aws_ofi_nccl               1/1 RUN for i in 1 2 3; do echo aws_ofi_nccl… 1.1s
    ▸ wheel_builder              1/1 RUN for i in 1 2 3; do echo wheel_builde… 1.1s
    ▸ framework_trtllm           1/1 RUN for i in 1 2 3; do echo framework_tr… 1.1s
    ▸ frontend_assets            1/1 RUN for i in 1 2 3; do echo frontend_ass… 1.1s
    ▸ nats                       1/1 RUN for i in 1 2 3; do echo nats line $i… 1.1s
    ▸ framework_vllm_with_efa    1/1 RUN for i in 1 2 3; do echo framework_vl… 1.1s
    ▸ runtime_base               1/1 RUN for i in 1 2 3; do echo runtime_base… 1.1s
    ▸ nixl                       1/1 RUN for i in 1 2 3; do echo nixl line $i… 1.1s
    ▸ local-dev editors          1/1 RUN for i in 1 2 3; do echo editors line… 1.1s
    ▸ local-dev tools            1/1 RUN for i in 1 2 3; do echo tools line $… 1.1s
    · 4 stages waiting
    ");
}

#[test]
fn what_only_one_target_needs_says_whose_it_is() {
    insta::assert_snapshot!(live(many(), 5200), @r"
    Building (14/44) local-dev, efa                                            5.2s
    ✔ 8 stages done
    ▸ ucx                        1/1 RUN for i in 1 2 3; do echo ucx line $i;… 3.3s
    ▸ python_packages_of_runtime 1/1 RUN for i in 1 2 3; do echo python_packa… 3.3s
    ▸ etcd                       1/1 RUN for i in 1 2 3; do echo etcd line $i… 3.3s
    ▸ libfabric                  1/1 RUN for i in 1 2 3; do echo libfabric li… 3.3s
    ▸ gdrcopy                    1/1 RUN for i in 1 2 3; do echo gdrcopy line… 3.3s
    ▸ kernels                    1/1 RUN for i in 1 2 3; do echo kernels line… 3.3s
    ▸ aws_ofi_nccl               1/1 RUN for i in 1 2 3; do echo aws_ofi_nccl… 3.3s
    ▸ framework_trtllm           1/1 RUN for i in 1 2 3; do echo framework_tr… 3.3s
    ▸ runtime_base               1/1 RUN for i in 1 2 3; do echo runtime_base… 3.3s
    ▸ nixl                       1/1 RUN for i in 1 2 3; do echo nixl line $i… 3.3s
    ▸ local-dev editors          1/1 RUN for i in 1 2 3; do echo editors line… 3.3s
    ▸ local-dev tools            1/1 RUN for i in 1 2 3; do echo tools line $… 3.3s
    · 5 stages waiting
    ");
}

#[test]
fn nothing_is_broken_by_the_terminal_at_any_time() {
    let several = || Recording::load("multi-target", "dev", &built());
    for make in [programs, many, several] {
        let end = make().0.last().unwrap().0;
        let mut now = Duration::ZERO;
        while now < end {
            let state = make().state_at(now);
            for (columns, rows) in [(80, 24), (60, 12), (40, 6), (20, 3), (1, 1)] {
                let shown = live_of(&state, now, View::TERMINAL.sized(columns, rows));
                let lines: Vec<_> = shown.lines().collect();
                assert!(lines.len() < rows.max(2), "{now:?}:\n{shown}");
                let fits = |line: &&str| width(line) < columns.max(2);
                assert!(lines.iter().all(fits), "{now:?}:\n{shown}");
            }
            now += end / 40;
        }
    }
}

#[test]
fn nothing_of_the_result_is_broken_either() {
    let digest = format!("sha256:{}", "a".repeat(64));
    let result = TargetOutcome::Built(BuiltTarget {
        digest: Some(digest.as_str().into()),
        image_id: Some(digest.replace('a', "b").as_str().into()),
        ..BuiltTarget::default()
    });
    let mut reporter = Mode::Tty.reporter(true);
    let recording = Recording::load("programs", "runtime", &result);
    let page = recording.replay(&mut *reporter, Redactor::default(), View::TERMINAL);
    assert!(page.stderr.contains(&digest));
    for line in page.stderr.lines() {
        assert!(width(line) < 80, "{line}");
    }
}

#[test]
fn logs_show_the_end_of_a_progress_bar_and_its_state_now_and_then() {
    let mut reporter = Mode::Plain.reporter(false);
    let page = programs().replay(&mut *reporter, Redactor::default(), View::PLAIN);
    let lines = |what: &str| {
        let lines = page.stderr.lines();
        lines.filter(|line| line.contains(what)).count()
    };
    assert_eq!(lines("model-00001-of-00002.safetensors: 100%"), 1);
    assert_eq!(lines("Reading database"), 1, "{}", page.stderr);
    // Three minutes of compiling, with a bar that never ends.
    assert!(lines("Building [") >= 1, "{}", page.stderr);
}
