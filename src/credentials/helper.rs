//! One question to a credential helper.
//!
//! The protocol is that of docker-credential-helpers: the address of the server goes to its standard
//! input, a login in JSON or a sentence about what is wrong comes back on its standard output.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

use super::error::LoginError;
use super::login::Login;
use crate::redact::shown_source;
use crate::secret::Secret;
use crate::text::clean_line;

/// More than any login has, in bytes.
const ANSWER_LIMIT: u64 = 1 << 20;

/// As much of a helper's words as is shown, in characters.
const WORDS_LIMIT: usize = 300;

/// The name of an account whose password is a token.
const TOKEN: &str = "<token>";

/// A helper program.
pub(super) struct Helper {
    program: String,
    limit: Duration,
    command: Command,
}

/// What it said.
struct Answer {
    status: ExitStatus,
    output: Vec<u8>,
    errors: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Written {
    #[serde(default)]
    username: String,
    #[serde(default)]
    secret: String,
}

impl Helper {
    pub(super) fn new(program: String, limit: Duration) -> Self {
        let mut command = Command::new(&program);
        command
            .arg("get")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        Self {
            program,
            limit,
            command,
        }
    }

    /// Looks the program up in other directories than our own `PATH`.
    pub(super) fn with_path(mut self, path: &str) -> Self {
        self.command.env("PATH", path);
        self
    }

    /// Asks for the login to a server.
    pub(super) async fn get(mut self, server: &str) -> Result<Option<Login>, LoginError> {
        let program = self.program.clone();
        let asking = self.ask(server);
        let limit = self.limit;
        let Ok(answer) = tokio::time::timeout(limit, asking).await else {
            return Err(LoginError::Silent { program, limit });
        };
        let answer = answer.map_err(|error| not_run(program.clone(), &error))?;
        read(program, &answer)
    }

    fn ask(&mut self, server: &str) -> impl Future<Output = io::Result<Answer>> + use<> {
        let (spawned, server) = (self.command.spawn(), server.to_owned());
        async move {
            let mut child = spawned?;
            let mut input = child.stdin.take();
            if let Some(input) = &mut input {
                // One that ends without reading answers all the same.
                input.write_all(server.as_bytes()).await.ok();
            }
            drop(input);
            let (output, errors) = (child.stdout.take(), child.stderr.take());
            let (output, errors) = tokio::join!(all(output), all(errors));
            // Who says more than fits would never end.
            if output.len() as u64 == ANSWER_LIMIT || errors.len() as u64 == ANSWER_LIMIT {
                child.start_kill()?;
            }
            Ok(Answer {
                status: child.wait().await?,
                output,
                errors,
            })
        }
    }
}

async fn all(stream: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut text = Vec::new();
    if let Some(stream) = stream {
        stream.take(ANSWER_LIMIT).read_to_end(&mut text).await.ok();
    }
    text
}

fn not_run(program: String, error: &io::Error) -> LoginError {
    match error.kind() {
        io::ErrorKind::NotFound => LoginError::Missing(program),
        _ => LoginError::NotRun {
            program,
            why: error.to_string(),
        },
    }
}

fn read(program: String, answer: &Answer) -> Result<Option<Login>, LoginError> {
    let login = serde_json::from_slice::<Written>(&answer.output);
    if !answer.status.success() {
        let output = String::from_utf8_lossy(&answer.output);
        if output.contains("credentials not found") {
            return Ok(None);
        }
        // What reads as a login is none of the words.
        let output = if login.is_ok() { "" } else { output.trim() };
        let errors = String::from_utf8_lossy(&answer.errors);
        let words = [output, errors.trim()];
        return Err(match words.into_iter().find(|words| !words.is_empty()) {
            Some(words) => LoginError::Failed {
                program,
                words: shown_words(words),
            },
            None => LoginError::Wordless {
                program,
                end: end(answer.status),
            },
        });
    }
    let Written { username, secret } = login.map_err(|_| LoginError::Answer(program))?;
    let secret = Secret::new(secret);
    Ok(match username.as_str() {
        "" if secret.is_empty() => None,
        TOKEN => Some(Login::Token(secret)),
        _ => Some(Login::Password {
            user: username,
            password: secret,
        }),
    })
}

fn end(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (code, _) => format!("ended with exit code {}", code.unwrap_or_default()),
    }
}

/// Returns the words on one line, without what looks like a secret.
fn shown_words(words: &str) -> String {
    let lines = words
        .lines()
        .map(clean_line)
        .filter(|line| !line.is_empty());
    let line = lines.collect::<Vec<_>>().join("; ");
    let shown = shown_source(&line);
    shown.chars().take(WORDS_LIMIT).collect()
}
