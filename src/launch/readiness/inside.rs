//! Questions that a container asks its own server.
//!
//! A shell asks where the image has one like bash: it begins in a few milliseconds, where Python
//! takes some tenths of a second of a processor that a starting server needs itself.

use http::Method;
use serde_json::json;
use tokio::io::AsyncReadExt as _;

use super::answer::{ANSWER_LIMIT, Answer, USER_AGENT};
use crate::docker::host::before_port;
use crate::engine::{Engine, EngineError};

/// Sends the request `$3` to port `$2` of `$1` and prints all that comes back.
const BASH: &str = r#"
exec 3<>"/dev/tcp/$1/$2" || exit 1
printf %s "$3" >&3
exec timeout 60 cat <&3
"#;

/// Asks `METHOD URL [BODY]` and prints the status, an empty line, and the body.
const PYTHON: &str = r#"
import sys, urllib.request as r, urllib.error as e
method, url, body, agent = sys.argv[1:5]
q = r.Request(url, method=method, data=body.encode() or None, headers={"content-type": "application/json", "user-agent": agent})
try:
    a = r.urlopen(q, timeout=60)
except e.HTTPError as error:
    a = error
print("HTTP/1.0", a.status if hasattr(a, "status") else a.code, end="\r\n\r\n")
print(a.read().decode(errors="replace"), end="")
"#;

/// A request to the server of a container, or to another that it reaches.
pub(super) struct Question<'a> {
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) method: Method,
    pub(super) path: &'a str,
    pub(super) body: &'a str,
}

impl Question<'_> {
    /// Returns the request as it travels. With HTTP/1.0 the answer comes in one piece, and its end is
    /// that of the connection.
    fn request(&self) -> String {
        let Self {
            host,
            port,
            method,
            path,
            body,
        } = self;
        format!(
            "{method} {path} HTTP/1.0\r\nHost: {}:{port}\r\nUser-Agent: {USER_AGENT}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            before_port(host),
            body.len()
        )
    }

    fn bash(&self) -> Vec<String> {
        let port = self.port.to_string();
        [
            "bash",
            "-c",
            BASH,
            "bash",
            self.host,
            &port,
            &self.request(),
        ]
        .map(str::to_owned)
        .to_vec()
    }

    fn python(&self) -> Vec<String> {
        let url = format!(
            "http://{}:{}{}",
            before_port(self.host),
            self.port,
            self.path
        );
        let method = self.method.as_str();
        ["python3", "-c", PYTHON, method, &url, self.body, USER_AGENT]
            .map(str::to_owned)
            .to_vec()
    }
}

/// Asks with whatever the image has.
pub(super) async fn ask(
    engine: &Engine,
    id: &str,
    question: &Question<'_>,
) -> Result<Answer, String> {
    let mut asked = run(engine, id, question.bash()).await;
    if matches!(asked, Ok(Ran::NoProgram)) {
        asked = run(engine, id, question.python()).await;
    }
    match asked.map_err(|error| error.to_string())? {
        Ran::Answered(answer) => Ok(answer),
        Ran::Silent => Err("nothing listens yet".to_owned()),
        Ran::NoProgram => Err(format!(
            "there is neither bash nor python3 in the image to ask with; publish the port: `-p {}`",
            question.port
        )),
    }
}

/// What a command that asks came to.
#[derive(Debug, PartialEq, Eq)]
enum Ran {
    Answered(Answer),
    Silent,
    /// The image has no such program.
    NoProgram,
}

async fn run(engine: &Engine, id: &str, command: Vec<String>) -> Result<Ran, EngineError> {
    let request = json!({ "AttachStdout": true, "Cmd": command });
    let exec = engine.create_exec(id, &request).await?;
    let stream = engine.start_exec(&exec, false).await?;
    let mut raw = Vec::new();
    // What broke off is no answer.
    let read = stream.take(ANSWER_LIMIT as u64).read_to_end(&mut raw).await;
    let text = String::from_utf8_lossy(&payload(&raw)).into_owned();
    if let Some(answer) = answer(&text).filter(|_| read.is_ok()) {
        return Ok(Ran::Answered(answer));
    }
    Ok(match engine.exec_code(&exec).await? {
        Some(126 | 127) => Ran::NoProgram,
        _ => Ran::Silent,
    })
}

/// Reads an answer as it travels.
fn answer(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.")?.split(' ').nth(1)?;
    Some(Answer {
        status: status.trim().parse().ok()?,
        body: body.to_owned(),
    })
}

/// Takes the headers out of a multiplexed stream.
pub(super) fn payload(mut raw: &[u8]) -> Vec<u8> {
    let mut payload = Vec::new();
    while let Some((header, rest)) = raw.split_first_chunk::<8>() {
        let [_, _, _, _, length @ ..] = *header;
        let length = (u32::from_be_bytes(length) as usize).min(rest.len());
        payload.extend(&rest[..length]);
        raw = &rest[length..];
    }
    payload
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::process::Command;

    use super::*;
    use test_case::test_case;

    /// Runs a command here against a server that answers once; returns what both said.
    fn asked(program: &str, status: &str) -> (String, String) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let said = format!("HTTP/1.1 {status}\r\nContent-Length: 5\r\n\r\nh\u{e9}re");
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut heard = String::new();
            let mut bytes = [0; 4096];
            while !heard.ends_with("{}") {
                let count = stream.read(&mut bytes).unwrap();
                heard.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
            }
            stream.write_all(said.as_bytes()).unwrap();
            heard
        });
        let question = Question {
            host: "127.0.0.1",
            port,
            method: Method::POST,
            path: "/v1/x",
            body: "{}",
        };
        let command = match program {
            "bash" => question.bash(),
            _ => question.python(),
        };
        assert_eq!(command[0], program);
        let output = Command::new(&command[0])
            .args(&command[1..])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (server.join().unwrap(), text)
    }

    #[test_case("bash")]
    #[test_case("python3")]
    fn commands_ask_and_print_the_answer(program: &str) {
        for (line, status) in [("200 OK", 200), ("503 Service Unavailable", 503)] {
            let (heard, said) = asked(program, line);
            assert!(heard.starts_with("POST /v1/x HTTP/1."), "{heard}");
            let body = "h\u{e9}re".to_owned();
            assert_eq!(answer(&said), Some(Answer { status, body }), "{said}");
        }
    }

    #[test_case(""; "nothing")]
    #[test_case("HTTP/1.1 200 OK\r\n"; "a broken head")]
    #[test_case("220 mail\r\n\r\n"; "another protocol")]
    fn what_is_no_answer_is_none(text: &str) {
        assert_eq!(answer(text), None);
    }
}
