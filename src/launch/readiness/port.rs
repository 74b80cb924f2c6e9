//! Finding the port of a container's server, and a way to it.

use super::owner::Owner;
use super::probe::Seen;
use super::route::{LOOPBACK, Places, Route, connect, reachable};
use super::server::Server;
use super::sockets::{Listener, LookAs, LookError, Sockets};
use crate::engine::{ContainerFacts, Engine};

/// How many times a server has to be seen where no client reaches it, until that counts: it may be
/// about to open another port.
const MISPLACED_LOOKS: u32 = 4;

/// Looks for the port, again and again.
pub(super) struct PortSearch<'a> {
    engine: &'a Engine,
    places: &'a Places,
    misplaced: u32,
}

/// What a look for the port came to.
pub(super) enum Found {
    /// A way to the server, and what is worth knowing about it.
    Route(Route, Option<String>),
    /// Not yet, or never.
    Not(Seen),
    /// The port is somebody else's.
    Taken { port: u16, owner: Owner },
}

impl From<Seen> for Found {
    fn from(seen: Seen) -> Self {
        Self::Not(seen)
    }
}

impl<'a> PortSearch<'a> {
    pub(super) fn new(engine: &'a Engine, places: &'a Places) -> Self {
        Self {
            engine,
            places,
            misplaced: 0,
        }
    }

    /// Looks once.
    pub(super) async fn look(&mut self, facts: &ContainerFacts, server: &Server) -> Found {
        let ports = server.ports();
        let Some(first) = ports.first() else {
            return without_port().into();
        };
        match self.sockets(facts, &ports).await {
            Ok(sockets) => self.judge(facts, server, &sockets).await,
            Err(LookError::NoShell) => self.unseen(facts, *first).await,
            Err(LookError::Failed(why)) => Seen::NotYet(why).into(),
        }
    }

    /// Looks as the container's user; if the port is not theirs, as root, who sees more.
    async fn sockets(&self, facts: &ContainerFacts, ports: &[u16]) -> Result<Sockets, LookError> {
        let sockets = Sockets::look(self.engine, &facts.id, LookAs::User).await?;
        let foreign = |port: &u16| {
            let listener = sockets.listener(*port);
            listener.is_some_and(|listener| !sockets.holds(listener))
        };
        if shares_network(facts) && ports.iter().any(foreign) {
            let all = Sockets::look(self.engine, &facts.id, LookAs::Root).await;
            return Ok(all.unwrap_or(sockets));
        }
        Ok(sockets)
    }

    async fn judge(&mut self, facts: &ContainerFacts, server: &Server, sockets: &Sockets) -> Found {
        let ports = server.ports();
        let mut listeners = ports.iter().filter_map(|port| sockets.listener(*port));
        let is_own = |listener: &Listener| !shares_network(facts) || sockets.holds(*listener);
        let Some(listener) = listeners.clone().find(is_own) else {
            return match listeners.next() {
                Some(listener) => {
                    let owner = Owner::of(self.engine, listener).await;
                    let port = listener.port;
                    Found::Taken { port, owner }
                }
                None => Seen::NotYet(silent(&ports, sockets)).into(),
            };
        };
        if let Some(never) = misplaced(facts, server, sockets, listener) {
            self.misplaced += 1;
            let port = listener.port;
            return match self.misplaced {
                ..MISPLACED_LOOKS => Seen::NotYet(format!("port {port} is not published")).into(),
                _ => never.into(),
            };
        }
        self.way_to(facts, listener).await
    }

