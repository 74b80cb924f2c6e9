//! The steps of CI services, run as the services run them: line by line from the action and the template.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regex::Regex;
use rustix::process::Signal;

use super::sample::{End, FRAGMENT, Running, Sample, run};
use crate::support::engines::{self, Engine, Store, unique};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn containerd() -> impl Iterator<Item = Engine> {
    let engines = engines::newest().into_iter();
    engines.filter(|engine| engine.store == Store::Containerd)
}

/// Writes the client configuration that `docker login` would.
fn log_in(sample: &Sample, engine: &Engine) {
    let registry = &engine.registry_with_login;
    let login = STANDARD.encode(format!("{}:{}", registry.user, registry.password));
    let auths = format!(
        r#"{{"auths": {{"{}": {{"auth": "{login}"}}}}}}"#,
        registry.address
    );
    sample.write("login/config.json", &auths);
}

/// Returns what a build of the sample is asked for, before what a test adds.
fn line(sample: &Sample, more: &str) -> String {
    let folder = sample.path("");
    let folder = folder.display();
    format!(
        "--framework sample --no-tag-latest --profile-dir '{folder}' --context '{folder}/context' {more}"
    )
}

/// A job of GitHub Actions that uses the action.
struct Job<'a> {
    sample: &'a Sample,
    inputs: BTreeMap<&'static str, String>,
    environment: BTreeMap<&'static str, String>,
}

impl<'a> Job<'a> {
    fn new(sample: &'a Sample, engine: &Engine, args: &str) -> Self {
        let place = |name: &str| sample.path(name).display().to_string();
        for file in ["path", "output", "summary.md"] {
            sample.write(file, "");
        }
        let environment = [
            ("DOCKER_CONFIG", place("login")),
            ("DOCKER_HOST", engine.host.clone()),
            ("GITHUB_ACTIONS", "true".to_owned()),
            (
                "GITHUB_ACTION_PATH",
                root().join("ci/action").display().to_string(),
            ),
            ("GITHUB_OUTPUT", place("output")),
            ("GITHUB_PATH", place("path")),
            ("GITHUB_STEP_SUMMARY", place("summary.md")),
            ("GITHUB_WORKSPACE", place("")),
            ("HOME", place("home")),
            ("LANG", "C.UTF-8".to_owned()),
            ("RUNNER_TEMP", place("home")),
        ];
        let inputs = [
            ("args", args.to_owned()),
            ("binary", env!("CARGO_BIN_EXE_dynbuild").to_owned()),
        ];
        Self {
            sample,
            inputs: inputs.into(),
            environment: environment.into(),
        }
    }

    /// Returns the steps of the action as commands, as the runner makes them, but for those that use
    /// another action.
    fn steps(&self) -> Vec<Command> {
        let action = fs_err::read_to_string(root().join("ci/action/action.yml")).expect("a text");
        let (_, steps) = action.split_once("  steps:\n").expect("steps");
        let line = Regex::new(r"(?m)^ {6}run: '(.*)'$").expect("a pattern");
        let variable =
            Regex::new(r"(?m)^ {8}([A-Z_]+): \$\{\{ inputs\.([a-z-]+) \}\}$").expect("a pattern");
        let step = |text: &str| {
            let line = line.captures(text)?.extract::<1>().1[0];
            let mut shell = Command::new("bash");
            shell
                .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", line])
                .env_clear()
                .envs(&self.environment)
                .current_dir(self.sample.path(""))
                .stdin(Stdio::null());
            for found in variable.captures_iter(text) {
                let [name, input] = found.extract().1;
                shell.env(name, &self.inputs[input]);
            }
            Some(shell)
        };
        let steps = steps.split("    - name: ").skip(1);
        steps.filter_map(step).collect()
    }

    /// Runs the steps up to the last one, which is returned, with the path that the others made.
    fn last_step(&self) -> Command {
        let mut steps = self.steps();
        let mut last = steps.pop().expect("a step");
        for step in &mut steps {
            run(step.env("PATH", "/usr/bin:/bin")).assert_code(0, "a step before the last");
        }
        let added = self.sample.read("path");
        last.env("PATH", format!("{}:/usr/bin:/bin", added.trim_end()));
        last
    }

