//! One mock deployment, run by dynrun and by docker compose: from `up` to the first answer.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rand::seq::SliceRandom as _;

use crate::engine::{Engine, printed};
use crate::model::Model;
use crate::table::{median, range};
use crate::{DYNRUN, Result};

/// How members find each other.
#[derive(Clone, Copy)]
pub(crate) enum Discovery {
    Files,
    /// etcd, and NATS for events.
    Services,
}

impl Discovery {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Services => "etcd and NATS",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Services => "services",
        }
    }

    fn deployment(self) -> &'static str {
        match self {
            Self::Files => include_str!("files/deployment-files.toml"),
            Self::Services => include_str!("files/deployment-services.toml"),
        }
    }

    fn guide(self) -> &'static str {
        match self {
            Self::Files => include_str!("files/guide-files.yaml"),
            Self::Services => include_str!("files/guide-services.yaml"),
        }
    }
}

/// Where files are made, and the model that is served.
pub(crate) struct Place {
    pub(crate) work: PathBuf,
    /// Its path leads through no directory that images close to others, such as `/root`.
    pub(crate) model: PathBuf,
}

/// A way to run the deployment.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    /// What the names of its containers begin with.
    pub(crate) prefix: &'static str,
    up: Vec<String>,
    down: Vec<String>,
    environment: Vec<(String, String)>,
    /// Where its output is.
    log: PathBuf,
}

impl Contender {
    /// Returns dynrun, compose with the guide's file, and compose with the one that dynrun exports.
    pub(crate) fn all(engine: &Engine, place: &Place, discovery: Discovery) -> Result<[Self; 3]> {
        let Place { work, model } = place;
        let model = model.display().to_string();
        let written = |text: &str, name: &str| -> Result<String> {
            let file = work.join(discovery.name()).join(name);
            fs_err::create_dir_all(work.join(discovery.name()))?;
            fs_err::write(&file, text.replace("MODEL", &model))?;
            Ok(file.display().to_string())
        };
        let file = written(discovery.deployment(), "deployment.toml")?;
        let guide = written(discovery.guide(), "guide.yaml")?;
        let mut environment = engine.environment();
        let state = state(work).display().to_string();
        environment.push(("XDG_STATE_HOME".to_owned(), state));
        environment.push(("MODEL".to_owned(), model));
        let exported = work.join(discovery.name()).join("export");
        let mut export = Command::new(DYNRUN);
        export.args(["export", &file, "--format", "compose", "-o"]);
        printed(export.arg(&exported))?;
        let exported = exported.join("compose.yaml").display().to_string();

        let contender = |name, prefix, program: &[&str], up: &[&str], down: &[&str]| {
            let line = |words: &[&str]| {
                [program, words]
                    .concat()
                    .into_iter()
                    .map(str::to_owned)
                    .collect()
            };
            let (up, down) = (line(up), line(down));
            let environment = environment.clone();
            Self {
                name,
                prefix,
                up,
                down,
                environment,
                log: work.join("client.log"),
            }
        };
        let docker = engine.program();
        let compose = |name, prefix, file: &str| {
            contender(
                name,
                prefix,
                &[&docker, "compose", "-f", file],
                &["up", "-d"],
                &["down", "-v"],
            )
        };
        Ok([
            contender(
                "dynrun",
                "bench",
                &[DYNRUN],
                &["up", "-d", &file],
                &["down", "bench"],
            ),
            compose("compose, the guide's file", "guide", &guide),
            compose("compose, `dynrun export`", "bench", &exported),
        ])
    }

    fn command(&self, words: &[String]) -> Command {
        let mut command = Command::new(&words[0]);
        command
            .args(&words[1..])
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn up(&self) -> Result<()> {
        printed(&mut self.command(&self.up)).map(drop)
    }

    pub(crate) fn down(&self) -> Result<()> {
        printed(&mut self.command(&self.down)).map(drop)
    }

    /// Returns the seconds from the start of the command to the first completion, which need not wait for
    /// the command's end.
    fn first_answer(&self, model: &Model) -> Result<f64> {
        let log = fs_err::File::create(&self.log)?.into_file();
        let begun = Instant::now();
        let mut command = self.command(&self.up);
        let mut command = command.stdout(log.try_clone()?).stderr(log).spawn()?;
        let explained = |what: String| -> Result<f64> {
            let said = fs_err::read(&self.log)?;
            Err(format!("{}: {what}\n{}", self.name, String::from_utf8_lossy(&said)).into())
        };
        while model.complete().is_none() {
            match command.try_wait()? {
                Some(status) if !status.success() => return explained(status.to_string()),
                _ => {}
            }
            if begun.elapsed() > Duration::from_secs(180) {
                return explained("no answer after three minutes".to_owned());
            }
            sleep(Duration::from_millis(20));
        }
        let seconds = begun.elapsed().as_secs_f64();
        match command.wait()? {
            status if status.success() => Ok(seconds),
            status => explained(status.to_string()),
        }
    }
}

/// Returns where dynrun remembers its deployments.
pub(crate) fn state(work: &Path) -> PathBuf {
    work.join("state")
}

/// Prints the table.
pub(crate) fn measure(engine: &Engine, place: &Place, runs: usize) -> Result<()> {
    println!(
        "\n| from `up` to the first answer | dynrun | compose, the guide's file | ratio | compose, `dynrun export` | ratio |\n\
         |---|---|---|---|---|---|"
    );
    let model = Model::at(&engine.address()?);
    for discovery in [Discovery::Files, Discovery::Services] {
        let contenders = Contender::all(engine, place, discovery)?;
        let [ours, guide, exported] = starts(&contenders, &model, runs)?;
        println!(
            "| 2 workers, {} | {} | {} | {} | {} | {} |",
            discovery.title(),
            shown(&ours),
            shown(&guide),
            ratio(&ours, &guide),
            shown(&exported),
            ratio(&ours, &exported)
        );
    }
    Ok(())
}

/// All take turns, and the order changes each round; the first round does not count.
fn starts(contenders: &[Contender; 3], model: &Model, runs: usize) -> Result<[Vec<f64>; 3]> {
    let mut seconds = [const { Vec::new() }; 3];
    let mut order = [0, 1, 2];
    for round in 0..=runs {
        order.shuffle(&mut rand::rng());
        for index in order {
            let took = contenders[index].first_answer(model)?;
            contenders[index].down()?;
            if round > 0 {
                seconds[index].push(took);
            }
        }
    }
    Ok(seconds)
}

fn shown(seconds: &[f64]) -> String {
    let (fastest, slowest) = range(seconds);
    format!("{:.2} s ({fastest:.2}–{slowest:.2})", median(seconds))
}

fn ratio(ours: &[f64], theirs: &[f64]) -> String {
    format!("**{:.2}**", median(ours) / median(theirs))
}
