//! `--ssh`: agents that answer, or what is wrong with them before anything is built.

use std::collections::BTreeMap;
use std::os::unix::net::UnixStream;
use std::path::Path;

use crate::buildkit::session::Agents;
use crate::cli::edge::Edge;
use crate::problem::Problem;

const START: &str = "Start one: `eval \"$(ssh-agent)\" && ssh-add`";

/// `--ssh default` forwards the agent, `--ssh ID=SOCKET` another one.
pub(super) fn agents<'a>(
    specs: impl Iterator<Item = &'a String>,
    edge: &Edge,
) -> Result<Agents, Problem> {
    let mut sockets = BTreeMap::new();
    for spec in specs {
        let (id, socket) = match spec.split_once('=') {
            Some((id, socket)) => (id, Some(socket)),
            None => (spec.as_str(), edge.environment.get("SSH_AUTH_SOCK")),
        };
        let socket = socket.ok_or_else(|| no_agent(spec).hint(START))?;
        let socket = edge.absolute(Path::new(socket));
        check(spec, &socket)?;
        sockets.insert(id.to_owned(), socket);
    }
    Ok(Agents::new(sockets))
}

fn no_agent(spec: &str) -> Problem {
    Problem::usage(format!("`--ssh {spec}` needs a running ssh agent"))
}

/// Docker also takes files of keys and plays the agent for them; we leave that to `ssh-agent`.
fn check(spec: &str, socket: &Path) -> Result<(), Problem> {
    let Err(error) = UnixStream::connect(socket) else {
        return Ok(());
    };
    let mut problem = no_agent(spec);
    let path = socket.display();
    if socket.is_file() {
        problem
            .causes
            .push(format!("`{path}` is a file, not the socket of an agent"));
        Err(problem.hint(format!(
            "If it is a key, give it to an agent: `eval \"$(ssh-agent)\" && ssh-add '{path}'`, \
             then `--ssh default`"
        )))
    } else {
        problem
            .causes
            .push(format!("`{path}` does not answer: {error}"));
        Err(problem.hint(START))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_socket_that_answers_is_an_agent() {
        let place = tempfile::tempdir().unwrap();
        let [socket, key] = ["socket", "id_ed25519"].map(|name| place.path().join(name));
        let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        assert_eq!(check("default", &socket), Ok(()));
        drop(listener);
        let stale = check("default", &socket).unwrap_err();
        assert!(stale.causes[0].contains("does not answer: "), "{stale:?}");
        assert_eq!(stale.hints, [START]);

        fs_err::write(&key, "a key").unwrap();
        let problem = check("default=id_ed25519", &key).unwrap_err();
        assert_eq!(
            problem.message,
            "`--ssh default=id_ed25519` needs a running ssh agent"
        );
        assert!(problem.causes[0].ends_with("is a file, not the socket of an agent"));
        assert!(problem.hints[0].contains("ssh-add '"), "{problem:?}");
    }
}
