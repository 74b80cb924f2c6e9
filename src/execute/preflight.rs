//! What can be known before a build: whether the servers of its compiler caches answer, and whether
//! the engine runs programs of its platforms.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::docker::platform::Platform;
use crate::plan::stages::{Composition, StageGraph};
use crate::plan::{CACHE_SWITCH, CacheServer, PlannedTarget};

/// How long a server may take to accept a connection.
const PATIENCE: Duration = Duration::from_secs(3);

/// Returns the servers that compilations of these targets will talk to, as far as we can try them:
/// not those behind a proxy, nor those that only a build step reaches under their name.
pub(super) fn servers<'a>(
    targets: &[PlannedTarget],
    composition: impl Fn(&PlannedTarget) -> &'a Composition,
) -> BTreeSet<CacheServer> {
    targets
        .iter()
        .filter(|target| compiles(target, composition(target)) && !has_proxy(&target.build_args))
        .filter_map(|target| CacheServer::of(&target.build_args))
        .filter(|server| !server.is_loopback())
        .collect()
}

fn compiles(target: &PlannedTarget, composition: &Composition) -> bool {
    let graph = StageGraph::new(composition, target.inputs());
    let stage = graph.find(&target.dockerfile.stage);
    stage.is_some_and(|stage| graph.declared(stage).contains(CACHE_SWITCH))
}

/// Returns whether build arguments name a proxy, behind which a step may reach what we do not.
pub(super) fn has_proxy(build_args: &BTreeMap<String, String>) -> bool {
    build_args.keys().any(|name| {
        let proxies = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
        proxies.iter().any(|proxy| name.eq_ignore_ascii_case(proxy))
    })
}

/// Tries all servers at once, and returns what to tell of those that do not answer.
///
/// The engine may reach what this machine does not, so that is a warning; `compile` in the step
/// decides for itself.
pub(super) async fn silent(servers: BTreeSet<CacheServer>) -> Vec<String> {
    let tried = servers.iter().map(|server| async move {
        let why = refusal(server).await?;
        Some(format!(
            "The sccache server `{server}` does not answer from here ({why}): unless the engine \
             reaches it, this build keeps its compiled objects in the engine"
        ))
    });
    join_all(tried).await.into_iter().flatten().collect()
}

async fn refusal(server: &CacheServer) -> Option<String> {
    let connection = TcpStream::connect((server.host.as_str(), server.port));
    match timeout(PATIENCE, connection).await {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some(format!("no connection within {} s", PATIENCE.as_secs())),
    }
}

/// Returns what to tell of platforms whose programs the engine does not run, by its own word.
///
/// That is a warning, since steps that only copy files run for every platform.
pub(super) fn foreign(wanted: &[&Platform], runnable: &[String]) -> Option<String> {
    let runnable: BTreeSet<_> = runnable
        .iter()
        .filter_map(|name| name.parse().ok())
        .map(processor)
        .collect();
    let wanted = wanted.iter().copied().cloned();
    let wanted: BTreeSet<_> = wanted.map(processor).collect();
    let missing = Vec::from_iter(&wanted - &runnable);
    if missing.is_empty() || runnable.is_empty() {
        return None;
    }
    let runnable = Vec::from_iter(runnable).join(", ");
    Some(format!(
        "The engine runs programs of {runnable} only, so `RUN` steps for {} will fail. Install its \
         emulator: `docker run --privileged --rm tonistiigi/binfmt --install {}`",
        missing.join(", "),
        missing.join(",").replace("linux/", ""),
    ))
}

/// Returns what to say of platforms whose programs the engine only emulates: its native platform is
/// the first that it names.
pub(super) fn emulated(wanted: &[&Platform], runnable: &[String]) -> Option<String> {
    let runnable: Vec<Platform> = runnable
        .iter()
        .filter_map(|name| name.parse().ok())
        .collect();
    let native: BTreeSet<_> = runnable
        .first()?
        .compatible()
        .into_iter()
        .map(processor)
        .collect();
    let runnable: BTreeSet<_> = runnable.into_iter().map(processor).collect();
    let wanted = wanted.iter().copied().cloned().map(processor);
    let emulated: BTreeSet<_> = wanted
        .filter(|one| runnable.contains(one) && !native.contains(one))
        .collect();
    (!emulated.is_empty()).then(|| {
        format!(
            "{} is emulated here, which takes compilers many times as long. A builder with a node \
             for it builds it natively: `docker buildx create --append --platform …`",
            Vec::from_iter(emulated).join(", ")
        )
    })
}

