//! From the name of a builder to its nodes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::BuilderError;
use super::node::{Builder, Certificates, Node};
use super::store::{self, Instance, InstanceNode};
use super::url::{self, container_command, container_command_at, deployment_command};
use crate::dial::{Address, Endpoint};
use crate::docker::host::Host;
use crate::engine::{Surroundings, locate};

/// What is known of builders.
#[derive(Clone, Debug)]
pub struct Known<'a> {
    /// Those of the user's own file: endpoint and certificates.
    pub own: BTreeMap<String, (String, Certificates)>,
    /// Where buildx keeps its builders.
    pub store: Option<PathBuf>,
    /// What says where engines are.
    pub surroundings: &'a Surroundings,
}

/// Finds a builder by its name. Docker's contexts are builders too, as for buildx.
///
/// # Errors
/// Fails if there is none, or if it cannot be used.
pub fn choose(name: &str, known: &Known<'_>) -> Result<Builder, BuilderError> {
    if let Some((endpoint, certificates)) = known.own.get(name) {
        return Ok(one(name, url::endpoint(name, endpoint, certificates)?));
    }
    let stored = known.store.as_deref();
    if let Some(directory) = stored
        && let Some(instance) = store::read(directory, name)?
    {
        return of_instance(name, instance, known.surroundings);
    }
    match engine(name, known.surroundings) {
        Ok(endpoint) => Ok(one(name, endpoint)),
        Err(_) => Err(BuilderError::Unknown {
            name: name.to_owned(),
            known: names(known, stored),
        }),
    }
}

fn one(name: &str, endpoint: Endpoint) -> Builder {
    let node = Node {
        name: name.to_owned(),
        endpoint,
        platforms: Vec::new(),
    };
    Builder {
        name: name.to_owned(),
        nodes: vec![node],
    }
}

fn names(known: &Known<'_>, stored: Option<&Path>) -> Vec<String> {
    let own = known.own.keys().cloned();
    let stored = stored.map(store::names).unwrap_or_default();
    own.chain(stored).collect()
}

fn of_instance(
    name: &str,
    instance: Instance,
    surroundings: &Surroundings,
) -> Result<Builder, BuilderError> {
    let Instance { driver, nodes } = instance;
    let nodes = nodes.unwrap_or_default().into_iter();
    let nodes = nodes.map(|node| of_node(name, &driver, node, surroundings));
    let nodes = nodes.collect::<Result<Vec<_>, _>>()?;
    if nodes.is_empty() {
        return Err(BuilderError::Empty {
            name: name.to_owned(),
        });
    }
    Ok(Builder {
        name: name.to_owned(),
        nodes,
    })
}

fn of_node(
    builder: &str,
    driver: &str,
    node: InstanceNode,
    surroundings: &Surroundings,
) -> Result<Node, BuilderError> {
    let options = node.driver_opts.unwrap_or_default();
    let file = |name: &str| options.get(name).map(PathBuf::from);
    let endpoint = match driver {
        "docker" => {
            engine(&node.endpoint, surroundings).map_err(|source| BuilderError::Engine {
                name: builder.to_owned(),
                source: Box::new(source),
            })?
        }
        "docker-container" => Endpoint::buildkitd(in_container(&node.name, &node.endpoint)),
        "kubernetes" => {
            // As buildx names it: the name of the node, in the letters of Kubernetes.
            let deployment = node.name.replace('_', "-");
            let (_, query) = node.endpoint.split_once('?').unwrap_or_default();
            let kubeconfig = url::value(query, "kubeconfig");
            let namespace = options.get("namespace").map(String::as_str);
            Endpoint::buildkitd(deployment_command(
                &deployment,
                namespace,
                kubeconfig.as_deref(),
            ))
        }
        "remote" => {
            let certificates = Certificates {
                ca: file("cacert"),
                cert: file("cert"),
                key: file("key"),
                server_name: options
                    .get("servername")
                    .filter(|name| !name.is_empty())
                    .cloned(),
            };
            url::endpoint(builder, &node.endpoint, &certificates)?
        }
        _ => {
            return Err(BuilderError::Driver {
                name: builder.to_owned(),
                driver: driver.to_owned(),
            });
        }
    };
    let platforms = node.platforms.unwrap_or_default();
    let platforms = platforms
        .iter()
        .filter_map(|platform| platform.text().parse().ok());
    Ok(Node {
        name: node.name,
        endpoint,
        platforms: platforms.collect(),
    })
}

/// Reaches the container of a node, in the engine at an address or of a context.
fn in_container(node: &str, engine: &str) -> Address {
    let container = format!("buildx_buildkit_{node}");
    if address(engine).is_some() {
        container_command_at(&container, engine)
    } else {
        // The context `default` is what the environment says.
        let context = Some(engine.to_owned()).filter(|name| name != "default" && !name.is_empty());
        container_command(&container, context)
    }
}

