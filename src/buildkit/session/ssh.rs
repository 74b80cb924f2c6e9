//! SSH agents: steps with `--mount=type=ssh` talk to them through us.
//!
//! A step may list keys and have something signed. It may not add, remove or lock keys: what runs
//! in a build has no business there, and docker's client refuses it as well.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio_util::io::{ReaderStream, StreamReader};
use tonic::{Request, Response, Status, Streaming};

use crate::buildkit::proto::sshforward::ssh_server::Ssh;
use crate::buildkit::proto::sshforward::{BytesMessage, CheckAgentRequest, CheckAgentResponse};

/// The largest message of the agent protocol (OpenSSH's own limit), in bytes.
const MESSAGE_LIMIT: usize = 256 << 10;

// Message types of the agent protocol (draft-miller-ssh-agent, section 5.1).
const FAILURE: u8 = 5;
const REQUEST_IDENTITIES: u8 = 11;
const SIGN_REQUEST: u8 = 13;

/// The id of a mount that names none.
pub const DEFAULT_AGENT: &str = "default";

/// Sockets of SSH agents by id.
#[derive(Clone, Debug, Default)]
pub struct Agents(Arc<BTreeMap<String, PathBuf>>);

impl Agents {
    /// Offers agents: sockets by id. `docker build --ssh default` offers `$SSH_AUTH_SOCK` as
    /// [`DEFAULT_AGENT`].
    pub fn new(sockets: BTreeMap<String, PathBuf>) -> Self {
        Self(Arc::new(sockets))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn socket(&self, id: &str) -> Result<&Path, Status> {
        let id = if id.is_empty() { DEFAULT_AGENT } else { id };
        let socket = self.0.get(id).map(PathBuf::as_path);
        socket.ok_or_else(|| Status::not_found(format!("unset ssh forward key {id}")))
    }
}

#[tonic::async_trait]
impl Ssh for Agents {
    async fn check_agent(
        &self,
        request: Request<CheckAgentRequest>,
    ) -> Result<Response<CheckAgentResponse>, Status> {
        self.socket(&request.get_ref().id)?;
        Ok(Response::new(CheckAgentResponse {}))
    }

    type ForwardAgentStream =
        Pin<Box<dyn Stream<Item = Result<BytesMessage, Status>> + Send + 'static>>;

    async fn forward_agent(
        &self,
        request: Request<Streaming<BytesMessage>>,
    ) -> Result<Response<Self::ForwardAgentStream>, Status> {
        let socket = self.socket(wanted_agent(&request))?;
        let agent = UnixStream::connect(socket).await.map_err(|error| {
            Status::unavailable(format!("ssh agent `{}`: {error}", socket.display()))
        })?;
        let questions = request
            .into_inner()
            .map_ok(|message| Bytes::from(message.data));
        let questions = StreamReader::new(questions.map_err(io::Error::other));
        let (answers, to_step) = tokio::io::simplex(MESSAGE_LIMIT);
        tokio::spawn(relay(questions, agent, to_step));
        let answers = ReaderStream::new(answers)
            .map_ok(|data| BytesMessage {
                data: data.to_vec(),
            })
            .map_err(Status::from);
        Ok(Response::new(answers.boxed()))
    }
}

/// The engine names the agent in the metadata of the call.
fn wanted_agent<T>(request: &Request<T>) -> &str {
    let id = request.metadata().get("buildkit.ssh.id");
    id.and_then(|id| id.to_str().ok()).unwrap_or(DEFAULT_AGENT)
}

/// Passes questions on, one by one as the protocol wants it, until either side has enough.
async fn relay<S>(
    mut questions: impl AsyncRead + Unpin,
    mut agent: S,
    mut answers: impl AsyncWrite + Unpin,
) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        let question = read_message(&mut questions).await?;
        let answer = match question.first() {
            Some(&(REQUEST_IDENTITIES | SIGN_REQUEST)) => {
                write_message(&mut agent, &question).await?;
                read_message(&mut agent).await?
            }
            _ => vec![FAILURE],
        };
        write_message(&mut answers, &answer).await?;
    }
}

/// Reads a message: its length as four bytes, its type as one, and more.
async fn read_message(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let length = stream.read_u32().await? as usize;
    if length > MESSAGE_LIMIT {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut message = vec![0; length];
    stream.read_exact(&mut message).await?;
    Ok(message)
}

async fn write_message(stream: &mut (impl AsyncWrite + Unpin), message: &[u8]) -> io::Result<()> {
    let length = u32::try_from(message.len()).map_err(io::Error::other)?;
    stream.write_u32(length).await?;
    stream.write_all(message).await?;
    stream.flush().await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An agent that answers each question with type 12 and the question's type.
    async fn agent(mut stream: tokio::io::DuplexStream) -> io::Result<()> {
        loop {
            let question = read_message(&mut stream).await?;
            write_message(&mut stream, &[12, question[0]]).await?;
        }
    }

    #[tokio::test]
    async fn a_step_may_list_and_sign_but_not_remove_keys() {
        let (mut step, ours) = tokio::io::duplex(1024);
        let (to_agent, agent_side) = tokio::io::duplex(1024);
        tokio::spawn(agent(agent_side));
        let (questions, answers) = tokio::io::split(ours);
        tokio::spawn(relay(questions, to_agent, answers));
        let remove_all = 19;
        for (question, answer) in [
            (11, vec![12, 11]),
            (remove_all, vec![FAILURE]),
            (13, vec![12, 13]),
        ] {
            write_message(&mut step, &[question]).await.unwrap();
            assert_eq!(read_message(&mut step).await.unwrap(), answer);
        }
    }

    #[test]
    fn an_empty_id_means_the_default_agent() {
        let sockets = BTreeMap::from([(DEFAULT_AGENT.to_owned(), PathBuf::from("/agent"))]);
        let agents = Agents::new(sockets);
        assert_eq!(agents.socket("").unwrap(), Path::new("/agent"));
        assert_eq!(
            agents.socket("deploy").unwrap_err().code(),
            tonic::Code::NotFound
        );
    }
}