/// Returns a platform without its variant: each processor of a kind runs the programs of some.
fn processor(platform: Platform) -> String {
    let platform = platform.normalized();
    format!("{}/{}", platform.os, platform.architecture)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use test_case::test_case;

    use crate::plan::stages::Fragment;
    use crate::plan::{PlannedDockerfile, PlannedSteps};
    use crate::profile::Source;

    const STAGES: &str = "\
FROM a:1 AS released
FROM a:1 AS compiled
ARG USE_SCCACHE
";

    fn target(stage: &str, args: &[(&str, &str)]) -> PlannedTarget {
        let args = args.iter();
        let args = args.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        PlannedTarget {
            name: stage.into(),
            framework: "demo".into(),
            target: stage.into(),
            device: "cpu".into(),
            source: Source::Tree,
            version: "1".into(),
            platforms: Vec::new(),
            tags: Vec::new(),
            build_args: args.collect(),
            labels: BTreeMap::new(),
            secrets: Vec::new(),
            context: "/".into(),
            contexts: BTreeMap::new(),
            ssh: Vec::new(),
            cache_from: Vec::new(),
            cache_to: Vec::new(),
            outputs: Vec::new(),
            attestations: Vec::new(),
            smoke: Vec::new(),
            compression: None,
            memory_per_job: BTreeMap::new(),
            complete_logs: false,
            no_cache: false,
            pull: false,
            steps: PlannedSteps::default(),
            dockerfile: PlannedDockerfile {
                fragments: Vec::new(),
                stage: stage.into(),
            },
        }
    }

    #[test]
    fn only_servers_that_a_compilation_uses_are_tried() {
        let fragment = Fragment::new("test", "test", STAGES);
        let composition = Composition::new([Arc::new(fragment)]).unwrap();
        let remote = [("USE_SCCACHE", "true"), ("SCCACHE_ENDPOINT", "10.0.0.1:9")];
        let behind = [&remote[..], &[("https_proxy", "http://p")]].concat();
        let tried = |targets: &[PlannedTarget]| servers(targets, |_| &composition).len();
        assert_eq!(tried(&[target("compiled", &remote)]), 1);
        assert_eq!(tried(&[target("released", &remote)]), 0);
        assert_eq!(tried(&[target("compiled", &behind)]), 0);
        assert_eq!(tried(&[target("compiled", &[])]), 0);
    }

    #[test_case(&["linux/amd64"], &["linux/amd64", "linux/386"], None; "native")]
    #[test_case(&["linux/arm64"], &["linux/amd64", "linux/arm64/v8"], None; "emulated")]
    #[test_case(&["linux/arm64"], &[], None; "an engine that says nothing")]
    #[test_case(&["linux/amd64", "linux/arm64"], &["linux/amd64", "linux/amd64/v2"], Some(
        "The engine runs programs of linux/amd64 only, so `RUN` steps for linux/arm64 will fail. \
         Install its emulator: `docker run --privileged --rm tonistiigi/binfmt --install arm64`"
    ); "foreign")]
    fn platforms_without_an_emulator_are_told(
        wanted: &[&str],
        runnable: &[&str],
        told: Option<&str>,
    ) {
        let wanted: Vec<Platform> = wanted.iter().map(|name| name.parse().unwrap()).collect();
        let runnable: Vec<_> = runnable.iter().map(|&name| name.to_owned()).collect();
        let wanted: Vec<_> = wanted.iter().collect();
        assert_eq!(foreign(&wanted, &runnable).as_deref(), told);
    }

    #[test_case(&["linux/amd64", "linux/386"], &["linux/amd64", "linux/amd64/v2", "linux/386"] => None; "native")]
    #[test_case(&["linux/arm/v7"], &["linux/arm64", "linux/arm/v7"] => None; "native with 32 bits")]
    #[test_case(&["linux/arm64"], &["linux/amd64"] => None; "not run at all")]
    #[test_case(&["linux/amd64", "linux/arm64"], &["linux/amd64", "linux/arm64"] => Some("linux/arm64".to_owned()); "emulated")]
    #[test_case(&["linux/arm64"], &[] => None; "an engine that says nothing")]
    fn what_is_emulated_is_said(wanted: &[&str], runnable: &[&str]) -> Option<String> {
        let wanted: Vec<Platform> = wanted.iter().map(|name| name.parse().unwrap()).collect();
        let runnable: Vec<_> = runnable.iter().map(|&name| name.to_owned()).collect();
        let said = emulated(&wanted.iter().collect::<Vec<_>>(), &runnable)?;
        let (platforms, _) = said.split_once(" is emulated")?;
        Some(platforms.to_owned())
    }

    #[tokio::test]
    async fn a_server_that_is_gone_is_told() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let server = CacheServer {
            host: "127.0.0.1".into(),
            port: listener.local_addr().unwrap().port(),
        };
        let servers = BTreeSet::from([server]);
        assert!(silent(servers.clone()).await.is_empty());
        drop(listener);
        let [told] = silent(servers).await.try_into().unwrap();
        assert!(
            told.contains("does not answer from here (Connection refused"),
            "{told}"
        );
    }
}