/// Reads an address. A bare word is a name here, although docker takes it for a host.
fn address(text: &str) -> Option<Host> {
    text.contains("://").then(|| text.parse().ok())?
}

/// Returns the engine of a context, or at an address.
fn engine(name: &str, surroundings: &Surroundings) -> Result<Endpoint, crate::engine::LocateError> {
    if let Some(host) = address(name) {
        let address = Address::new(&host, None).with_headers(surroundings.headers()?);
        return Ok(Endpoint::engine(address));
    }
    let meant = if name == "default" {
        surroundings.clone()
    } else {
        Surroundings {
            host: None,
            context: Some(name.to_owned()),
            ..surroundings.clone()
        }
    };
    locate(&meant).map(|located| Endpoint::engine(located.address))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `docker buildx create` of buildx 0.29.1 writes for each of its drivers.
    const WRITTEN: [(&str, &str); 4] = [
        (
            "boxed",
            r#"{"Name":"boxed","Driver":"docker-container","Nodes":[{"Name":"boxed0","Endpoint":"unix:///run/docker.sock","Platforms":null,"DriverOpts":null,"Flags":["--allow-insecure-entitlement=network.host"],"Files":null}],"Dynamic":false}"#,
        ),
        (
            "cluster",
            r#"{"Name":"cluster","Driver":"kubernetes","Nodes":[{"Name":"cluster0","Endpoint":"kubernetes:///cluster?deployment=cluster0\u0026kubeconfig=%2Fhome%2Fme%2Fk","Platforms":[{"architecture":"arm64","os":"linux"}],"DriverOpts":{"namespace":"ci"},"Flags":null,"Files":null}],"Dynamic":false}"#,
        ),
        (
            "far",
            r#"{"Name":"far","Driver":"remote","Nodes":[{"Name":"far0","Endpoint":"tcp://build.example:1234","Platforms":null,"DriverOpts":{"cacert":"/c/ca.pem","cert":"/c/cert.pem","key":"/c/key.pem"},"Flags":null,"Files":null}],"Dynamic":false}"#,
        ),
        (
            "cloudy",
            r#"{"Name":"cloudy","Driver":"cloud","Nodes":[{"Name":"x","Endpoint":"cloud://x"}],"Dynamic":false}"#,
        ),
    ];

    fn store() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        let instances = directory.path().join("instances");
        fs_err::create_dir(&instances).unwrap();
        for (name, text) in WRITTEN {
            fs_err::write(instances.join(name), text).unwrap();
        }
        directory
    }

    fn chosen(name: &str) -> Result<Builder, BuilderError> {
        let directory = store();
        let own = ("unix:///run/b.sock".to_owned(), Certificates::default());
        choose(
            name,
            &Known {
                own: [("mine".to_owned(), own)].into(),
                store: Some(directory.path().to_owned()),
                surroundings: &Surroundings {
                    config: Some(directory.path().to_owned()),
                    ..Surroundings::default()
                },
            },
        )
    }

    fn shown(name: &str) -> String {
        chosen(name).unwrap().nodes[0].endpoint.address.to_string()
    }

    #[test]
    fn builders_of_every_driver_are_reached() {
        assert_eq!(
            shown("boxed"),
            "docker --host unix:///run/docker.sock exec -i buildx_buildkit_boxed0 buildctl dial-stdio"
        );
        assert_eq!(
            shown("cluster"),
            "kubectl '--kubeconfig=/home/me/k' '--namespace=ci' exec '--container=buildkitd' -i \
             deployment/cluster0 -- buildctl dial-stdio"
        );
        assert_eq!(shown("far"), "tcp://build.example:1234");
        assert_eq!(shown("mine"), "unix:///run/b.sock");
        let platforms = &chosen("cluster").unwrap().nodes[0].platforms;
        assert_eq!(platforms[0].to_string(), "linux/arm64");
    }

    #[test]
    fn what_is_not_there_is_said_with_the_command_that_creates_it() {
        use crate::problem::Problem;
        let problem = Problem::from(chosen("boxe").unwrap_err());
        assert_eq!(problem.message, "There is no builder `boxe`");
        let hints = problem.hints.join("\n");
        assert!(
            hints.contains("docker buildx create --name boxe"),
            "{hints}"
        );
        assert!(hints.contains("`boxed`"), "{hints}");
        assert!(matches!(chosen("cloudy"), Err(BuilderError::Driver { .. })));
        assert!(matches!(
            chosen("../boxed"),
            Err(BuilderError::Unknown { .. })
        ));
    }
}
