//! What is known about host and engine, gathered for a launch.

use std::io::{self, IsTerminal as _};

use crate::cli::edge::Edge;
use crate::engine::{Engine, EngineError};
use crate::git;
use crate::launch::access::Access;
use crate::launch::facts::{EngineFacts, HostFacts, LimitFacts};

/// Gathers what is known about the host.
pub(super) fn host(edge: &Edge) -> HostFacts {
    let environment = &edge.environment;
    let cwd = environment.working_directory().to_owned();
    HostFacts {
        hf_home: environment
            .get("HF_HOME")
            .map(|directory| Access::to(&edge.absolute(directory.as_ref()))),
        env: environment.variables().clone(),
        git_root: git::top_directory(&cwd),
        git_link: git::linked_directory(&cwd).map(Box::new),
        cwd,
        home: environment.home().map(Into::into),
        uid: rustix::process::getuid().as_raw(),
        gid: rustix::process::getgid().as_raw(),
        user_name: environment.get("USER").map(str::to_owned),
        render_gid: fs_err::read_to_string("/etc/group")
            .ok()
            .and_then(|groups| group(&groups, "render")),
        stdin_is_terminal: io::stdin().is_terminal(),
        stdout_is_terminal: io::stdout().is_terminal(),
    }
}

/// Asks the engine about itself.
pub(super) async fn engine(engine: &Engine) -> Result<EngineFacts, EngineError> {
    let info = engine.info().await?;
    let peer = engine.peer();
    let version = engine.version();
    Ok(EngineFacts {
        api: version.api,
        version: version.version.clone(),
        runtimes: info.runtimes,
        cdi_devices: info.cdi_devices,
        gpu_hook: peer.gpu_hook,
        limits: peer.may_raise_limits.map(|unrestricted| LimitFacts {
            unrestricted,
            hard: peer.hard_limits,
        }),
    })
}

fn group(groups: &str, name: &str) -> Option<u32> {
    let mut lines = groups.lines().map(|line| line.split(':'));
    lines.find_map(|mut fields| {
        let found = fields.next() == Some(name);
        found.then(|| fields.nth(1)?.parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::group;

    #[test]
    fn groups_are_found_by_name() {
        let groups = "root:x:0:\nrender:x:106:me,you\n";
        assert_eq!(group(groups, "render"), Some(106));
        assert_eq!(group(groups, "video"), None);
    }
}
