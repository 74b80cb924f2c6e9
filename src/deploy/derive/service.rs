//! etcd, NATS and other services.

use super::common::Common;
use super::launch::Draft;
use crate::deploy::argument::{Argument, Arguments, Variables, derived};
use crate::deploy::file::{DiscoveryBackend, EventPlane, RequestPlane, ServiceTable, Written as _};
use crate::deploy::member::{Health, Kind, Member, MemberPort, PortUse, Rank};
use crate::deploy::network::{Discovery, Network};
use crate::docker::host::before_port;
use crate::launch::flag::{Flag, Origin};
use crate::toml_file::Located;

const ETCD: &str = "etcd";
const NATS: &str = "nats";
const ETCD_PORT: u16 = 2379;
const NATS_PORT: u16 = 4222;
/// From NATS's port to the one on which it answers for its health, 8222 for 4222.
const TO_NATS_HTTP: u16 = 4000;
/// Requests with long prompts are bigger than NATS's own limit of 1 MiB; Dynamo's is this.
const PAYLOAD: &str = "max_payload: 15728640";

/// Decides where members find each other.
pub(super) fn connect(common: &mut Common<'_>) {
    common.discovery = discovery(common);
    common.nats = needs_nats(common).then(|| urls(common, NATS, "nats"));
}

fn discovery(common: &Common<'_>) -> Discovery {
    let several = !common.file.nodes.is_empty();
    let usual = if several {
        DiscoveryBackend::Etcd
    } else {
        DiscoveryBackend::File
    };
    match common.file.discovery.value_or(usual) {
        DiscoveryBackend::File => Discovery::File {
            volume: format!("{}-kv", common.name),
        },
        DiscoveryBackend::Etcd => Discovery::Etcd {
            endpoints: urls(common, ETCD, "http"),
        },
        DiscoveryBackend::Kubernetes => Discovery::Kubernetes,
    }
}

/// NATS is only there when a plane uses it: members that are given its address and cannot
/// reach it end at once in some versions.
fn needs_nats(common: &Common<'_>) -> bool {
    common.request_plane == RequestPlane::Nats || common.event_plane == EventPlane::Nats
}

/// Returns the services that are started here.
pub(super) fn members(common: &Common<'_>) -> Vec<Member> {
    let has_etcd = matches!(common.discovery, Discovery::Etcd { .. });
    let etcd = has_etcd.then_some(ETCD);
    let nats = common.nats.as_ref().map(|_| NATS);
    let others = common.file.services.iter();
    let others = others.map(|(name, _)| name.as_str());
    let others = others.filter(|name| !is_known(name));
    let services = etcd.into_iter().chain(nats).chain(others);
    let all = services.flat_map(|name| instances(common, name));
    all.map(|instance| instance.member(common)).collect()
}

/// Returns the names of services that are started before the others.
pub(super) fn started(common: &Common<'_>) -> Vec<String> {
    let members = members(common).into_iter();
    members.map(|member| member.name).collect()
}

/// Returns whether dynrun knows how this service is run.
pub(in crate::deploy) fn is_known(name: &str) -> bool {
    name == ETCD || name == NATS
}

/// Returns where a service is, for those who need it.
fn urls(common: &Common<'_>, name: &str, scheme: &str) -> String {
    let url = |it: Instance<'_>| format!("{scheme}://{}", it.place(it.port));
    let own = || instances(common, name).map(url).collect();
    external(common, name).unwrap_or_else(own).join(",")
}

fn external(common: &Common<'_>, name: &str) -> Option<Vec<String>> {
    let urls = common.file.services.get(name)?.external.as_ref()?;
    Some(urls.iter().map(|url| url.value.clone()).collect())
}

/// One container of a service.
struct Instance<'a> {
    service: String,
    table: Option<&'a ServiceTable>,
    replica: u32,
    node: Option<usize>,
    port: u16,
    address: String,
    /// The address that it listens on.
    listen: String,
    /// All instances of etcd as `NAME=URL`, for their cluster.
    cluster: String,
}

fn instances<'a>(common: &'a Common<'_>, name: &str) -> impl Iterator<Item = Instance<'a>> {
    let table = common.file.services.get(name);
    let count = match external(common, name) {
        Some(_) => 0,
        None => table.map_or(1, |table| table.replicas.value_or(1)),
    };
    let mut found: Vec<_> = (0..count)
        .map(|it| Instance::new(common, table, name, it))
        .collect();
    let peers = found
        .iter()
        .map(|it| format!("{}=http://{}", it.name(), it.place(it.peer())));
    let cluster = peers.collect::<Vec<_>>().join(",");
    for instance in &mut found {
        instance.cluster.clone_from(&cluster);
    }
    found.into_iter()
}

