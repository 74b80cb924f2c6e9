//! A container in a list, in the fields of `docker ps`.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::gc::is_orphaned;
use crate::engine::{ContainerLine, ListedPort, short_id};
use crate::launch::label;
use crate::text::clean_line;

/// Letters of a command that are shown.
const COMMAND: usize = 20;

/// Returns docker's fields of a container, and who follows it. What others wrote, such as names and
/// labels, cannot control a terminal.
pub(super) fn row(line: &ContainerLine, whole: bool) -> Map<String, Value> {
    let names = line.names.iter().map(|name| name.trim_start_matches('/'));
    let labels = line
        .labels
        .iter()
        .map(|(name, value)| format!("{name}={value}"));
    let volumes = line.mounts.iter().filter(|mount| mount.r#type == "volume");
    let mounts = line.mounts.iter().map(|mount| match mount.name.as_str() {
        "" => mount.source.as_str(),
        name => name,
    });
    let fields = [
        (
            "Command",
            format!("\"{}\"", shortened(&line.command, whole)),
        ),
        ("CreatedAt", created_at(line.created)),
        ("FollowedBy", followed_by(line)),
        (
            "ID",
            if whole {
                line.id.clone()
            } else {
                short_id(&line.id).to_owned()
            },
        ),
        ("Image", line.image.clone()),
        ("Labels", joined(labels, ",")),
        ("LocalVolumes", volumes.count().to_string()),
        ("Mounts", joined(mounts, ",")),
        ("Names", joined(names, ",")),
        (
            "Networks",
            joined(line.network_settings.networks.keys(), ","),
        ),
        ("Ports", ports(&line.ports)),
        ("RunningFor", running_for(line.created, Timestamp::now())),
        ("Size", "0B".to_owned()),
        ("State", line.state.clone()),
        ("Status", line.status.clone()),
    ];
    let clean = |(name, text): (&str, String)| (name.to_owned(), Value::String(clean_line(&text)));
    fields.into_iter().map(clean).collect()
}

/// Returns what docker writes above a field.
pub(super) fn title(field: &str) -> &'static str {
    match field {
        "Command" => "COMMAND",
        "CreatedAt" => "CREATED AT",
        "FollowedBy" => "FOLLOWED BY",
        "ID" => "CONTAINER ID",
        "Image" => "IMAGE",
        "Labels" => "LABELS",
        "LocalVolumes" => "LOCAL VOLUMES",
        "Mounts" => "MOUNTS",
        "Names" => "NAMES",
        "Networks" => "NETWORKS",
        "Ports" => "PORTS",
        "RunningFor" => "CREATED",
        "Size" => "SIZE",
        "State" => "STATE",
        "Status" => "STATUS",
        _ => "",
    }
}

fn joined(words: impl Iterator<Item = impl AsRef<str>>, separator: &str) -> String {
    let words: Vec<_> = words.map(|word| word.as_ref().to_owned()).collect();
    words.join(separator)
}

fn shortened(command: &str, whole: bool) -> String {
    match command.char_indices().nth(COMMAND - 1) {
        Some((cut, _)) if !whole && command.chars().count() > COMMAND => {
            format!("{}…", &command[..cut])
        }
        _ => command.to_owned(),
    }
}

fn created_at(seconds: i64) -> String {
    let created = Timestamp::from_second(seconds).unwrap_or_default();
    created.strftime("%Y-%m-%d %H:%M:%S +0000 UTC").to_string()
}

/// Returns an age as docker writes it (docker/go-units, `HumanDuration`).
fn running_for(seconds: i64, now: Timestamp) -> String {
    let age = now.as_second().saturating_sub(seconds).max(0);
    let (minutes, hours) = (age / 60, (age + 1800) / 3600);
    let age = match age {
        0 => "Less than a second".to_owned(),
        1 => "1 second".to_owned(),
        2..60 => format!("{age} seconds"),
        _ if minutes == 1 => "About a minute".to_owned(),
        _ if minutes < 60 => format!("{minutes} minutes"),
        _ if hours == 1 => "About an hour".to_owned(),
        _ if hours < 48 => format!("{hours} hours"),
        _ if hours < 24 * 7 * 2 => format!("{} days", hours / 24),
        _ if hours < 24 * 30 * 2 => format!("{} weeks", hours / 24 / 7),
        _ if hours < 24 * 365 * 2 => format!("{} months", hours / 24 / 30),
        _ => format!("{} years", hours / 24 / 365),
    };
    format!("{age} ago")
}