    fn run(&self) -> End {
        run(&mut self.last_step())
    }

    /// Returns an output as the runner reads it.
    fn output(&self, name: &str) -> Option<String> {
        let text = self.sample.read("output");
        let (_, rest) = text.split_once(&format!("{name}<<"))?;
        let (end, rest) = rest.split_once('\n')?;
        let (value, _) = rest.split_once(&format!("\n{end}\n"))?;
        Some(value.to_owned())
    }
}

#[test]
fn the_action_builds_pushes_and_tells_the_digest() {
    for engine in containerd() {
        let sample = Sample::new("RUN echo {salt}\n");
        log_in(&sample, &engine);
        let repository = format!(
            "{}/ci/{}",
            engine.registry_with_login.address,
            unique("action")
        );
        let args = line(
            &sample,
            &format!("--push\n--tag {repository}:1 --label 'note=$(id) * two  words'"),
        );
        let job = Job::new(&sample, &engine, &args);
        job.run().assert_code(0, "the action");

        let digest = job.output("digest").expect("a digest");
        let metadata: serde_json::Value =
            serde_json::from_str(&job.output("metadata").expect("metadata")).unwrap();
        assert_eq!(metadata["containerimage.digest"], digest.as_str());
        let id = job.output("imageid").expect("an image id");
        assert_eq!(metadata["containerimage.config.digest"], id.as_str());
        let name = format!("{repository}:1");
        assert_eq!(job.output("tags").as_ref(), Some(&name));
        assert_eq!(job.output("digests"), Some(format!("{name}@{digest}")));
        let page = sample.read("summary.md");
        assert!(
            page.contains(&digest) && page.contains(&repository),
            "{page}"
        );

        let pushed = format!("{repository}@{digest}");
        let docker = || {
            let mut docker = engine.docker();
            docker.env("DOCKER_CONFIG", sample.path("login"));
            docker
        };
        engine.run(docker().args(["pull", "--quiet", &pushed]));
        let inspect = ["image", "inspect", "-f", "{{.Config.Labels.note}}", &pushed];
        let label = engine.run(docker().args(inspect));
        assert_eq!(label, "$(id) * two  words");
        engine.run(docker().args(["image", "rm", "--force", &pushed]));
    }
}

#[test]
fn the_action_ends_with_the_exit_code_and_an_annotation() {
    for engine in containerd() {
        let sample = Sample::new("RUN echo {salt} && exit 7\n");
        let job = Job::new(&sample, &engine, &line(&sample, "--no-load"));
        let end = job.run();
        end.assert_code(1, "a step that fails");
        let annotation = format!("::error title=dynbuild,file={FRAGMENT},line=2,endLine=2::A step");
        assert!(end.stderr.contains(&annotation), "{}", end.stderr);
        assert_eq!(job.output("digest"), None);
        assert!(sample.read("summary.md").contains("**failed**"));

        let sample = Sample::new("RUN echo {salt}\n");
        let name = format!(
            "{}/ci/{}",
            engine.registry_with_login.address,
            unique("denied")
        );
        let job = Job::new(
            &sample,
            &engine,
            &line(&sample, &format!("--push -t {name}")),
        );
        let end = job.run();
        end.assert_code(4, "a push without a login");
        assert!(
            end.stderr.contains("::error title=dynbuild::"),
            "{}",
            end.stderr
        );
    }
}

#[test]
fn a_line_of_the_action_that_makes_no_sense_is_a_usage_error() {
    for engine in containerd() {
        let sample = Sample::new("RUN true\n");
        for args in ["--label 'note", "--framewrk vllm"] {
            let end = Job::new(&sample, &engine, args).run();
            end.assert_code(2, args);
        }
    }
}

#[test]
fn commands_that_build_nothing_have_no_outputs() {
    for engine in containerd() {
        let sample = Sample::new("RUN true\n");
        let args = format!("lint sample --profile-dir '{}'", sample.path("").display());
        let job = Job::new(&sample, &engine, &args);
        job.run().assert_code(2, "busybox:latest is not pinned");
        assert_eq!(job.output("metadata"), None);
    }
}

