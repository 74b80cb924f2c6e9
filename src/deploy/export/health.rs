//! Health checks as commands that the images have.

use crate::deploy::{Health, Kind, Member};
use crate::docker::host::before_port;

/// Returns the command of a member's health check.
pub(super) fn command(member: &Member) -> Option<Vec<String>> {
    let Health::Http { port, path } = &member.health else {
        return None;
    };
    let host = before_port(member.own_address());
    let words = match (member.kind, member.table.as_str()) {
        (Kind::Service, "etcd") => {
            let endpoint = format!("http://{host}:{port}");
            ["etcdctl", "--endpoints", &endpoint, "endpoint", "health"]
                .map(str::to_owned)
                .to_vec()
        }
        // The services' image has no program for HTTP.
        (Kind::Service, _) => {
            let script = format!("exec 3<>/dev/tcp/{}/{port}", member.own_address());
            ["bash", "-c", &script].map(str::to_owned).to_vec()
        }
        (Kind::Frontend | Kind::Worker { .. }, _) => {
            let url = format!("http://{host}:{port}{path}");
            let script = format!("import urllib.request as r; r.urlopen('{url}', timeout=5)");
            ["python3", "-c", &script].map(str::to_owned).to_vec()
        }
    };
    Some(words)
}
