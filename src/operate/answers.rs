//! What frontends answer.

use std::collections::BTreeMap;

use serde_json::Value;

/// Workers by their type: `aggregated`, `decode`, `prefill`.
pub(crate) type Counts = BTreeMap<String, usize>;

/// A worker in discovery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Instance {
    /// More than a double holds.
    pub(crate) id: u64,
    /// The address and port of its requests; none where they travel through NATS.
    pub(crate) address: Option<(String, u16)>,
}

/// The workers behind an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Served {
    pub(crate) prefill: u64,
    pub(crate) decode: u64,
}

/// Reads `/v1/models/MODEL/ready`.
pub(super) fn counts(body: &str, namespace: &str) -> Counts {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let types = body
        .get("namespaces")
        .and_then(|all| all.get(namespace)?.get("worker_types")?.as_object());
    let count = |(name, entry): (&String, &Value)| {
        let workers = entry.get("workers")?.as_u64()?;
        Some((name.clone(), usize::try_from(workers).ok()?))
    };
    types
        .into_iter()
        .flatten()
        .filter_map(count)
        .filter(|(_, count)| *count > 0)
        .collect()
}

/// Reads `/health`. A worker has several endpoints; `generate` is the one that serves.
pub(super) fn instances(body: &str, namespace: &str) -> Vec<Instance> {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let all = body.get("instances").and_then(Value::as_array);
    let instance = |entry: &Value| {
        let text = |key: &str| entry.get(key).and_then(Value::as_str);
        if text("namespace") != Some(namespace) || text("endpoint") != Some("generate") {
            return None;
        }
        let address = entry
            .pointer("/transport/tcp")
            .and_then(Value::as_str)
            .and_then(address);
        Some(Instance {
            id: entry.get("instance_id")?.as_u64()?,
            address,
        })
    };
    all.into_iter().flatten().filter_map(instance).collect()
}

/// Takes `10.0.0.2:21001/…` apart.
fn address(text: &str) -> Option<(String, u16)> {
    let place = text.split('/').next()?;
    let (host, port) = place.rsplit_once(':')?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Some((host.to_owned(), port.parse().ok()?))
}

/// Reads a completion; `None` if it has no token or does not say who served it.
pub(super) fn served(body: &str) -> Option<Served> {
    let body: Value = serde_json::from_str(body).ok()?;
    let tokens = body
        .pointer("/usage/completion_tokens")
        .and_then(Value::as_u64);
    if tokens == Some(0) || body.pointer("/choices/0").is_none() {
        return None;
    }
    let worker = body.pointer("/nvext/worker_id")?;
    let id = |key: &str| worker.get(key).and_then(Value::as_u64);
    let decode = id("decode_worker_id").or_else(|| id("prefill_worker_id"))?;
    Some(Served {
        prefill: id("prefill_worker_id").unwrap_or(decode),
        decode,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_are_counted_by_type() {
        let body = r#"{"model":"tiny","ready":false,"namespaces":{
            "pd":{"ready":false,"worker_types":{"decode":{"workers":2,"needs":[["prefill"]]},"prefill":{"workers":0}},
                  "present":["decode"],"missing_worker_types":["prefill"]},
            "other":{"worker_types":{"aggregated":{"workers":9}}}}}"#;
        assert_eq!(counts(body, "pd"), Counts::from([("decode".to_owned(), 2)]));
        assert_eq!(counts("{}", "pd"), Counts::default());
    }

    #[test]
    fn ids_are_read_whole() {
        let body = r#"{"status":"healthy","instances":[
            {"namespace":"pd","component":"backend","endpoint":"generate","instance_id":18446744073709551615,
             "transport":{"tcp":"172.18.0.3:21001/generate"}},
            {"namespace":"pd","component":"backend","endpoint":"clear_kv_blocks","instance_id":1},
            {"namespace":"else","component":"backend","endpoint":"generate","instance_id":2}]}"#;
        let expected = Instance {
            id: u64::MAX,
            address: Some(("172.18.0.3".to_owned(), 21001)),
        };
        assert_eq!(instances(body, "pd"), [expected]);
    }

    #[test]
    fn an_answer_without_a_token_proves_nothing() {
        let answer = |tokens: u32| {
            format!(
                r#"{{"choices":[{{}}],"usage":{{"completion_tokens":{tokens}}},"nvext":{{"worker_id":{{"prefill_worker_id":7,"decode_worker_id":8}}}}}}"#
            )
        };
        assert_eq!(
            served(&answer(2)),
            Some(Served {
                prefill: 7,
                decode: 8
            })
        );
        assert_eq!(served(&answer(0)), None);
        assert_eq!(served(r#"{"choices":[{}]}"#), None);
    }
}