impl<'a> Instance<'a> {
    fn new(
        common: &Common<'_>,
        table: Option<&'a ServiceTable>,
        service: &str,
        replica: u32,
    ) -> Self {
        let on = table.and_then(|table| table.on.as_ref());
        let node = common.spread_over(on, replica as usize);
        let own = table.and_then(|table| table.port.value());
        let listed = table.and_then(|table| Some(table.ports.as_ref()?.first()?.value));
        let usual = match service {
            ETCD => ETCD_PORT,
            _ => NATS_PORT,
        };
        let first = own.or(listed).unwrap_or(usual);
        // On one machine with the host's network they must not meet.
        let apart = if node.is_none() && common.network == Network::Host {
            10
        } else {
            0
        };
        let address = common.address(node, &Rank::ONLY.name(service, replica));
        let bind = table.and_then(|table| table.bind.text());
        let is_private = !matches!(common.network, Network::Host) && node.is_none();
        let usual = if is_private { "0.0.0.0" } else { &address };
        Self {
            service: service.to_owned(),
            table,
            replica,
            node,
            port: first + apart * u16::try_from(replica).unwrap_or_default(),
            listen: bind.unwrap_or(usual).to_owned(),
            address,
            cluster: String::new(),
        }
    }

    fn name(&self) -> String {
        Rank::ONLY.name(&self.service, self.replica)
    }

    /// Returns where others reach one of its ports, as a URL has it.
    fn place(&self, port: u16) -> String {
        format!("{}:{port}", before_port(&self.address))
    }

    const fn peer(&self) -> u16 {
        self.port + 1
    }

    const fn nats_http(&self) -> u16 {
        self.port.saturating_add(TO_NATS_HTTP)
    }

    fn member(&self, common: &Common<'_>) -> Member {
        let table = self.table;
        let mut env = Variables::default();
        if let Some(table) = table {
            env.write(&table.env);
        }
        let image = table.and_then(|table| table.image.text());
        let run = table.map(|table| &table.run).into_iter();
        let draft = Draft {
            kind: Kind::Service,
            table: self.service.clone(),
            replica: self.replica,
            rank: Rank::ONLY,
            node: self.node,
            command: self.command(),
            env,
            ports: self.ports(),
            depends_on: Vec::new(),
            gpus: None,
            health: self.health(),
            image: image.map(str::to_owned),
            built: ("dynamo".to_owned(), "services".to_owned()),
            flags: self.data(&common.name).into_iter().collect(),
            run: common.run(&run.collect::<Vec<_>>()),
        };
        draft.member(common)
    }

    fn command(&self) -> Arguments {
        let written = self.table.and_then(|table| table.command.as_ref());
        if let Some(command) = written.filter(|command| !command.is_empty()) {
            let words = command.iter().map(|word| word.value.clone());
            return Arguments(vec![Argument {
                words: words.collect(),
                origin: Origin::Profile(command[0].at.to_string()),
            }]);
        }
        match self.service.as_str() {
            ETCD => self.etcd(),
            NATS => self.nats(),
            _ => Arguments::default(),
        }
    }

    fn etcd(&self) -> Arguments {
        let (port, peer) = (self.port, self.peer());
        let listen = before_port(&self.listen);
        let mut flags = Arguments(vec![Argument::derived(&["etcd"], "`discovery`")]);
        for (flag, value) in [
            ("--name", self.name()),
            ("--data-dir", "/data".to_owned()),
            ("--listen-client-urls", format!("http://{listen}:{port}")),
            (
                "--advertise-client-urls",
                format!("http://{}", self.place(port)),
            ),
            ("--listen-peer-urls", format!("http://{listen}:{peer}")),
            (
                "--initial-advertise-peer-urls",
                format!("http://{}", self.place(peer)),
            ),
            ("--initial-cluster", self.cluster.clone()),
        ] {
            flags.add(flag, value, "`[services.etcd]`");
        }
        flags
    }

    /// The limit of a message can only be set in a file.
    fn nats(&self) -> Arguments {
        let Self { listen, port, .. } = self;
        let http = self.nats_http();
        let script = format!(
            "echo '{PAYLOAD}' > /tmp/nats.conf && exec nats-server --config /tmp/nats.conf \
             --addr {listen} --port {port} --http_port {http} --jetstream --store_dir /data"
        );
        let words = ["sh", "-c", &script];
        Arguments(vec![Argument::derived(&words, "a plane goes through NATS")])
    }

    fn ports(&self) -> Vec<MemberPort> {
        let listed = self.table.and_then(|table| table.ports.as_ref());
        let numbers = match self.service.as_str() {
            ETCD => vec![self.port, self.peer()],
            NATS => vec![self.port, self.nats_http()],
            _ => listed.into_iter().flatten().map(|it| it.value).collect(),
        };
        let service = |number| MemberPort {
            purpose: PortUse::Service,
            number,
        };
        numbers.into_iter().map(service).collect()
    }

    fn health(&self) -> Health {
        let path = self.table.and_then(|table| table.ready.text());
        let (port, path) = match self.service.as_str() {
            ETCD => (self.port, "/health"),
            NATS => (self.nats_http(), "/healthz"),
            _ => match path {
                Some(path) => (self.port, path),
                None => return Health::Running,
            },
        };
        Health::Http {
            port,
            path: path.to_owned(),
        }
    }

    fn data(&self, deployment: &str) -> Option<Flag> {
        let volume = format!("{deployment}-{}:/data", self.name());
        let from = "what the service knows outlives its container";
        is_known(&self.service).then(|| derived("volume", volume, from))
    }
}

impl Common<'_> {
    /// Like `spread`, but replicas go to machines of their own if the file does not say where.
    fn spread_over(&self, on: Option<&Vec<Located<String>>>, i: usize) -> Option<usize> {
        match on {
            Some(_) => self.spread(on, i),
            None => i.checked_rem(self.nodes.len()),
        }
    }
}