    /// Returns the way that a client takes: of the places where the port should be, the first whose
    /// connections arrive in the container. Others answer for somebody else.
    async fn way_to(&self, facts: &ContainerFacts, listener: Listener) -> Found {
        let (own, port) = (own_address(listener), listener.port);
        let places = reachable(facts, (&own, port), self.places);
        for (host, outside) in &places {
            let Ok(connection) = connect(host, *outside).await else {
                continue;
            };
            let seen = Sockets::look(self.engine, &facts.id, LookAs::User).await;
            drop(connection);
            if seen.is_ok_and(|sockets| sockets.is_connected(port)) {
                return Found::Route(Route::direct(host, *outside), None);
            }
        }
        let note = places.first().map(|(host, outside)| {
            format!(
                "Port {outside} is not reached from here at {host}, so that the container is asked \
                 from inside; `DYNBUILD_ENGINE_ADDRESS` says where the engine's ports are"
            )
        });
        Found::Route(Route::inside(self.engine, facts, &own, port), note)
    }

    /// Without a shell in the image nobody can say whose port it is. What answers counts.
    async fn unseen(&self, facts: &ContainerFacts, port: u16) -> Found {
        let mut last = String::new();
        for (host, outside) in reachable(facts, (LOOPBACK, port), self.places) {
            let route = Route::direct(&host, outside);
            match route.is_open().await {
                Ok(()) => {
                    let note = shares_network(facts).then(|| {
                        format!(
                            "Whether port {outside} is this container's cannot be seen, because \
                             its image has no shell"
                        )
                    });
                    return Found::Route(route, note);
                }
                Err(why) => last = why,
            }
        }
        let route = Route::inside(self.engine, facts, LOOPBACK, port);
        match route.is_open().await {
            Ok(()) => Found::Route(route, None),
            Err(why) => Seen::NotYet(if last.is_empty() { why } else { last }).into(),
        }
    }
}

/// Returns whether ports of the container are those of others too.
fn shares_network(facts: &ContainerFacts) -> bool {
    let mode = facts.host_config.network_mode.as_str();
    mode == "host" || mode.starts_with("container:")
}

/// Returns why clients do not reach a server that listens, if they do not.
fn misplaced(
    facts: &ContainerFacts,
    server: &Server,
    sockets: &Sockets,
    listener: Listener,
) -> Option<Seen> {
    let Listener { address, port, .. } = listener;
    if let Some(inside) = server.led_elsewhere(port)
        && sockets.listener(inside).is_none()
    {
        return Some(Seen::Never {
            cause: format!(
                "`-p {port}:{inside}` leads to port {inside} of the container, where nothing \
                 listens; its server listens on {port}"
            ),
            fix: format!("Publish that port: `-p {port}:{port}`"),
        });
    }
    let is_published = server.is_published(port) && !shares_network(facts);
    (is_published && address.is_loopback()).then(|| Seen::Never {
        cause: format!(
            "The server listens on {address} of the container only, where a published port does \
             not lead"
        ),
        fix: "Let it listen on all addresses: `--host 0.0.0.0`".to_owned(),
    })
}

/// Returns the address at which a server answers in its own container.
fn own_address(listener: Listener) -> String {
    match listener.address.to_canonical() {
        address if address.is_unspecified() => LOOPBACK.to_owned(),
        address => address.to_string(),
    }
}

fn without_port() -> Seen {
    Seen::Never {
        cause: "A worker of Dynamo answers through a frontend only, and this one has no port for \
                its health"
            .to_owned(),
        fix: "Start it with `-e DYN_SYSTEM_PORT=9090 -e \
              'DYN_SYSTEM_USE_ENDPOINT_HEALTH_STATUS=[\"generate\"]'`, as `--wait` does, or wait \
              with `--for=running`"
            .to_owned(),
    }
}

/// Says that nothing listens on `ports`, and where the container listens instead.
fn silent(ports: &[u16], sockets: &Sockets) -> String {
    let text = format!("nothing listens on {} yet", named(ports));
    match sockets.own_ports().into_iter().collect::<Vec<_>>()[..] {
        [] => text,
        ref own => format!("{text}, and the container listens on {}", named(own)),
    }
}

fn named(ports: &[u16]) -> String {
    let ports: Vec<_> = ports.iter().map(u16::to_string).collect();
    let noun = if ports.len() == 1 { "port" } else { "ports" };
    format!("{noun} {}", ports.join(", "))
}
