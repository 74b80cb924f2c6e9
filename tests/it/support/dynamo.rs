//! Real frontends and mockers: an image with Dynamo, and a model that needs no weights.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::engines::{Engine, Store, newest};

/// The image that dynbuild makes.
pub(crate) const IMAGE: &str = "dynamo:latest-dynamo-runtime";

/// One engine is enough for what members do.
pub(crate) fn engine() -> Option<Engine> {
    let overlay2 = |engine: &Engine| engine.store == Store::Overlay2;
    let engine = newest().into_iter().find(overlay2)?;
    build(&engine);
    Some(engine)
}

/// Two machines: each engine has a network of its own.
pub(crate) fn two_engines() -> Option<(Engine, Engine)> {
    let first = engine()?;
    let other = |engine: &Engine| engine.name != first.name;
    let second = newest().into_iter().find(other)?;
    for image in [IMAGE, "dynamo:latest-dynamo-services"] {
        let known = second.docker().args(["image", "inspect", image]).output();
        if known.is_ok_and(|output| output.status.success()) {
            continue;
        }
        let mut save = first.docker();
        let mut save = save.args(["save", image]).stdout(Stdio::piped()).spawn();
        let saved = save.as_mut().expect("docker").stdout.take().expect("saved");
        let load = second.docker().arg("load").stdin(saved).output();
        assert!(load.expect("docker").status.success(), "{image}");
        assert!(save.expect("docker").wait().expect("save").success());
    }
    Some((first, second))
}

/// Lets dynbuild build the images, once.
fn build(engine: &Engine) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock();
    let known = engine.docker().args(["image", "inspect", IMAGE]).output();
    if known.is_ok_and(|output| output.status.success()) {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let certificates = Path::new("/etc/ssl/certs/ca-certificates.crt");
    let mut command = Command::new(env!("CARGO_BIN_EXE_dynbuild"));
    command
        .args([
            "--framework",
            "dynamo",
            "--target",
            "runtime",
            "--target",
            "services",
        ])
        .env("DOCKER_HOST", &engine.host)
        .current_dir(directory.path());
    if certificates.exists() {
        command.arg(format!("--secret=id=ca,src={}", certificates.display()));
    }
    let output = command.output().expect("dynbuild starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Makes a model that needs no weights, as `model` in a directory that everybody may read then.
pub(crate) fn tiny_model(directory: &Path) -> PathBuf {
    let model = directory.join("model");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("ci/lib/tiny_model.py");
    let made = Command::new("python3").arg(script).arg(&model).status();
    assert!(made.expect("python3").success());
    let mut chmod = Command::new("chmod");
    let opened = chmod.args(["-R", "a+rX"]).arg(directory).status();
    assert!(opened.expect("chmod").success());
    model
}

/// Waits until something is so, for as long as it may take while other tests keep the machine busy.
#[track_caller]
pub(crate) fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(
            begun.elapsed() < Duration::from_secs(180),
            "not in time: {what}"
        );
        sleep(Duration::from_millis(200));
    }
}

/// The workers behind an answer.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) prefill: u64,
    pub(crate) decode: u64,
}

/// A deployment of a test: its file, its model, and what dynrun remembers. It ends with the test.
pub(crate) struct Deployment {
    pub(crate) engine: Engine,
    pub(crate) name: String,
    directory: Arc<tempfile::TempDir>,
    /// Whether dynrun runs on the engine's machine, in its network.
    is_there: bool,
    /// Where clients are, and at which name they find the first frontend.
    network: String,
    frontend: String,
}

impl Deployment {
    /// Writes the file of a deployment, whose name is unique. The head is written here.
    pub(crate) fn new(engine: &Engine, name: &str, port: u16, rest: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let model = tiny_model(directory.path());
        let name = format!("{name}-{}", std::process::id());
        let text = format!(
            "deployment = \"{name}\"\nschema = 1\nframework = \"dynamo\"\nmodel = \"{}\"\n{}",
            model.display(),
            rest.replace("PORT", &port.to_string())
        );
        fs_err::write(directory.path().join("deployment.toml"), text).expect("written");
        Self {
            engine: engine.clone(),
            directory: Arc::new(directory),
            is_there: false,
            network: name.clone(),
            frontend: format!("{name}-frontend-0"),
            name,
        }
    }

