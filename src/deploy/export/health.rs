//! Health checks as commands that the images have.

use crate::deploy::{Health, Kind, Member};

/// Returns the command of a member's health check.
pub(super) fn command(member: &Member) -> Option<Vec<String>> {
    let Health::Http { port, path } = &member.health else {
        return None;
    };
    let host = host(member);
    let words: Vec<String> = match (member.kind, member.table.as_str()) {
        (Kind::Service, "etcd") => {
            let endpoint = format!("http://{host}:{port}");
            vec![
                "etcdctl".into(),
                "--endpoints".into(),
                endpoint,
                "endpoint".into(),
                "health".into(),
            ]
        }
        // The services' image has no program for HTTP.
        (Kind::Service, _) => {
            vec![
                "bash".into(),
                "-c".into(),
                format!("exec 3<>/dev/tcp/{host}/{port}"),
            ]
        }
        (Kind::Frontend | Kind::Worker { .. }, _) => {
            let url = format!("http://{host}:{port}{path}");
            let script = format!("import urllib.request as r; r.urlopen('{url}', timeout=5)");
            vec!["python3".into(), "-c".into(), script]
        }
    };
    Some(words)
}

/// Where the member listens, seen from its own container.
fn host(member: &Member) -> String {
    let listens = ["DYN_HTTP_HOST", "DYN_SYSTEM_HOST"];
    let said = member
        .env
        .iter()
        .find(|variable| listens.contains(&variable.name.as_str()));
    match said.map(|variable| variable.value.as_str()) {
        Some(address) if address != "0.0.0.0" => address.to_owned(),
        None if member.kind == Kind::Service && member.node.is_some() => member.address.clone(),
        Some(_) | None => "127.0.0.1".to_owned(),
    }
}
