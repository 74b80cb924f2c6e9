//! Whether single members work.

use std::rc::Rc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::iter;
use http::Method;
use tokio::time::{sleep, timeout};

use super::inside;
use crate::deploy::{Health, Member, Network, PortUse};
use crate::engine::{ContainerFacts, Engine};
use crate::launch::readiness::Route;

const PAUSE: Duration = Duration::from_millis(200);

/// How long a worker may take to say anything. One that hangs says nothing.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// `GET` for a shell that has nothing else; ends with 0 if the status is 200.
const GET: &str = r#"
exec 3<>"/dev/tcp/$1/$2" || exit 1
printf 'GET %s HTTP/1.0\r\nHost: %s\r\n\r\n' "$3" "$1" >&3
read -r _ status _ <&3
[ "$status" = 200 ]
"#;

/// Waits until a service is healthy; returns whether it is, or has ended.
pub(super) async fn becomes_healthy(engine: &Engine, container: &str, member: &Member) -> bool {
    while is_running(engine, container).await {
        if is_healthy(engine, container, member).await {
            return true;
        }
        sleep(PAUSE).await;
    }
    false
}

pub(super) async fn is_running(engine: &Engine, container: &str) -> bool {
    match engine.container(container).await {
        Ok(facts) => facts.is_some_and(|facts| facts.state.running),
        // The engine may be on its way back.
        Err(_) => true,
    }
}

/// Returns whether the container of one of several services runs.
pub(super) async fn one_is_running(engine: &Engine, services: &[(String, Rc<Member>)]) -> bool {
    let services = iter(services);
    services
        .any(|(container, _)| is_running(engine, container))
        .await
}

/// Returns whether one of several services is healthy.
pub(super) async fn one_is_healthy(engine: &Engine, services: &[(String, Rc<Member>)]) -> bool {
    let services = iter(services);
    services
        .any(|(container, member)| is_healthy(engine, container, member))
        .await
}

async fn is_healthy(engine: &Engine, container: &str, member: &Member) -> bool {
    let Health::Http { port, path } = &member.health else {
        return true;
    };
    let port = port.to_string();
    let command = ["bash", "-c", GET, "bash", &member.address, &port, path];
    inside::succeeds(engine, container, &command).await
}

/// Returns whether a member is on the network of the others, and the system port of a worker says
/// anything. What it says is not asked: a worker is "not ready" there for reasons of its own.
pub(super) async fn answers(
    engine: &Engine,
    container: &str,
    member: &Member,
    network: &Network,
) -> bool {
    let asked = async {
        let facts = engine.container(container).await.ok()??;
        if is_cut_off(&facts, network) {
            return None;
        }
        let Some(port) = member.port(PortUse::System) else {
            return Some(());
        };
        let route = Route::inside(engine, &facts, member.own_address(), port);
        route.ask(Method::GET, "/health", "").await.ok().map(drop)
    };
    matches!(timeout(ANSWER_LIMIT, asked).await, Ok(Some(())))
}

/// Returns whether somebody took a container off the network that members share.
fn is_cut_off(facts: &ContainerFacts, network: &Network) -> bool {
    let networks = &facts.network_settings.networks;
    matches!(network, Network::Private(name) if !networks.contains_key(name))
}

/// Waits until a worker has no requests, or its time is over.
pub(super) async fn drained(engine: &Engine, container: &str, member: &Member, grace: Duration) {
    let Some(port) = member.port(PortUse::System) else {
        return;
    };
    let idle = async {
        loop {
            let Ok(Some(facts)) = engine.container(container).await else {
                return;
            };
            let route = Route::inside(engine, &facts, member.own_address(), port);
            match route.ask(Method::GET, "/metrics", "").await {
                Ok(answer) if in_flight(&answer.body) == 0.0 => return,
                _ => sleep(PAUSE).await,
            }
        }
    };
    // Then it ends with what it has.
    timeout(grace, idle).await.ok();
}

/// Sums up the requests that a worker is busy with.
fn in_flight(metrics: &str) -> f64 {
    let lines = metrics.lines().filter(|line| {
        line.starts_with("dynamo_component_inflight_requests") && line.contains("\"generate\"")
    });
    lines
        .filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_in_flight_are_summed_up() {
        let metrics = "\
# TYPE dynamo_component_inflight_requests gauge
dynamo_component_inflight_requests{dynamo_endpoint=\"generate\",worker_id=\"1f\"} 2
dynamo_component_inflight_requests{dynamo_endpoint=\"clear_kv_blocks\",worker_id=\"1f\"} 1
dynamo_component_inflight_requests{dynamo_endpoint=\"generate\",worker_id=\"20\"} 1
";
        assert!((in_flight(metrics) - 3.0).abs() < f64::EPSILON);
        assert!(in_flight("").abs() < f64::EPSILON);
    }
}