    /// Returns the same file as one of its machines has it. Its members use the machine's network, and
    /// so does dynrun.
    pub(crate) fn at(&self, engine: &Engine) -> Self {
        Self {
            engine: engine.clone(),
            directory: self.directory.clone(),
            is_there: true,
            network: "host".to_owned(),
            frontend: "127.0.0.1".to_owned(),
            name: self.name.clone(),
        }
    }

    /// What programs remember of this machine.
    pub(crate) fn state(&self) -> PathBuf {
        self.directory
            .path()
            .join(format!("state-{}", self.engine.name))
    }

    /// Returns the only place of a deployment that dynrun remembers.
    fn place(&self) -> Option<PathBuf> {
        let mut places = fs_err::read_dir(self.state().join("dynrun/deployments")).ok()?;
        Some(places.next()?.expect("read").path())
    }

    /// Returns what the supervisor in the background reported.
    pub(crate) fn log(&self) -> String {
        let log = self.place().map(|place| place.join("supervisor.log"));
        log.and_then(|log| fs_err::read_to_string(log).ok())
            .unwrap_or_default()
    }

    /// Prints what is known of a deployment whose test failed.
    #[expect(clippy::print_stderr, reason = "tests show it with their failure")]
    fn show(&self) {
        let containers = self.engine.docker().args(["ps", "-a"]).output();
        let containers = containers.map(|output| output.stdout).unwrap_or_default();
        eprintln!("{}", String::from_utf8_lossy(&containers));
        eprintln!("{}", self.dynrun("ps NAME").text);
        eprintln!("{}", self.log());
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.directory.path().join("deployment.toml")
    }

    /// Runs dynrun, see [`command`](Self::command).
    pub(crate) fn dynrun(&self, line: &str) -> Ran {
        self.command(line).output().expect("dynrun starts").into()
    }

    /// Returns a line of dynrun; words that are `FILE` or `NAME` stand for those of the deployment.
    pub(crate) fn command(&self, line: &str) -> Command {
        let words = line.split_whitespace().map(|word| match word {
            "FILE" => self.file().display().to_string(),
            word => word.replace("NAME", &self.name),
        });
        let program = env!("CARGO_BIN_EXE_dynrun");
        let mut command = if self.is_there {
            let mut command = Command::new("nsenter");
            command.arg(format!("--net=/proc/{}/ns/net", self.engine.pid));
            command.arg(program);
            command
        } else {
            Command::new(program)
        };
        command
            .args(words)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            // Caches are made there.
            .env("HOME", self.directory.path().join("home"))
            .env("XDG_STATE_HOME", self.state())
            .env("DOCKER_HOST", &self.engine.host)
            .stdin(Stdio::null());
        command
    }

    /// Returns whether somebody supervises, or did.
    pub(crate) fn has_supervisor(&self) -> bool {
        self.place()
            .is_some_and(|place| place.join("record.json").exists())
    }

    /// Returns the supervisor's process.
    pub(crate) fn supervisor(&self) -> i32 {
        let lock = self.place().expect("a place").join("lock");
        let lock = fs_err::read_to_string(lock).expect("a lock");
        lock.trim().parse().expect("a number")
    }

    /// Returns the processes that supervise parts, of one that is driven on several machines.
    pub(crate) fn supervisors(&self) -> Vec<i32> {
        let places = fs_err::read_dir(self.state().join("dynrun/deployments")).expect("places");
        let locks = places.map(|place| place.expect("read").path().join("lock"));
        let texts = locks.filter_map(|lock| fs_err::read_to_string(lock).ok());
        texts.filter_map(|text| text.trim().parse().ok()).collect()
    }