#[test]
fn a_cancelled_job_cancels_the_build() {
    for engine in containerd() {
        let sample = Sample::new("RUN echo begun {salt} && sleep 300\n");
        let job = Job::new(&sample, &engine, &line(&sample, "--no-load"));
        let mut running = Running::start(&mut job.last_step());
        running.until_said(&format!(" begun {}", sample.salt));
        running.signal(Signal::TERM);
        running.end().assert_code(130, "a cancelled job");
    }
}

#[test]
fn the_template_of_gitlab_runs_the_same_scripts() {
    for engine in containerd() {
        let sample = Sample::new("RUN echo {salt}\n");
        log_in(&sample, &engine);
        let clone = clone_of_the_scripts(&sample);
        let name = format!(
            "{}/ci/{}:1",
            engine.registry_with_login.address,
            unique("gitlab")
        );
        let place = |name: &str| sample.path(name).display().to_string();
        let mut shell = Command::new("bash");
        shell
            .args(["-eo", "pipefail", "-c", &gitlab_script()])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", place("home"))
            .env("DOCKER_HOST", &engine.host)
            .env("DOCKER_CONFIG", place("login"))
            .env("DYNBUILD_REPOSITORY", format!("file://{clone}"))
            .env("DYNBUILD_REF", "main")
            .env("DYNBUILD_BINARY", env!("CARGO_BIN_EXE_dynbuild"))
            .env("DYNBUILD_ARGS", line(&sample, &format!("--push -t {name}")))
            .env("DYNBUILD_DOTENV", place("dynbuild.env"))
            .env("GITHUB_STEP_SUMMARY", place("dynbuild.md"))
            .stdin(Stdio::null());
        let end = run(&mut shell);
        end.assert_code(0, "the template");
        let variables = sample.read("dynbuild.env");
        let variable = |prefix: &str| {
            let mut lines = variables.lines();
            lines
                .find_map(|line| line.strip_prefix(prefix))
                .expect("a variable")
        };
        let digest = variable("DYNBUILD_DIGEST=");
        assert!(digest.starts_with("sha256:"), "{variables}");
        assert!(variable("DYNBUILD_IMAGEID=").starts_with("sha256:"));
        assert_eq!(variable("DYNBUILD_IMAGES="), format!("{name}@{digest}"));
        assert!(sample.read("dynbuild.md").contains(digest));
        assert!(!end.stderr.contains("::"), "no annotations: {}", end.stderr);
    }
}

/// Returns the lines of the hidden job, in their order.
fn gitlab_script() -> String {
    let template = fs_err::read_to_string(root().join("ci/gitlab/dynbuild.yml")).expect("a text");
    let line = Regex::new(r"(?m)^ {4}- (.*)$").expect("a pattern");
    let lines = line.captures_iter(&template);
    let lines: Vec<_> = lines
        .map(|found| found.extract::<1>().1[0].to_owned())
        .collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    lines.join("\n")
}

/// Makes a repository of the scripts as they are, and returns where.
fn clone_of_the_scripts(sample: &Sample) -> String {
    let directory = sample.path("scripts");
    fs_err::create_dir_all(directory.join("ci/action")).expect("made");
    for name in ["install", "run"] {
        let script = format!("ci/action/{name}");
        fs_err::copy(root().join(&script), directory.join(&script)).expect("made");
    }
    let mut options = git2::RepositoryInitOptions::new();
    options.initial_head("main");
    let repository = git2::Repository::init_opts(&directory, &options).expect("made");
    let mut index = repository.index().expect("made");
    index
        .add_all(["*"], git2::IndexAddOption::DEFAULT, None)
        .expect("made");
    index.write().expect("made");
    let tree = repository
        .find_tree(index.write_tree().expect("made"))
        .expect("made");
    let author = git2::Signature::now("a", "a@example.com").expect("made");
    repository
        .commit(Some("HEAD"), &author, &author, "First", &tree, &[])
        .expect("made");
    directory.display().to_string()
}
