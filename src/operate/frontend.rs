//! A frontend that runs: what it knows of the workers, and completions through it.

use std::rc::Rc;
use std::time::Duration;

use http::Method;
use serde_json::json;
use tokio::time::timeout;

use super::answers::{Counts, Instance, Served, counts, instances, served};
use super::ways::Ways;
use crate::launch::readiness::{Answer, Route};

/// Bytes of an answer that are shown of one that was not expected.
const SHOWN: usize = 160;

/// How long somebody may take to answer who may not be the frontend.
const STRANGER: Duration = Duration::from_secs(3);

/// A frontend whose container runs.
#[derive(Clone, Debug)]
pub(crate) struct Frontend {
    ways: Rc<Ways>,
    model: String,
    namespace: String,
}

impl Frontend {
    pub(super) fn new(ways: Ways, model: &str, namespace: &str) -> Self {
        Self {
            ways: Rc::new(ways),
            model: model.to_owned(),
            namespace: namespace.to_owned(),
        }
    }

    /// Returns how many workers of each type it counts; none of a model that it does not know yet.
    ///
    /// # Errors
    /// Fails when it does not answer, and when it was not asked: nobody here knows the model, and it
    /// is not time to ask inside the container.
    pub(crate) async fn counts(&self) -> Result<Counts, String> {
        if let Some(way) = self.ways.chosen() {
            return self.counts_at(way).await;
        }
        if let Some(counts) = self.counts_from_here().await {
            return Ok(counts);
        }
        let counts = self.ways.ask_inside(|way| self.counts_at(way)).await?;
        if counts.is_empty() {
            return Ok(counts);
        }
        // The model may have come between both questions.
        if let Some(counts) = self.counts_from_here().await {
            return Ok(counts);
        }
        self.ways.choose(self.ways.inside());
        Ok(counts)
    }

    /// Asks from here, as a client would. Another server may hold the port here, so that an answer
    /// counts if it knows the model.
    async fn counts_from_here(&self) -> Option<Counts> {
        for way in self.ways.direct() {
            if let Ok(Ok(counts)) = timeout(STRANGER, self.counts_at(way)).await
                && !counts.is_empty()
            {
                self.ways.choose(way);
                return Some(counts);
            }
        }
        None
    }

    async fn counts_at(&self, way: &Route) -> Result<Counts, String> {
        let path = format!("/v1/models/{}/ready", self.model);
        let answer = way.ask(Method::GET, &path, "").await?;
        match answer.status {
            404 => Ok(Counts::default()),
            200 => Ok(counts(&answer.body, &self.namespace)),
            _ => Err(unexpected(&path, &answer)),
        }
    }

    /// Returns the workers that it sees in discovery.
    pub(crate) async fn instances(&self) -> Result<Vec<Instance>, String> {
        let answer = self.ask(Method::GET, "/health", "").await?;
        Ok(instances(&answer.body, &self.namespace))
    }

    /// Asks for a few tokens, and returns which workers served them.
    pub(crate) async fn complete(
        &self,
        number: usize,
        pinned: Option<u64>,
    ) -> Result<Served, String> {
        let path = "/v1/chat/completions";
        let mut extension = json!({ "extra_fields": ["worker_id"] });
        if let Some(id) = pinned {
            extension["backend_instance_id"] = json!(id);
        }
        // Different beginnings: a router that knows prefixes would send all to one worker.
        let question = json!({
            "model": self.model,
            "messages": [{ "role": "user", "content": format!("{number} times hello") }],
            "max_tokens": 2,
            "nvext": extension,
        });
        let answer = self.ask(Method::POST, path, &question.to_string()).await?;
        match answer.status {
            200 => served(&answer.body).ok_or_else(|| unexpected(path, &answer)),
            _ => Err(unexpected(path, &answer)),
        }
    }

    async fn ask(&self, method: Method, path: &str, body: &str) -> Result<Answer, String> {
        let way = self.ways.chosen().unwrap_or_else(|| self.ways.inside());
        way.ask(method, path, body).await
    }
}

fn unexpected(path: &str, answer: &Answer) -> String {
    let body = answer.body.split_whitespace().collect::<Vec<_>>().join(" ");
    let body: String = body.chars().take(SHOWN).collect();
    format!(
        "{path}: {} {}",
        answer.status,
        crate::text::clean_line(&body)
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    const WORKERS: &str =
        r#"{"namespaces":{"here":{"worker_types":{"aggregated":{"workers":2}}}}}"#;

    /// A server that knows the model when `knows` says so, and counts its questions.
    struct Server {
        route: Route,
        asked: Arc<AtomicU32>,
    }

    impl Server {
        async fn new(knows: impl Fn(u32) -> bool + Send + 'static) -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let route = Route::direct("127.0.0.1", listener.local_addr().unwrap().port());
            let asked = Arc::new(AtomicU32::new(0));
            let count = Arc::clone(&asked);
            tokio::spawn(async move {
                while let Ok((mut stream, _)) = listener.accept().await {
                    let mut buffer = vec![0; 4096];
                    let read = stream.read(&mut buffer).await;
                    assert!(read.is_ok_and(|bytes| bytes > 0), "a question");
                    let times = count.fetch_add(1, Ordering::Relaxed) + 1;
                    let (status, body) = if knows(times) {
                        (200, WORKERS)
                    } else {
                        (404, "")
                    };
                    let head = format!("HTTP/1.1 {status} x\r\nconnection: close\r\n");
                    let answer = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
                    stream.write_all(answer.as_bytes()).await.ok();
                }
            });
            Self { route, asked }
        }

        fn asked(&self) -> u32 {
            self.asked.load(Ordering::Relaxed)
        }
    }

    fn frontend(direct: &[&Server], inside: &Server) -> Frontend {
        let direct = direct.iter().map(|server| server.route.clone());
        let ways = Ways::of(direct.collect(), inside.route.clone());
        Frontend::new(ways, "model", "here")
    }

    #[tokio::test]
    async fn whoever_knows_the_model_here_is_the_frontend() {
        let stranger = Server::new(|_| false).await;
        let own = Server::new(|times| times > 1).await;
        let inside = Server::new(|_| false).await;
        let frontend = frontend(&[&stranger, &own], &inside);
        assert_eq!(frontend.counts().await, Ok(Counts::default()));
        assert_eq!(frontend.counts().await.unwrap()["aggregated"], 2);
        assert_eq!(frontend.counts().await.unwrap()["aggregated"], 2);
        assert_eq!(inside.asked(), 1);
        assert_eq!(stranger.asked(), 2, "nobody else is asked afterwards");
    }

    #[tokio::test]
    async fn one_that_is_not_reached_from_here_is_asked_inside() {
        let stranger = Server::new(|_| false).await;
        let inside = Server::new(|_| true).await;
        let frontend = frontend(&[&stranger], &inside);
        for _ in 0..3 {
            assert_eq!(frontend.counts().await.unwrap()["aggregated"], 2);
        }
        assert_eq!(inside.asked(), 3);
        assert_eq!(stranger.asked(), 2, "before and after the first answer");
    }

    #[tokio::test]
    async fn every_answer_from_inside_is_one_of_a_question() {
        let inside = Server::new(|_| false).await;
        let frontend = frontend(&[], &inside);
        let mut answers = 0;
        for _ in 0..5 {
            answers += u32::from(frontend.counts().await == Ok(Counts::default()));
        }
        assert!(answers > 0);
        assert_eq!(inside.asked(), answers);
    }
}
