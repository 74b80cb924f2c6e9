//! Asking etcd itself, on a deployment of several machines: there it has an address.

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::deploy::{Member, PortUse};
use crate::docker::host::before_port;
use crate::engine::Engine;
use crate::launch::readiness::Route;

/// How long etcd may take; it answers in milliseconds.
const LIMIT: Duration = Duration::from_secs(5);

/// etcd, through its JSON gateway, which every version since 3.4 has.
#[derive(Clone, Debug)]
pub(super) struct Etcd {
    routes: Vec<Route>,
}

/// What a worker wrote into etcd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its lease.
    id: u64,
    text: String,
}

impl Entry {
    /// Returns the id of a member, if it is registered once: of one that was killed and started
    /// again, the old entry may still be there.
    pub(super) fn id_of(entries: &[Self], member: &Member) -> Option<u64> {
        let at = |purpose, before: &str, after: &str| {
            let port = member.port(purpose)?;
            Some(format!(
                "{before}{}:{port}{after}",
                before_port(&member.address)
            ))
        };
        // Requests go to it directly, or its files are fetched there; through NATS only the latter.
        let places = [
            at(PortUse::Requests, "\"", "/"),
            at(PortUse::System, "//", "/"),
        ];
        let own = |entry: &&Self| {
            let mut places = places.iter().flatten();
            places.any(|place| entry.text.contains(place))
        };
        let mut ids: Vec<u64> = entries.iter().filter(own).map(|entry| entry.id).collect();
        ids.sort_unstable();
        ids.dedup();
        match ids[..] {
            [id] => Some(id),
            _ => None,
        }
    }
}

impl Etcd {
    /// Returns etcd at these endpoints, if all are addresses that mean the same here and in a
    /// container, and in the clear.
    pub(super) fn at(endpoints: &str) -> Option<Self> {
        let routes = places(endpoints)?;
        let routes = routes.iter().map(|(host, port)| Route::direct(host, *port));
        Some(Self {
            routes: routes.collect(),
        })
    }

    /// Returns the same as a container reaches it.
    pub(super) fn through(engine: &Engine, container: &str, endpoints: &str) -> Option<Self> {
        let routes = places(endpoints)?;
        let route = |(host, port): &(String, u16)| Route::through(engine, container, host, *port);
        Some(Self {
            routes: routes.iter().map(route).collect(),
        })
    }

    /// Returns what the workers of a namespace wrote.
    pub(super) async fn registered(&self, namespace: &str) -> Result<Vec<Entry>, String> {
        let mut entries = Vec::new();
        for kind in ["instances", "mdc"] {
            let prefix = format!("v1/{kind}/{namespace}/");
            // What begins with `…/` is all below `…0`, the next character.
            let end = format!("v1/{kind}/{namespace}0");
            let range =
                json!({ "key": STANDARD.encode(prefix), "range_end": STANDARD.encode(end) });
            entries.extend(read(&self.ask("/v3/kv/range", &range).await?));
        }
        Ok(entries)
    }

    /// Ends the lease of a worker, and with it all that it wrote; returns whether it is gone.
    pub(super) async fn revoke(&self, id: u64) -> bool {
        // The gateway has signed numbers, as texts.
        let lease = json!({ "ID": id.cast_signed().to_string() });
        match self.ask("/v3/lease/revoke", &lease).await {
            Ok(_) => true,
            Err(why) => why.contains("lease not found"),
        }
    }

    /// Asks one of them after the other.
    async fn ask(&self, path: &str, question: &Value) -> Result<String, String> {
        let (mut why, question) = (String::new(), question.to_string());
        for route in &self.routes {
            let asked = route.ask(Method::POST, path, &question);
            match timeout(LIMIT, asked).await {
                Ok(Ok(answer)) if answer.status == 200 => return Ok(answer.body),
                Ok(Ok(answer)) => why = format!("{} {}", answer.status, answer.body),
                Ok(Err(error)) => why = error,
                Err(_) => "no answer".clone_into(&mut why),
            }
        }
        Err(why)
    }
}

/// Returns the addresses and ports of endpoints, if all are addresses.
fn places(endpoints: &str) -> Option<Vec<(String, u16)>> {
    let place = |endpoint: &str| {
        let place = endpoint.strip_prefix("http://")?.trim_end_matches('/');
        let (host, port) = place.rsplit_once(':')?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let address: IpAddr = host.parse().ok()?;
        Some((address.to_string(), port.parse().ok()?))
    };
    endpoints.split(',').map(place).collect()
}

/// Reads the answer to a range.
fn read(body: &str) -> Vec<Entry> {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let pairs = body.get("kvs").and_then(Value::as_array);
    let entry = |pair: &Value| {
        let text = |name: &str| {
            let encoded = pair.get(name)?.as_str()?;
            String::from_utf8(STANDARD.decode(encoded).ok()?).ok()
        };
        let key = text("key")?;
        let id = u64::from_str_radix(key.rsplit('/').next()?, 16).ok()?;
        Some(Entry {
            id,
            text: text("value")?,
        })
    };
    pairs.into_iter().flatten().filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::tests::derive;

    fn worker() -> Member {
        let text = "deployment = \"x\"\nschema = 1\nframework = \"dynamo\"\nmodel = \"/m\"\n\
                    [workers.agg]\n[nodes.a]\naddress = \"10.0.0.1\"\n";
        let members = derive(text, false).unwrap().members;
        let own = |member: &Member| member.name == "agg-0";
        members.into_iter().find(own).unwrap()
    }

    /// As etcd 3.5 answers.
    fn body(pairs: &[(&str, &str)]) -> String {
        let pair = |(key, value): &(&str, &str)| json!({ "key": STANDARD.encode(key), "value": STANDARD.encode(value) });
        json!({ "kvs": pairs.iter().map(pair).collect::<Vec<_>>() }).to_string()
    }

    #[test]
    fn members_are_found_by_their_address_and_port() {
        let other = (
            "v1/instances/x/backend/generate/7f",
            r#"{"transport":{"tcp":"10.0.0.2:21001/7f/generate"}}"#,
        );
        let own = (
            "v1/instances/x/backend/generate/80ffffffffffffff",
            r#"{"transport":{"tcp":"10.0.0.1:21001/80ffffffffffffff/generate"}}"#,
        );
        let of_nats = (
            "v1/mdc/x/backend/generate/80",
            r#"{"card":{"path":"http://10.0.0.1:21000/v1/metadata/x"}}"#,
        );
        let id = |pairs: &[_]| Entry::id_of(&read(&body(pairs)), &worker());
        assert_eq!(id(&[other]), None);
        assert_eq!(id(&[other, own]), Some(0x80ff_ffff_ffff_ffff));
        assert_eq!(id(&[other, of_nats]), Some(0x80));
        // The old one and the new one.
        assert_eq!(id(&[own, of_nats]), None);
        assert_eq!(read("{}"), []);
    }

    #[test]
    fn only_addresses_mean_the_same_here() {
        assert!(Etcd::at("http://10.0.0.1:2379,http://[::1]:2379").is_some());
        for endpoints in [
            "",
            "http://x-etcd-0:2379",
            "https://10.0.0.1:2379",
            "http://10.0.0.1:2379,http://etcd:2379",
        ] {
            assert!(Etcd::at(endpoints).is_none(), "{endpoints}");
        }
    }
}