    /// Returns the ids of the containers by the name of the member.
    pub(crate) fn container(&self, member: &str) -> String {
        let name = format!("{}-{member}", self.name);
        let mut inspect = self.engine.docker();
        let output = inspect
            .args(["inspect", "--format={{.Id}}", &name])
            .output()
            .expect("docker");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Runs one of docker's commands on a member.
    pub(crate) fn docker(&self, command: &str, member: &str) -> Output {
        let name = format!("{}-{member}", self.name);
        let mut docker = self.engine.docker();
        docker.args([command, &name]).output().expect("docker")
    }

    /// Returns the process of a member: another one if it was started again, none if it has ended.
    pub(crate) fn process(&self, member: &str) -> String {
        let name = format!("{}-{member}", self.name);
        let format = "--format={{if .State.Running}}{{.Id}} {{.State.Pid}}{{end}}";
        let mut docker = self.engine.docker();
        let output = docker.args(["inspect", format, &name]).output();
        String::from_utf8_lossy(&output.expect("docker").stdout)
            .trim()
            .to_owned()
    }

    /// Returns the types of workers that the first frontend has of the model, if it answers.
    pub(crate) fn worker_types(&self, port: u16) -> Option<BTreeSet<String>> {
        let url = format!("http://{}:{port}/v1/models/model/ready", self.frontend);
        let output = self.client(&["curl", "-sS", "-m", "5", &url]);
        let answer: Value = serde_json::from_slice(&output.stdout).ok()?;
        let namespaces = answer.get("namespaces")?.as_object()?.values();
        let types = namespaces.filter_map(|entry| entry.get("worker_types")?.as_object());
        let there = |(name, entry): (&String, &Value)| {
            let count = entry.get("workers")?.as_u64()?;
            (count > 0).then(|| name.clone())
        };
        Some(types.flatten().filter_map(there).collect())
    }

    /// Asks the first frontend; returns who answered, if somebody did.
    pub(crate) fn serve(&self, port: u16, prompt: &str) -> Option<Served> {
        let url = format!("http://{}:{port}/v1/chat/completions", self.frontend);
        let body = serde_json::json!({
            "model": "model",
            "messages": [{"role": "user", "content": prompt}],
            "max_tokens": 4,
            "nvext": {"extra_fields": ["worker_id"]},
        });
        let (kind, body) = ("content-type: application/json", body.to_string());
        let output = self.client(&["curl", "-sS", "-m", "60", &url, "-H", kind, "-d", &body]);
        let answer: Value = serde_json::from_slice(&output.stdout).ok()?;
        let id = |key: &str| {
            answer
                .pointer(&format!("/nvext/worker_id/{key}_worker_id"))?
                .as_u64()
        };
        Some(Served {
            prefill: id("prefill")?,
            decode: id("decode")?,
        })
    }

    /// Asks the first frontend from a container of the network; returns status and body.
    pub(crate) fn ask(&self, port: u16, tokens: u32) -> String {
        let url = format!("http://{}:{port}/v1/chat/completions", self.frontend);
        let body = format!(
            r#"{{"model":"model","messages":[{{"role":"user","content":"Hello"}}],"max_tokens":{tokens},"stream":true}}"#
        );
        let output = self.client(&[
            "curl",
            "-sS",
            "-m",
            "60",
            &url,
            "-H",
            "content-type: application/json",
            "-d",
            &body,
        ]);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Runs a command in a container of the network.
    pub(crate) fn client(&self, command: &[&str]) -> Output {
        let mut docker = self.engine.docker();
        docker.args(["run", "--rm", "--network", &self.network, IMAGE]);
        docker.args(command).output().expect("docker")
    }

    /// Returns what the engine has of the deployment.
    pub(crate) fn left(&self) -> String {
        let list = |words: &[&str]| {
            let output = self.engine.docker().args(words).output().expect("docker");
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        let name = format!("name={}", self.name);
        let format = "--format={{.Name}}";
        [
            list(&["ps", "-a", "--filter", &name, "--format={{.Names}}"]),
            list(&["volume", "ls", "--filter", &name, format]),
            list(&["network", "ls", "--filter", &name, format]),
        ]
        .concat()
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.show();
        }
        self.dynrun("down -t 1 NAME");
    }
}

/// What a `dynrun` came to.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) text: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = [output.stdout, output.stderr].concat();
        Self {
            code: output.status.code(),
            text: String::from_utf8_lossy(&text).into_owned(),
        }
    }
}

impl Ran {
    #[track_caller]
    pub(crate) fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}", self.text);
        self
    }

    #[track_caller]
    pub(crate) fn said(self, text: &str) -> Self {
        let words: Vec<_> = self.text.split_whitespace().collect();
        assert!(
            words.join(" ").contains(text),
            "no {text:?} in {}",
            self.text
        );
        self
    }
}
