//! etcd, NATS and other services.

use super::common::Common;
use super::launch::Draft;
use super::written::add_variables;
use crate::deploy::argument::Argument;
use crate::deploy::file::{DiscoveryBackend, EventPlane, RequestPlane, ServiceTable};
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
    common.nats = needs_nats(common).then(|| nats_url(common));
}

fn discovery(common: &Common<'_>) -> Discovery {
    let several = !common.file.nodes.is_empty();
    let usual = if several {
        DiscoveryBackend::Etcd
    } else {
        DiscoveryBackend::File
    };
    let written = common.file.discovery.as_ref();
    match written.map_or(usual, |written| written.value) {
        DiscoveryBackend::File => Discovery::File {
            volume: format!("{}-kv", common.name),
        },
        DiscoveryBackend::Etcd => Discovery::Etcd {
            endpoints: etcd_endpoints(common),
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
    let mut members = Vec::new();
    if matches!(common.discovery, Discovery::Etcd { .. }) {
        members.extend(instances(common, ETCD).map(|service| service.member(common)));
    }
    if common.nats.is_some() {
        members.extend(instances(common, NATS).map(|service| service.member(common)));
    }
    let others = common.file.services.iter();
    let others = others.filter(|(name, _)| !is_known(&name.value));
    members.extend(others.flat_map(|(name, _)| {
        instances(common, &name.value)
            .map(|service| service.member(common))
            .collect::<Vec<_>>()
    }));
    members
}

/// Returns the names of services that are started before the others.
pub(super) fn started(common: &Common<'_>) -> Vec<String> {
    members(common)
        .into_iter()
        .map(|member| member.name)
        .collect()
}

/// Returns whether dynrun knows how this service is run.
pub(in crate::deploy) fn is_known(name: &str) -> bool {
    name == ETCD || name == NATS
}

/// Returns what `ETCD_ENDPOINTS` says.
fn etcd_endpoints(common: &Common<'_>) -> String {
    if let Some(urls) = external(common, ETCD) {
        return urls.join(",");
    }
    let urls = instances(common, ETCD).map(|etcd| format!("http://{}", etcd.place(etcd.port)));
    urls.collect::<Vec<_>>().join(",")
}

/// Returns what `NATS_SERVER` says.
fn nats_url(common: &Common<'_>) -> String {
    if let Some(urls) = external(common, NATS) {
        return urls.join(",");
    }
    let urls = instances(common, NATS).map(|nats| format!("nats://{}", nats.place(nats.port)));
    urls.collect::<Vec<_>>().join(",")
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
    let wanted = table.and_then(|table| table.replicas.as_ref());
    let is_external = external(common, name).is_some();
    let count = if is_external {
        0
    } else {
        wanted.map_or(1, |replicas| replicas.value)
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
        let own = table.and_then(|table| table.port.as_ref());
        let listed = table.and_then(|table| table.ports.as_ref()?.first());
        let usual = if service == ETCD {
            ETCD_PORT
        } else {
            NATS_PORT
        };
        let first = own.or(listed).map_or(usual, |port| port.value);
        // On one machine with the host's network they must not meet.
        let apart = if node.is_none() && common.network == Network::Host {
            10
        } else {
            0
        };
        let address = common.address(node, &format!("{}-{service}-{replica}", common.name));
        let bind = table.and_then(|table| table.bind.as_ref());
        let is_private = !matches!(common.network, Network::Host) && node.is_none();
        let usual = if is_private { "0.0.0.0" } else { &address };
        Self {
            service: service.to_owned(),
            table,
            replica,
            node,
            port: first + apart * u16::try_from(replica).unwrap_or_default(),
            listen: bind.map_or(usual, |bind| bind.as_str()).to_owned(),
            address,
            cluster: String::new(),
        }
    }

    fn name(&self) -> String {
        format!("{}-{}", self.service, self.replica)
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
        let (name, table) = (self.name(), self.table);
        let mut env = Vec::new();
        if let Some(table) = table {
            add_variables(&mut env, &table.env);
        }
        let own_image = table.and_then(|table| table.image.as_ref());
        let draft = Draft {
            kind: Kind::Service,
            command: self.command(),
            env,
            gpus: None,
            image: own_image.map(|image| image.value.clone()),
            built: ("dynamo".to_owned(), "services".to_owned()),
            flags: self.data(&common.name),
            name: name.clone(),
        };
        let run = table.map(|table| &table.run).into_iter();
        Member {
            deployment: common.name.clone(),
            kind: Kind::Service,
            table: self.service.clone(),
            replica: self.replica,
            rank: Rank { index: 0, of: 1 },
            node: common.node(self.node).map(|node| node.name.clone()),
            address: self.address.clone(),
            image: draft.image.clone(),
            ports: self.ports(),
            gpus: None,
            health: self.health(),
            depends_on: Vec::new(),
            run: common.run(&run.collect::<Vec<_>>()),
            request: draft.request(common),
            command: draft.command,
            env: draft.env,
            name,
        }
    }

    fn command(&self) -> Vec<Argument> {
        let written = self.table.and_then(|table| table.command.as_ref());
        if let Some(command) = written.filter(|command| !command.is_empty()) {
            let words = command.iter().map(|word| word.value.clone());
            let origin = Origin::Profile(command[0].at.to_string());
            return vec![Argument {
                words: words.collect(),
                origin,
            }];
        }
        match self.service.as_str() {
            ETCD => self.etcd(),
            NATS => self.nats(),
            _ => Vec::new(),
        }
    }

    fn etcd(&self) -> Vec<Argument> {
        let (port, peer) = (self.port, self.peer());
        let listen = before_port(&self.listen);
        let flag = |flag, value: String| Argument::derived(flag, [value], "`[services.etcd]`");
        let none: [&str; 0] = [];
        vec![
            Argument::derived("etcd", none, "`discovery`"),
            flag("--name", self.name()),
            flag("--data-dir", "/data".to_owned()),
            flag("--listen-client-urls", format!("http://{listen}:{port}")),
            flag(
                "--advertise-client-urls",
                format!("http://{}", self.place(port)),
            ),
            flag("--listen-peer-urls", format!("http://{listen}:{peer}")),
            flag(
                "--initial-advertise-peer-urls",
                format!("http://{}", self.place(peer)),
            ),
            flag("--initial-cluster", self.cluster.clone()),
        ]
    }

    /// The limit of a message can only be set in a file.
    fn nats(&self) -> Vec<Argument> {
        let Self { listen, port, .. } = self;
        let http = self.nats_http();
        let script = format!(
            "echo '{PAYLOAD}' > /tmp/nats.conf && exec nats-server --config /tmp/nats.conf \
             --addr {listen} --port {port} --http_port {http} --jetstream --store_dir /data"
        );
        vec![Argument::derived(
            "sh",
            ["-c".to_owned(), script],
            "a plane goes through NATS",
        )]
    }

    fn ports(&self) -> Vec<MemberPort> {
        let listed = self.table.and_then(|table| table.ports.as_ref());
        let numbers = match self.service.as_str() {
            ETCD => vec![self.port, self.peer()],
            NATS => vec![self.port, self.nats_http()],
            _ => listed
                .into_iter()
                .flatten()
                .map(|port| port.value)
                .collect(),
        };
        let service = |number| MemberPort {
            purpose: PortUse::Service,
            number,
        };
        numbers.into_iter().map(service).collect()
    }

    fn health(&self) -> Health {
        let path = self
            .table
            .and_then(|table| table.ready.as_ref())
            .map(Located::as_str);
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

    fn data(&self, deployment: &str) -> Vec<Flag> {
        if !is_known(&self.service) {
            return Vec::new();
        }
        let volume = format!("{deployment}-{}:/data", self.name());
        let origin = Origin::Derived("what the service knows outlives its container".to_owned());
        vec![Flag::value("volume", volume, origin)]
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
