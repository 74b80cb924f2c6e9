//! A private engine, as `ci/engine` brings it up.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::Result;

pub(crate) struct Engine {
    run_directory: PathBuf,
    /// The last word of the engine's name.
    pub(crate) store: String,
}

impl Engine {
    pub(crate) fn new(run_directory: &Path) -> Self {
        let name = run_directory.to_string_lossy();
        let store = name.rsplit_once('-').map_or(&*name, |(_, store)| store);
        Self {
            store: store.to_owned(),
            run_directory: run_directory.to_owned(),
        }
    }

    /// Returns docker's program.
    pub(crate) fn program(&self) -> String {
        self.run_directory.join("bin/docker").display().to_string()
    }

    /// Returns what clients need to find the engine.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let run = self.run_directory.display();
        vec![
            (
                "DOCKER_HOST".to_owned(),
                format!("unix://{run}/docker.sock"),
            ),
            ("DOCKER_CONFIG".to_owned(), format!("{run}/client")),
        ]
    }

    /// Returns the address at which published ports are reached.
    pub(crate) fn address(&self) -> Result<String> {
        let network = fs_err::read_to_string(self.run_directory.join("network"))?;
        Ok(format!("10.213.{}.2", network.trim()))
    }

    /// Returns a command of docker's program.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.program());
        command.args(arguments).envs(self.environment());
        command
    }

    /// Runs docker's program, and returns what it prints.
    pub(crate) fn docker(&self, arguments: &[&str]) -> Result<String> {
        printed(&mut self.command(arguments))
    }

    /// Removes every trace of earlier builds.
    pub(crate) fn forget(&self) -> Result<()> {
        self.docker(&["buildx", "prune", "--all", "--force"])?;
        Ok(())
    }
}

/// Runs a command, and returns what it prints; a failure is an error with all that it wrote.
pub(crate) fn printed(command: &mut Command) -> Result<String> {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output()?;
    if status.success() {
        return Ok(String::from_utf8(stdout)?.trim().to_owned());
    }
    let said = [stdout, stderr].concat();
    let said = String::from_utf8_lossy(&said);
    Err(format!("{command:?}: {status}\n{said}").into())
}
