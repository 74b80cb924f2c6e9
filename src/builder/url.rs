//! Addresses of `BuildKit` instances, as buildx's driver `remote` and `buildctl --addr` take them.

use super::error::BuilderError;
use super::node::Certificates;
use crate::dial::{Address, Endpoint};
use crate::docker::host::{Host, TlsFiles};
use crate::docker::percent;

/// What runs next to a BuildKit and is the connection.
const DIAL: [&str; 2] = ["buildctl", "dial-stdio"];

/// Reads the endpoint of builder `name`.
pub(super) fn endpoint(
    name: &str,
    text: &str,
    certificates: &Certificates,
) -> Result<Endpoint, BuilderError> {
    let wrong = |why: &str| BuilderError::endpoint(name, text, why);
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err(wrong("it has no scheme"));
    };
    let address = match scheme {
        "docker-container" => {
            let (container, query) = split(rest);
            let context = value(query, "context");
            container_command(
                required(container).ok_or_else(|| wrong("it names no container"))?,
                context,
            )
        }
        "kube-pod" => {
            let (pod, query) = split(rest);
            let pod = required(pod).ok_or_else(|| wrong("it names no pod"))?;
            pod_command(pod, query)
        }
        _ => {
            let host: Host = text
                .parse()
                .map_err(|error| BuilderError::host(name, text, &error))?;
            match &host {
                Host::Ssh(ssh) => Address::over_ssh(ssh, "buildctl", "--addr", &["dial-stdio"]),
                Host::Unix(_) | Host::Tcp(_) => {
                    let files = tls_files(certificates).map_err(wrong)?;
                    Address::new(&host, files)
                }
            }
        }
    };
    Ok(Endpoint::buildkitd(address))
}

fn tls_files(certificates: &Certificates) -> Result<Option<TlsFiles>, &'static str> {
    let Certificates {
        ca,
        cert,
        key,
        server_name,
    } = certificates;
    match (ca, cert, key) {
        (None, None, None) => Ok(None),
        (Some(ca), Some(cert), Some(key)) => Ok(Some(TlsFiles {
            ca: ca.clone(),
            cert: cert.clone(),
            key: key.clone(),
            verify: true,
            server_name: server_name.clone(),
        })),
        _ => Err("TLS needs all of `ca`, `cert` and `key`"),
    }
}

/// Returns the command that reaches a BuildKit in a container of the engine, or of a context's.
pub(super) fn container_command(container: &str, context: Option<String>) -> Address {
    let mut line = vec!["docker".to_owned()];
    if let Some(context) = context {
        line.extend(["--context".to_owned(), context]);
    }
    command(line, &["exec", "-i", container])
}

/// The same for the engine at an address.
pub(super) fn container_command_at(container: &str, host: &str) -> Address {
    let line = ["docker", "--host", host].map(str::to_owned);
    command(line.into(), &["exec", "-i", container])
}

fn command(mut line: Vec<String>, words: &[&str]) -> Address {
    line.extend(words.iter().chain(&DIAL).map(|&word| word.to_owned()));
    Address::Command(line)
}

fn pod_command(pod: &str, query: &str) -> Address {
    let mut line = vec!["kubectl".to_owned()];
    for option in ["context", "namespace"] {
        line.extend(value(query, option).map(|value| format!("--{option}={value}")));
    }
    line.push("exec".to_owned());
    line.extend(value(query, "container").map(|value| format!("--container={value}")));
    command(line, &["-i", pod, "--"])
}

/// Returns the command that reaches a BuildKit in a pod of one of buildx's deployments.
pub(super) fn deployment_command(
    deployment: &str,
    namespace: Option<&str>,
    kubeconfig: Option<&str>,
) -> Address {
    let mut line = vec!["kubectl".to_owned()];
    line.extend(kubeconfig.map(|file| format!("--kubeconfig={file}")));
    line.extend(namespace.map(|name| format!("--namespace={name}")));
    let deployment = format!("deployment/{deployment}");
    command(
        line,
        &["exec", "--container=buildkitd", "-i", &deployment, "--"],
    )
}

fn split(rest: &str) -> (&str, &str) {
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    (path.trim_end_matches('/'), query)
}

/// Names that begin with a dash would be options.
fn required(name: &str) -> Option<&str> {
    Some(name).filter(|name| !name.is_empty() && !name.starts_with('-'))
}

pub(super) fn value(query: &str, name: &str) -> Option<String> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, _)| *key == name)?;
    let decoded = percent::decode(value)?;
    Some(decoded).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("unix:///run/buildkit/buildkitd.sock" => "unix:///run/buildkit/buildkitd.sock")]
    #[test_case("tcp://10.0.0.1:1234" => "tcp://10.0.0.1:1234")]
    #[test_case("ssh://me@h:2222" => "ssh -o 'ConnectTimeout=30' -T -l me -p 2222 -- h buildctl dial-stdio")]
    #[test_case("docker-container://b0" => "docker exec -i b0 buildctl dial-stdio")]
    #[test_case("docker-container://b0?context=far" => "docker --context far exec -i b0 buildctl dial-stdio")]
    #[test_case("kube-pod://p?namespace=ci&context=a%2Fb" => "kubectl '--context=a/b' '--namespace=ci' exec -i p -- buildctl dial-stdio")]
    fn endpoints_are_reached(text: &str) -> String {
        let endpoint = endpoint("b", text, &Certificates::default()).unwrap();
        endpoint.address.to_string()
    }

    #[test_case("b0"; "no scheme")]
    #[test_case("docker-container://"; "no container")]
    #[test_case("kube-pod://-x"; "an option")]
    #[test_case("npipe:////./pipe/docker"; "windows")]
    fn mistakes_are_refused(text: &str) {
        assert!(endpoint("b", text, &Certificates::default()).is_err());
    }

    #[test]
    fn tls_needs_all_of_its_files() {
        let mut files = Certificates {
            ca: Some("ca.pem".into()),
            ..Certificates::default()
        };
        assert!(endpoint("b", "tcp://h:1", &files).is_err());
        files.cert = Some("cert.pem".into());
        files.key = Some("key.pem".into());
        let endpoint = endpoint("b", "tcp://h:1", &files).unwrap();
        assert!(matches!(endpoint.address, Address::Tls { .. }));
    }
}
