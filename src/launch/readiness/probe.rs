//! One question per level.

use http::Method;
use serde_json::{Value, json};

use super::answer::Answer;
use super::level::Level;
use super::route::Route;
use super::server::Kind;
use crate::text::clean_line;

/// What a question came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// The level is reached; a detail for people.
    Reached(String),
    /// Not yet: no answer, or one that says so.
    NotYet(String),
    /// An answer that is wrong now, but may become right.
    Wrong(String),
    /// An answer that will not become right.
    Refused(String),
    /// No waiting helps.
    Never { cause: String, fix: String },
}

/// Asks whether a level above the port is reached.
pub(super) async fn probe(route: &Route, kind: Kind, level: Level) -> Seen {
    match (level, kind) {
        (Level::Running | Level::Port, _) => Seen::Reached(String::new()),
        (Level::Live, Kind::Completions) => live(route).await,
        (Level::Live, Kind::Worker) => answers(route).await,
        (Level::Model | Level::Completion, Kind::Worker) => health(route).await,
        (Level::Model, Kind::Completions) => match model(route).await {
            Ok(model) => Seen::Reached(format!("`{model}`")),
            Err(seen) => seen,
        },
        (Level::Completion, Kind::Completions) => match model(route).await {
            Ok(model) => completion(route, &model).await,
            Err(seen) => seen,
        },
    }
}

/// A worker says 503 at `/live` too until it serves, so that any answer counts.
async fn answers(route: &Route) -> Seen {
    match route.ask(Method::GET, "/live", "").await {
        Ok(_) => Seen::Reached(String::new()),
        Err(why) => Seen::NotYet(why),
    }
}

/// A worker is healthy once its endpoint is registered and takes requests.
async fn health(route: &Route) -> Seen {
    let path = "/health";
    match route.ask(Method::GET, path, "").await {
        Ok(answer) if answer.status == 200 => {
            Seen::Reached("the worker is healthy; completions come through a frontend".to_owned())
        }
        Ok(answer) => judge(path, &answer),
        Err(why) => Seen::NotYet(why),
    }
}

/// Dynamo's frontend has `/live`; the engines' own servers have `/health`.
async fn live(route: &Route) -> Seen {
    let mut seen = Seen::NotYet(String::new());
    for path in ["/live", "/health"] {
        seen = match route.ask(Method::GET, path, "").await {
            Ok(answer) if answer.status == 200 => return Seen::Reached(String::new()),
            Ok(answer) => judge(path, &answer),
            Err(why) => return Seen::NotYet(why),
        };
    }
    seen
}

async fn model(route: &Route) -> Result<String, Seen> {
    let answer = route
        .ask(Method::GET, "/v1/models", "")
        .await
        .map_err(Seen::NotYet)?;
    if answer.status != 200 {
        return Err(judge("/v1/models", &answer));
    }
    let models: Value = serde_json::from_str(&answer.body)
        .map_err(|_| Seen::Wrong(format!("/v1/models: {}", shortened(&answer.body))))?;
    let first = models.pointer("/data/0/id").and_then(Value::as_str);
    first
        .map(clean_line)
        .ok_or_else(|| Seen::NotYet("no model is listed".to_owned()))
}

async fn completion(route: &Route, model: &str) -> Seen {
    let path = "/v1/chat/completions";
    let question = json!({
        "model": model,
        "messages": [{"role": "user", "content": "Hello"}],
        "max_tokens": 1,
    });
    match route.ask(Method::POST, path, &question.to_string()).await {
        Ok(answer) if answer.status == 200 && choices(&answer.body) => {
            Seen::Reached(format!("`{model}`"))
        }
        Ok(answer) if answer.status == 200 => {
            Seen::Wrong(format!("{path}: {}", shortened(&answer.body)))
        }
        Ok(answer) => judge(path, &answer),
        Err(why) => Seen::NotYet(why),
    }
}

fn choices(body: &str) -> bool {
    let answer: Option<Value> = serde_json::from_str(body).ok();
    answer.is_some_and(|answer| answer.pointer("/choices/0").is_some())
}