/// Returns ports as docker writes them: `0.0.0.0:8000->8000/tcp`, those in a row as a range.
fn ports(ports: &[ListedPort]) -> String {
    let mut ports: Vec<&ListedPort> = ports.iter().collect();
    ports.sort_by_key(|port| (&port.r#type, &port.ip, port.private_port, port.public_port));
    ports.dedup();
    let mut ranges: Vec<(&ListedPort, u16)> = Vec::new();
    for port in ports {
        match ranges.last_mut() {
            Some((first, length)) if follows(first, *length, port) => *length += 1,
            _ => ranges.push((port, 1)),
        }
    }
    joined(
        ranges
            .into_iter()
            .map(|(first, length)| range(first, length)),
        ", ",
    )
}

/// Returns whether a port is the next of a range, whose ports of the host are those of the
/// container.
fn follows(first: &ListedPort, length: u16, next: &ListedPort) -> bool {
    let same = (&first.r#type, &first.ip) == (&next.r#type, &next.ip);
    let after = |start: u16, port: u16| start.checked_add(length) == Some(port);
    let published = match (first.public_port, next.public_port) {
        (None, None) => true,
        (Some(start), Some(port)) => start == first.private_port && port == next.private_port,
        (None, Some(_)) | (Some(_), None) => false,
    };
    same && published && after(first.private_port, next.private_port)
}

fn range(first: &ListedPort, length: u16) -> String {
    let ports = |start: u16| match length {
        1 => start.to_string(),
        _ => format!("{start}-{}", start.saturating_add(length - 1)),
    };
    let inside = format!("{}/{}", ports(first.private_port), first.r#type);
    let Some(public) = first.public_port else {
        return inside;
    };
    let ip = first.ip.as_deref().unwrap_or_default();
    let ip = if ip.contains(':') {
        format!("[{ip}]")
    } else {
        ip.to_owned()
    };
    format!("{ip}:{}->{inside}", ports(public))
}

fn followed_by(line: &ContainerLine) -> String {
    let owner = line.labels.get(label::OWNER).map_or("", String::as_str);
    match (owner, line.state.as_str()) {
        ("", _) => "-".to_owned(),
        (_, "running") if is_orphaned(line) => "nobody".to_owned(),
        (owner, _) => owner.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use test_case::test_case;

    use super::*;

    fn shown(value: Value) -> String {
        let list: Vec<ListedPort> = serde_json::from_value(value).unwrap();
        ports(&list)
    }

    #[test]
    fn ports_are_written_as_docker_does() {
        let port = |ip: &str, public: u16, private: u16| json!({"IP": ip, "PublicPort": public, "PrivatePort": private, "Type": "tcp"});
        assert_eq!(
            shown(json!([port("::", 8000, 8000), port("0.0.0.0", 8000, 8000)])),
            "0.0.0.0:8000->8000/tcp, [::]:8000->8000/tcp"
        );
        let three = [80, 81, 82].map(|number| port("0.0.0.0", number, number));
        assert_eq!(shown(json!(three)), "0.0.0.0:80-82->80-82/tcp");
        let apart = [port("0.0.0.0", 9000, 80), port("0.0.0.0", 9001, 81)];
        assert_eq!(
            shown(json!(apart)),
            "0.0.0.0:9000->80/tcp, 0.0.0.0:9001->81/tcp"
        );
        assert_eq!(shown(json!([{"PrivatePort": 53, "Type": "udp"}])), "53/udp");
        assert_eq!(shown(json!([])), "");
    }

    #[test_case(0, "Less than a second ago")]
    #[test_case(59, "59 seconds ago")]
    #[test_case(60, "About a minute ago")]
    #[test_case(600, "10 minutes ago")]
    #[test_case(3600, "About an hour ago")]
    #[test_case(7200, "2 hours ago")]
    #[test_case(3 * 86_400, "3 days ago")]
    fn ages_are_dockers(age: i64, expected: &str) {
        let now = Timestamp::from_second(1_700_000_000).unwrap();
        assert_eq!(running_for(1_700_000_000 - age, now), expected);
    }

    #[test]
    fn names_and_states_cannot_control_the_terminal() {
        let line = ContainerLine {
            names: vec!["/a\x1b[2Jb".to_owned()],
            status: "Up\u{202e} \u{9b}31m".to_owned(),
            image: "i\r\n\x07".to_owned(),
            ..ContainerLine::default()
        };
        let row = row(&line, false);
        assert_eq!(
            (&row["Names"], &row["Status"], &row["Image"]),
            (&json!("ab"), &json!("Up 31m"), &json!("i"))
        );
    }

    #[test]
    fn every_field_has_a_title() {
        for field in row(&ContainerLine::default(), false).keys() {
            assert_ne!(title(field), "", "{field}");
        }
    }
}
