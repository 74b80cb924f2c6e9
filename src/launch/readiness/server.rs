//! The server in a container: what it is, and where it listens.

use crate::engine::ContainerFacts;

/// The port of Dynamo's frontend, and of most engines' servers.
const DEFAULT_PORT: u16 = 8000;

/// The environment of a worker's own health, see [`Kind::Worker`].
pub(crate) const SYSTEM_PORT: &str = "DYN_SYSTEM_PORT";

/// What answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A server of completions: Dynamo's frontend, or an engine's own.
    Completions,
    /// A worker of Dynamo, which is asked through a frontend. It answers for its health only, on a
    /// port that it opens if `DYN_SYSTEM_PORT` says so.
    Worker,
}

/// A server, by what is known of its container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Server {
    pub(super) kind: Kind,
    /// The port that somebody named: an option, the command, or the environment.
    named: Option<u16>,
    /// The ports of the container that are published, with the port of the host.
    published: Vec<(u16, u16)>,
}

impl Server {
    pub(super) fn of(facts: &ContainerFacts, asked: Option<u16>) -> Self {
        let command = command(facts);
        let (kind, variable) = if is_worker(&command) {
            (Kind::Worker, SYSTEM_PORT)
        } else {
            (Kind::Completions, "DYN_HTTP_PORT")
        };
        let in_command = || match kind {
            Kind::Completions => port_option(&command),
            Kind::Worker => None,
        };
        let set = || variable_of(facts, variable)?.parse().ok();
        Self {
            kind,
            named: asked.or_else(in_command).or_else(set),
            published: published(facts),
        }
    }

    /// Returns the ports on which it may listen, the likely first; none of a worker that was not
    /// asked to open one.
    pub(super) fn ports(&self) -> Vec<u16> {
        match (self.named, self.kind) {
            (Some(port), _) => vec![port],
            (None, Kind::Worker) => Vec::new(),
            (None, Kind::Completions) => {
                let published = self.published.iter().map(|(inside, _)| *inside);
                let others = published.filter(|port| *port != DEFAULT_PORT);
                [DEFAULT_PORT].into_iter().chain(others).collect()
            }
        }
    }

    /// Returns how the server is given another port.
    pub(super) fn move_to(&self) -> &'static str {
        match self.kind {
            Kind::Completions => {
                "`--http-port 8001` for Dynamo's frontend, `--port 8001` for others"
            }
            Kind::Worker => "`-e DYN_SYSTEM_PORT=9091`",
        }
    }

    /// Returns whether a port of the container is published on the host.
    pub(super) fn is_published(&self, port: u16) -> bool {
        self.published.iter().any(|(inside, _)| *inside == port)
    }

    /// Returns the port of the container to which the host's port of the same number leads, where
    /// that is another: `-p 8000:8001` for a server on 8000.
    pub(super) fn led_elsewhere(&self, port: u16) -> Option<u16> {
        let is_published = self.is_published(port);
        let mut pairs = self.published.iter();
        let (inside, _) = pairs.find(|(_, outside)| *outside == port)?;
        (!is_published).then_some(*inside)
    }
}

/// Returns the words of the command; of a shell's script its words.
fn command(facts: &ContainerFacts) -> Vec<String> {
    let entrypoint = facts.config.entrypoint.as_deref().unwrap_or_default();
    let command = facts.config.cmd.as_deref().unwrap_or_default();
    let words = entrypoint.iter().chain(command);
    words
        .flat_map(|word| word.split_whitespace())
        .map(str::to_owned)
        .collect()
}

/// Returns whether a command is a worker of Dynamo: `python3 -m dynamo.vllm` and its like.
pub(crate) fn is_worker(command: &[String]) -> bool {
    let words = || command.iter().flat_map(|word| word.split_whitespace());
    let is_engine =
        |module: &str| ["vllm", "sglang", "trtllm", "mocker", "llama_cpp"].contains(&module);
    let mut modules = words()
        .zip(words().skip(1))
        .filter(|(flag, _)| *flag == "-m");
    let frontend = words().any(|word| word == "dynamo.frontend");
    !frontend && modules.any(|(_, module)| module.strip_prefix("dynamo.").is_some_and(is_engine))
}

