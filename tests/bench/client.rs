//! Programs that take turns.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::engine::Engine;

/// One run of a client.
#[derive(Clone)]
pub(crate) struct Sample {
    /// By the clock.
    pub(crate) seconds: f64,
    /// Of the process or of one of its children, in bytes.
    pub(crate) peak: f64,
}

/// A command line, and how its runs went.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) command: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) samples: Vec<Sample>,
    /// Where it runs, which is no checkout.
    directory: PathBuf,
}

/// What a run leaves for whoever started it.
#[derive(Serialize, Deserialize)]
struct Report {
    seconds: f64,
    kibibytes: f64,
    code: Option<i32>,
}

impl Client {
    pub(crate) fn new(
        command: impl IntoIterator<Item = impl Into<String>>,
        environment: Vec<(String, String)>,
        directory: &Path,
    ) -> Self {
        Self {
            command: command.into_iter().map(Into::into).collect(),
            environment,
            samples: Vec::new(),
            directory: directory.to_owned(),
        }
    }

    /// Returns where the output of its last run is.
    pub(crate) fn log(&self) -> PathBuf {
        self.directory.join("client.log")
    }

    /// Runs once; a failure is an error with what the client wrote.
    ///
    /// Linux counts the memory of whoever starts a program as the program's. So a small process, this
    /// program again, stands between.
    pub(crate) fn run(&self) -> Result<Sample> {
        let report = self.directory.join("client.json");
        let log = fs_err::File::create(self.log())?.into_file();
        let status = Command::new(std::env::current_exe()?)
            .arg("run")
            .arg(&report)
            .arg("--")
            .args(&self.command)
            .current_dir(&self.directory)
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .status()?;
        let report: Report = serde_json::from_slice(&fs_err::read(report)?)?;
        if !status.success() || report.code != Some(0) {
            let line = shell_words::join(&self.command);
            let log = fs_err::read(self.log())?;
            let log = String::from_utf8_lossy(&log);
            return Err(format!("`{line}` ended with {:?}\n{log}", report.code).into());
        }
        Ok(Sample {
            seconds: report.seconds,
            peak: report.kibibytes * 1024.0,
        })
    }

    /// Runs a number of times behind one that does not count.
    pub(crate) fn repeat(&mut self, runs: usize) -> Result<()> {
        self.run()?;
        self.samples = (0..runs).map(|_| self.run()).collect::<Result<_>>()?;
        Ok(())
    }
}

/// Runs a command, and writes how it went.
pub(crate) fn run_and_report(report: &Path, command: &[String]) -> Result<()> {
    let begun = Instant::now();
    let status = Command::new(&command[0]).args(&command[1..]).status()?;
    let seconds = begun.elapsed().as_secs_f64();
    // With the children of the command: docker starts its plugins as such.
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let report_of_run = Report {
        seconds,
        kibibytes: u32::try_from(usage.max_rss())?.into(),
        code: status.code(),
    };
    fs_err::write(report, serde_json::to_vec(&report_of_run)?)?;
    Ok(())
}

/// Lets both run once, and then take turns in an order that changes. `before` comes before each run.
pub(crate) fn interleave(
    engine: &Engine,
    pair: &mut [Client; 2],
    runs: usize,
    mut before: impl FnMut() -> Result<()>,
) -> Result<()> {
    // Names that go to later builds leave images behind.
    engine.docker(&["image", "prune", "--force"])?;
    for client in pair.iter_mut() {
        before()?;
        client.run()?;
    }
    for number in 0..runs {
        for turn in 0..pair.len() {
            before()?;
            let client = &mut pair[(number + turn) % 2];
            let sample = client.run()?;
            client.samples.push(sample);
        }
    }
    Ok(())
}