/// Servers say 404 and 503 while they start; requests like ours do not become valid by waiting.
fn judge(path: &str, answer: &Answer) -> Seen {
    let said = format!("{path}: {} {}", answer.status, shortened(&answer.body));
    match answer.status {
        404 | 429 | 502 | 503 | 504 => Seen::NotYet(said),
        400 | 401 | 403 | 422 => Seen::Refused(said),
        _ => Seen::Wrong(said),
    }
}

fn shortened(body: &str) -> String {
    let line = clean_line(&body.split_whitespace().collect::<Vec<_>>().join(" "));
    match line.char_indices().nth(160) {
        Some((at, _)) => format!("{}...", &line[..at]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    /// Answers each request by its path, on loopback.
    async fn server(answers: &'static [(&'static str, u16, &'static str)]) -> Route {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut buffer = vec![0; 4096];
                let count = stream.read(&mut buffer).await.unwrap_or(0);
                let request = String::from_utf8_lossy(&buffer[..count]).into_owned();
                let path = request.split(' ').nth(1).unwrap_or_default();
                let found = answers.iter().find(|(known, ..)| *known == path);
                let (_, status, body) = found.unwrap_or(&("", 404, "{}"));
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 {status} x\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
                stream.write_all(answer.as_bytes()).await.ok();
            }
        });
        let host = "127.0.0.1".to_owned();
        Route::Direct { host, port }
    }

    const MODELS: (&str, u16, &str) = ("/v1/models", 200, r#"{"data":[{"id":"tiny"}]}"#);

    const COMPLETIONS: &str = "/v1/chat/completions";
    const STARTING: &[(&str, u16, &str)] = &[
        ("/live", 503, "{}"),
        ("/health", 503, r#"{"status":"notready"}"#),
    ];

    #[test_case(&[("/live", 200, "")], Kind::Completions, Level::Live => Seen::Reached(String::new()); "a live server")]
    #[test_case(&[("/v1/models", 200, r#"{"data":[]}"#)], Kind::Completions, Level::Model => Seen::NotYet("no model is listed".to_owned()); "without a model")]
    #[test_case(&[MODELS], Kind::Completions, Level::Model => Seen::Reached("`tiny`".to_owned()); "with a model")]
    #[test_case(&[MODELS, (COMPLETIONS, 500, "Failed to generate completions")], Kind::Completions, Level::Completion => Seen::Wrong("/v1/chat/completions: 500 Failed to generate completions".to_owned()); "a listed model that fails")]
    #[test_case(&[MODELS, (COMPLETIONS, 200, r#"{"choices":[{}]}"#)], Kind::Completions, Level::Completion => Seen::Reached("`tiny`".to_owned()); "one token")]
    #[test_case(STARTING, Kind::Worker, Level::Live => Seen::Reached(String::new()); "a worker that starts is live")]
    #[test_case(STARTING, Kind::Worker, Level::Completion => Seen::NotYet(r#"/health: 503 {"status":"notready"}"#.to_owned()); "a worker that starts is not ready")]
    #[test_case(&[("/health", 200, r#"{"status":"ready"}"#)], Kind::Worker, Level::Model => Seen::Reached("the worker is healthy; completions come through a frontend".to_owned()); "a worker that is ready")]
    #[tokio::test]
    async fn levels_are_known_by_answers(
        answers: &'static [(&'static str, u16, &'static str)],
        kind: Kind,
        level: Level,
    ) -> Seen {
        probe(&server(answers).await, kind, level).await
    }

    #[tokio::test]
    async fn a_proxy_without_a_server_behind_it_is_not_open() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move { while listener.accept().await.is_ok() {} });
        assert!(Route::direct("127.0.0.1", port).is_open().await.is_err());
    }

    #[tokio::test]
    async fn a_port_without_server_is_not_open() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        assert!(Route::direct("127.0.0.1", port).is_open().await.is_err());
    }

    #[test_case(503, "NotYet")]
    #[test_case(404, "NotYet")]
    #[test_case(500, "Wrong")]
    #[test_case(401, "Refused")]
    fn statuses_are_judged(status: u16, kind: &str) {
        let body = "x".repeat(500);
        let seen = format!("{:?}", judge("/x", &Answer { status, body }));
        assert!(seen.starts_with(kind) && seen.len() < 250, "{seen}");
    }
}