fn port_option(command: &[String]) -> Option<u16> {
    command.iter().enumerate().find_map(|(at, word)| {
        let (flag, value) = word.split_once('=').unwrap_or((word, ""));
        let value = match value {
            "" => command.get(at + 1).map(String::as_str).unwrap_or_default(),
            value => value,
        };
        let is_port = matches!(flag, "--http-port" | "--port");
        is_port.then(|| value.parse().ok()).flatten()
    })
}

fn variable_of<'a>(facts: &'a ContainerFacts, name: &str) -> Option<&'a str> {
    let variables = facts.config.env.as_deref().unwrap_or_default();
    let mut pairs = variables.iter().filter_map(|line| line.split_once('='));
    pairs.find_map(|(key, value)| (key == name).then_some(value))
}

fn published(facts: &ContainerFacts) -> Vec<(u16, u16)> {
    let ports = facts.network_settings.ports.iter().flatten();
    let pairs = ports.filter_map(|(inside, outside)| {
        let inside = inside.strip_suffix("/tcp")?.parse().ok()?;
        Some((inside, outside.as_ref()?.first()?.host_port.parse().ok()?))
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use test_case::test_case;

    use super::*;

    fn facts(command: &str, env: &[&str], ports: &serde_json::Value) -> ContainerFacts {
        let command = shell_words::split(command).unwrap();
        serde_json::from_value(json!({
            "Id": "0".repeat(64), "Name": "/c", "State": {}, "HostConfig": {},
            "Config": {"Cmd": command, "Env": env},
            "NetworkSettings": {"Ports": ports},
        }))
        .unwrap()
    }

    #[test_case("python3 -m dynamo.frontend", Kind::Completions)]
    #[test_case("vllm serve Qwen/Qwen3-0.6B", Kind::Completions)]
    #[test_case("python3 -m dynamo.vllm --model x", Kind::Worker)]
    #[test_case("python3 -m dynamo.mocker", Kind::Worker)]
    #[test_case("sh -c 'python3 -m dynamo.frontend & exec python3 -m dynamo.vllm --model x'", Kind::Completions; "both in one")]
    #[test_case("sh -c 'exec python3 -m dynamo.sglang --model x'", Kind::Worker; "in a shell")]
    #[test_case("bash", Kind::Completions; "unknown")]
    fn workers_are_known_by_their_command(command: &str, expected: Kind) {
        let facts = facts(command, &[], &json!({}));
        assert_eq!(Server::of(&facts, None).kind, expected);
    }

    #[test_case("x", &[], None, &[8000, 8001]; "the default, then what is published")]
    #[test_case("x --port 9000", &[], None, &[9000]; "named by the command")]
    #[test_case("x --http-port=9000", &[], None, &[9000]; "assigned")]
    #[test_case("sh -c 'x --port 9000'", &[], None, &[9000]; "in a script")]
    #[test_case("x", &["DYN_HTTP_PORT=9000"], None, &[9000]; "named by the environment")]
    #[test_case("x --port 9000", &[], Some(1), &[1]; "asked for")]
    #[test_case("python3 -m dynamo.vllm --port 9000", &[], None, &[]; "a worker without a port")]
    #[test_case("python3 -m dynamo.vllm", &["DYN_SYSTEM_PORT=9090"], None, &[9090]; "a worker with one")]
    fn ports_are_found(command: &str, env: &[&str], asked: Option<u16>, expected: &[u16]) {
        let ports = json!({"8001/tcp": [{"HostIp": "", "HostPort": "8000"}], "53/udp": null});
        let facts = facts(command, env, &ports);
        assert_eq!(Server::of(&facts, asked).ports(), expected);
    }

    #[test_case("8001/tcp", "8000", 8000 => Some(8001); "the pair leads elsewhere")]
    #[test_case("8001/tcp", "8000", 8001 => None; "the server is where it leads")]
    #[test_case("8000/tcp", "8000", 8000 => None; "the same on both sides")]
    #[test_case("9090/tcp", "9090", 8000 => None; "another port is published")]
    fn pairs_that_lead_elsewhere_are_found(inside: &str, outside: &str, port: u16) -> Option<u16> {
        let ports = json!({inside: [{"HostIp": "", "HostPort": outside}]});
        Server::of(&facts("x", &[], &ports), None).led_elsewhere(port)
    }
}
