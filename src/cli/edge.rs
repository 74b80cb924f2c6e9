//! What every command of both programs is given: the environment and the user interface.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use super::environment::Environment;
use crate::cli::exit::Exit;
use crate::docker::duration::GoDuration;
use crate::engine::{Deadline, Surroundings};
use crate::git::{self, GitProgram};
use crate::problem::{Problem, ProblemKind, Problems};
use crate::report::Annotation;
use crate::tree;
use crate::ui::{ColorChoice, Settings, Ui};

/// The environment and the user interface of one run.
#[derive(Debug)]
pub(super) struct Edge {
    pub(super) environment: Environment,
    pub(super) ui: Ui,
    /// What the user and the environment say about the output.
    pub(super) settings: Settings,
    /// Whether remarks for a CI service are wanted.
    pub(super) annotations: bool,
    /// Whether what is done, and why, is wanted in detail.
    pub(super) verbose: bool,
    /// `--engine-timeout`.
    pub(super) timeout: Option<String>,
}

impl Edge {
    pub(super) fn new(environment: Environment, settings: Settings) -> Self {
        Self {
            ui: Ui::new(&settings),
            settings,
            environment,
            annotations: false,
            verbose: false,
            timeout: None,
        }
    }

    /// Runs a program: shows the problems that it ends with, and turns the end into an exit code.
    pub(super) fn run(
        color: ColorChoice,
        exit_of: fn(ProblemKind) -> Exit,
        program: impl FnOnce(&mut Self) -> Result<Exit, Problems>,
    ) -> ExitCode {
        let (environment, unreadable) = match Environment::read() {
            Ok(environment) => (environment, None),
            Err(error) => (
                Environment::from_values(Path::new("/"), []),
                Some(unreadable_directory(&error)),
            ),
        };
        let variable = |name: &str| environment.get(name).map(str::to_owned);
        let settings = Settings::from_environment(color, variable);
        let mut edge = Self::new(environment, settings);
        for name in edge.environment.unreadable() {
            edge.ui.warn(&format!(
                "The environment variable `{name}` is ignored: its value is not UTF-8"
            ));
        }
        let result = match unreadable {
            None => program(&mut edge),
            Some(problem) => Err(problem.into()),
        };
        edge.end(result, exit_of).into()
    }

    fn end(mut self, result: Result<Exit, Problems>, exit_of: fn(ProblemKind) -> Exit) -> Exit {
        let exit = result.unwrap_or_else(|problems| {
            self.ui.problems(&problems);
            let failed = problems.0.iter();
            let failed = failed.filter(|problem| problem.kind != ProblemKind::Cancelled);
            self.annotate(failed.map(Annotation::from));
            let first = problems.0.first();
            first.map_or(Exit::Done, |problem| exit_of(problem.kind))
        });
        match self.ui.finish() {
            Err(_) if exit == Exit::Done => Exit::StepFailed,
            Ok(()) | Err(_) => exit,
        }
    }

    /// Returns another one with the same environment and settings, for what goes on meanwhile.
    pub(super) fn again(&self) -> Self {
        Self {
            verbose: self.verbose,
            timeout: self.timeout.clone(),
            ..Self::new(self.environment.clone(), self.settings.clone())
        }
    }

    /// Returns another one for which `DOCKER_HOST` is this.
    pub(super) fn at_engine(&self, host: &str) -> Self {
        let mut edge = self.again();
        edge.environment.set("DOCKER_HOST", host);
        edge
    }

    /// Returns how long an engine may take to answer.
    pub(super) fn deadline(&self) -> Result<Deadline, Problem> {
        const VARIABLE: &str = "DYNBUILD_ENGINE_TIMEOUT";
        let (name, text) = match (&self.timeout, self.environment.get(VARIABLE)) {
            (Some(text), _) => ("--engine-timeout", text.as_str()),
            (None, Some(text)) => (VARIABLE, text),
            (None, None) => return Ok(Deadline::default()),
        };
        let seconds = text.parse().ok().map(Duration::from_secs);
        let go = || text.parse().ok().map(GoDuration::get).map(u64::try_from);
        let limit = seconds.or_else(|| go()?.ok().map(Duration::from_nanos));
        if let Some(limit) = limit.filter(|limit| !limit.is_zero()) {
            return Ok(Deadline::new(limit));
        }
        let message = format!("Invalid value `{text}` for `{name}`: not a time");
        let hint = format!("Set a time such as `{name}=90s`");
        Err(Problem::usage(message).hint(hint))
    }

    /// Returns the same, and says what is waited for when that takes long.
    pub(super) fn reporting_deadline(&self) -> Result<Deadline, Problem> {
        // Not by this one: it is in use by what waits.
        let settings = self.settings.clone();
        let report = move |text: &str| Ui::new(&settings).note(text);
        Ok(self.deadline()?.reporting(report))
    }

    /// Says what only those want to know who asked for details.
    pub(super) fn detail(&mut self, message: &str) {
        if self.verbose {
            self.ui.note(message);
        }
    }

    /// Returns a path as it is seen from the working directory.
    pub(super) fn absolute(&self, path: &Path) -> PathBuf {
        self.environment.working_directory().join(path)
    }

    /// Returns what the environment says about the engine.
    pub(super) fn surroundings(&self) -> Surroundings {
        let variable = |name: &str| self.environment.get(name);
        let home = self.environment.home();
        Surroundings {
            host: variable("DOCKER_HOST").map(str::to_owned),
            context: variable("DOCKER_CONTEXT").map(str::to_owned),
            tls: variable("DOCKER_TLS_VERIFY").is_some(),
            certificates: variable("DOCKER_CERT_PATH").map(PathBuf::from),
            config: variable("DOCKER_CONFIG")
                .map(PathBuf::from)
                .or_else(|| Some(home?.join(".docker"))),
            runtime: variable("XDG_RUNTIME_DIR").map(PathBuf::from),
            headers: variable("DOCKER_CUSTOM_HEADERS").map(str::to_owned),
            logins: variable("DOCKER_AUTH_CONFIG").map(str::to_owned),
        }
    }

    /// Returns the git program of this environment.
    pub(super) fn git(&self) -> GitProgram {
        GitProgram::new(self.environment.variables())
    }

    /// Returns the build context: what was asked for, else the sources of Dynamo or the repository
    /// around the working directory, whichever is nearer, else the working directory.
    pub(super) fn context(&self, asked: Option<&Path>) -> PathBuf {
        let here = self.environment.working_directory();
        if let Some(path) = asked {
            return self.absolute(path);
        }
        let depth = |path: &PathBuf| path.components().count();
        let canonical = real(here);
        [git::top_directory(&canonical), tree::top(&canonical)]
            .into_iter()
            .flatten()
            .max_by_key(depth)
            .unwrap_or_else(|| here.to_owned())
    }
}

/// Returns a path without symbolic links and `..`, if it exists.
pub(super) fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

fn unreadable_directory(error: &std::io::Error) -> Problem {
    let mut problem = Problem::usage("The working directory cannot be read");
    problem.causes.push(error.to_string());
    problem.hint("Change into a directory that exists: `cd`")
}
