//! Why there is no login although one is configured.

use std::time::Duration;

use crate::text::human_duration;

use super::login::login_command;

/// Why there is no login although one is configured.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// The entry of docker's configuration is not what `docker login` writes.
    #[error("docker's configuration has a login for `{0}` that cannot be read")]
    Unreadable(String),
    /// There is no such program.
    #[error("The program `{0}` is not installed")]
    Missing(String),
    /// The program cannot be run.
    #[error("The program `{program}` cannot be run: {why}")]
    NotRun {
        /// The helper.
        program: String,
        /// What the system says.
        why: String,
    },
    /// It said in words what is wrong.
    #[error("`{program} get` failed: {words}")]
    Failed {
        /// The helper.
        program: String,
        /// Its words.
        words: String,
    },
    /// It failed without a word that can be shown.
    #[error("`{program} get` {end}")]
    Wordless {
        /// The helper.
        program: String,
        /// How it ended: "ended with exit code 3".
        end: String,
    },
    /// What it answered is no login.
    #[error("`{0} get` did not answer with a login")]
    Answer(String),
    /// It went on and on.
    #[error("`{program} get` gave no answer within {}", human_duration(*limit))]
    Silent {
        /// The helper.
        program: String,
        /// How long it was waited for.
        limit: Duration,
    },
}

impl LoginError {
    /// Returns what the reader can do about the login to a server, named as helpers know it.
    pub fn hint(&self, server: &str) -> String {
        match self {
            Self::Unreadable(server) => format!(
                "log in again: `{}`",
                login_command(server.strip_prefix("https://").unwrap_or(server))
            ),
            Self::Missing(program) => format!(
                "install `{program}`, or take it out of `credsStore` and `credHelpers` in docker's \
                 `config.json` and log in again"
            ),
            Self::NotRun { program, .. }
            | Self::Failed { program, .. }
            | Self::Wordless { program, .. }
            | Self::Answer(program)
            | Self::Silent { program, .. } => {
                let server = shell_words::quote(server);
                format!("ask it by hand: `echo {server} | {program} get`")
            }
        }
    }
}
