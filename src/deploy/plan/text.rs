//! The plan as a table.

use crate::deploy::derive::Engine;
use crate::deploy::file::{DiscoveryBackend, EventPlane, RouterMode};
use crate::deploy::{Deployment, Finding, Gpus, Kind, Member, MemberPort, PortUse, Severity};
use crate::launch::readiness::Level;
use crate::redact::shown_command;
use crate::text::{Look, Table, counted};

/// Returns the plan; `node` leaves only the members of one machine.
pub fn text(deployment: &Deployment, node: Option<&str>, look: Look) -> String {
    let mut lines = vec![headline(deployment)];
    let table = table(deployment, node).render(look);
    lines.extend(table.lines().map(|line| format!("  {line}")));
    lines.extend(engines(deployment, node));
    lines.push(format!("ready: {}", ready(deployment)));
    lines.extend(deployment.findings.iter().map(finding));
    lines.join("\n")
}

fn headline(deployment: &Deployment) -> String {
    let Deployment {
        name,
        version,
        model,
        ..
    } = deployment;
    let mut engines = Engine::ALL.into_iter();
    let engine = engines.find(|(name, _)| *name == deployment.framework);
    let title = engine.map_or("", |(_, engine)| engine.title());
    let title = if deployment.mock {
        format!("mocker in place of {title}")
    } else {
        title.to_owned()
    };
    let machines = match deployment.nodes.len() {
        0 => "one machine".to_owned(),
        count => counted(count, "machine"),
    };
    let events = shows_events(deployment);
    let events = events.map_or_else(String::new, |plane| format!(", KV events by {plane}"));
    let requests = deployment.request_plane;
    let discovery = discovery(deployment);
    let source = &model.source;
    format!(
        "{name}: {title}, Dynamo {version}, {source}; {machines}, discovery by {discovery}, \
         requests by {requests}{events}"
    )
}

fn discovery(deployment: &Deployment) -> String {
    let backend = deployment.discovery.as_str();
    let mut members = deployment.members.iter();
    let etcd = members.find(|member| member.table == "etcd");
    match etcd.and_then(|etcd| etcd.node.as_ref()) {
        Some(node) if backend == DiscoveryBackend::Etcd.as_str() => format!("{backend} on {node}"),
        _ => backend.to_owned(),
    }
}

/// Returns the line that says where the engines of machines are, if the file does.
fn engines(deployment: &Deployment, node: Option<&str>) -> Option<String> {
    let shown = deployment.nodes.iter();
    let shown = shown.filter(|it| node.is_none_or(|node| it.name == node));
    let engines = shown.filter_map(|node| Some(format!("{} {}", node.name, node.engine.as_ref()?)));
    let engines: Vec<_> = engines.collect();
    (!engines.is_empty()).then(|| format!("engines: {}", engines.join(", ")))
}

fn table(deployment: &Deployment, node: Option<&str>) -> Table {
    let has_nodes = !deployment.nodes.is_empty();
    let head = ["MEMBER", "GPUS", "PORTS", "COMMAND"];
    let first = has_nodes.then_some("NODE");
    let mut table = Table::new(first.into_iter().chain(head));
    for member in deployment.on(node) {
        let place = has_nodes.then(|| member.node.clone().unwrap_or_default());
        let cells = [
            member.name.clone(),
            member.gpus.as_ref().map_or_else(|| "-".to_owned(), gpus),
            ports(member),
            shell_words::join(shown_command(&member.words())),
        ];
        table.row(place.into_iter().chain(cells));
    }
    table
}

/// Writes `0-3` for GPUs that follow each other.
fn gpus(gpus: &Gpus) -> String {
    let ids = gpus.ids();
    match (gpus.planned.first(), gpus.planned.last()) {
        (Some(first), Some(last)) if gpus.pinned.is_empty() && last > first => {
            format!("{first}-{last}")
        }
        _ => ids.join(","),
    }
}

fn ports(member: &Member) -> String {
    let port = |port: &MemberPort| match port.purpose {
        PortUse::Http | PortUse::Service => port.number.to_string(),
        purpose => format!("{} {}", port.number, purpose.as_str()),
    };
    member.ports.iter().map(port).collect::<Vec<_>>().join(", ")
}

fn ready(deployment: &Deployment) -> String {
    let workers = deployment.ready.workers.iter();
    let workers = workers.map(|(role, count)| format!("{count} {role}"));
    let workers = workers.collect::<Vec<_>>().join(", ");
    let url = deployment.url().unwrap_or_default();
    let level = deployment.ready.level.as_str();
    let name = &deployment.model.served;
    let proof = match deployment.ready.level {
        Level::Completion => "one completion through each of them",
        _ => level,
    };
    format!("{workers}, {proof}; {url}, `{name}`")
}

fn finding(finding: &Finding) -> String {
    let word = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let place = finding.at.iter().map(|at| format!("{at}: "));
    let hint = finding.hint.iter().map(|hint| format!(" ({hint})"));
    let (place, hint): (String, String) = (place.collect(), hint.collect());
    format!("{word}: {place}{}{hint}", finding.message)
}

/// Returns whether events travel at all, for those who show planes.
pub(super) fn shows_events(deployment: &Deployment) -> Option<EventPlane> {
    (deployment.router == RouterMode::Kv).then_some(deployment.event_plane)
}

/// Returns the word for a kind of member.
pub(super) const fn kind(member: &Member) -> &'static str {
    match member.kind {
        Kind::Service => "service",
        Kind::Frontend => "frontend",
        Kind::Worker { .. } => "worker",
    }
}
