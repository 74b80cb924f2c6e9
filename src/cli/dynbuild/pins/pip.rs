//! What packages demand, as an index says through pip.
//!
//! pip reads its own configuration, so index, proxies, logins and authorities are those of this
//! machine. Of packages whose metadata the index offers apart, nothing else is downloaded.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::set::Pin;
use crate::cli::environment::Environment;
use crate::problem::Problem;

/// Variables with which uv names an index, in the order in which uv looks.
const UV_INDEXES: [&str; 2] = ["UV_DEFAULT_INDEX", "UV_INDEX_URL"];

/// The words that have pip only say what it would install; those with the version of Python and the
/// package follow.
const INSTALL: &str = "-m pip install --quiet --disable-pip-version-check --no-input --dry-run \
    --ignore-installed --no-deps --only-binary :all: --report - --target /nonexistent \
    --platform manylinux_2_39_x86_64 --platform manylinux_2_28_x86_64 \
    --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 \
    --implementation cp --python-version";

/// The pip of this machine, and the index that it is to ask.
#[derive(Debug)]
pub(super) struct Pip {
    python: PathBuf,
    index: Option<String>,
}

/// What one package says of itself.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Metadata {
    #[serde(default)]
    pub(super) requires_dist: Vec<String>,
    pub(super) requires_python: Option<String>,
    #[serde(default)]
    pub(super) provides_extra: Vec<String>,
}

/// The answer to `pip install --report`.
#[derive(Deserialize)]
struct Report {
    install: Vec<Installed>,
}

#[derive(Deserialize)]
struct Installed {
    metadata: Metadata,
}

impl Pip {
    /// Finds pip.
    ///
    /// # Errors
    /// Says so if there is none.
    pub(super) fn find(environment: &Environment) -> Result<Self, Problem> {
        let path = environment.get("PATH").unwrap_or_default();
        let names = ["python3", "python"];
        let candidates = std::env::split_paths(path)
            .filter(|directory| directory.is_absolute())
            .flat_map(|directory| names.map(|name| directory.join(name)));
        let mut pythons = candidates.filter(|python| python.is_file() && has_pip(python));
        let Some(python) = pythons.next() else {
            let problem = Problem::usage("No `python3` with pip is on the `PATH`");
            return Err(problem.hint("Install it, for example `apt-get install python3-pip`"));
        };
        let index = match environment.get("PIP_INDEX_URL") {
            // pip reads it itself.
            Some(_) => None,
            None => UV_INDEXES.iter().find_map(|name| environment.get(name)),
        };
        Ok(Self {
            python,
            index: index.map(str::to_owned),
        })
    }

    /// Asks for the metadata of a package on Linux with `python`, whatever this machine is.
    ///
    /// # Errors
    /// Returns what pip says.
    pub(super) fn metadata(&self, pin: &Pin, python: &str) -> Result<Metadata, Problem> {
        let requirement = format!("{}=={}", pin.name, pin.version);
        let output = self.command(&requirement, python).output();
        let output = output.map_err(|error| failed(&requirement, &error.to_string()))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let errors: Vec<_> = said.lines().filter(|line| line.contains("ERROR")).collect();
            return Err(failed(&requirement, errors.last().unwrap_or(&"it failed")));
        }
        let report: Report = serde_json::from_slice(&output.stdout)
            .map_err(|error| failed(&requirement, &error.to_string()))?;
        let found = report.install.into_iter().next();
        found
            .map(|installed| installed.metadata)
            .ok_or_else(|| failed(&requirement, "The index has no such wheel"))
    }

    fn command(&self, requirement: &str, python: &str) -> Command {
        let mut command = Command::new(&self.python);
        command
            .args(INSTALL.split(' '))
            .args([python, requirement])
            .stdin(Stdio::null());
        if let Some(index) = &self.index {
            // By the environment: on the command line, everybody would see a password in it.
            command.env("PIP_INDEX_URL", index);
        }
        command
    }
}

fn has_pip(python: &Path) -> bool {
    let asked = Command::new(python)
        .args(["-m", "pip", "--version"])
        .stdin(Stdio::null())
        .output();
    asked.is_ok_and(|output| output.status.success())
}

fn failed(requirement: &str, why: &str) -> Problem {
    let message = format!("The metadata of `{requirement}` cannot be read");
    let mut problem = Problem::usage(message);
    problem.causes.push(why.trim().to_owned());
    problem.hint("See what pip says: `pip download --no-deps PACKAGE==VERSION`")
}
