//! Services that Dynamo waits for.

use crate::diagnosis::rule::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "etcd-unreachable",
        &[
            r"(?i)check etcd server status|(?:failed|unable) to connect to etcd|could not connect to etcd|etcd connection|etcd not ready|waiting for etcd",
            // Whoever uses it names it at the beginning, and may end for another reason.
            r"(?i)(?:warn|error|fail|refused|unreachable|timed? ?out).*:2379|:2379.*(?:error|fail|refused|unreachable|timed? ?out)",
        ],
        "It waits for etcd, through which Dynamo's parts find each other, and etcd does not answer",
    )
    .step(&["Do without it in a build: `DYN_DISCOVERY_BACKEND=file`"])
    .container(&[
        "Do without it on one machine: `-e DYN_DISCOVERY_BACKEND=file` for all parts, which share a directory",
        "Or say where it is: `-e ETCD_ENDPOINTS=http://HOST:2379`",
    ])
    .keeps_waiting(),
    Rule::new(
        "nats-unreachable",
        &[
            r"(?i)(?:failed|unable) to connect to nats|nats connection|nats: connection refused|waiting for nats",
            r"(?i)(?:warn|error|fail|refused|unreachable|timed? ?out).*(?:async_nats|:4222)|(?:async_nats|:4222).*(?:error|fail|refused|unreachable|timed? ?out)",
        ],
        "It waits for NATS, which carries Dynamo's requests and events, and NATS does not answer",
    )
    .step(&["Do without it in a build: `DYN_REQUEST_PLANE=tcp DYN_EVENT_PLANE=zmq`"])
    .container(&[
        "Do without it: `-e DYN_REQUEST_PLANE=tcp -e DYN_EVENT_PLANE=zmq` for all parts",
        "Or say where it is: `-e NATS_SERVER=nats://HOST:4222`",
    ])
    .keeps_waiting(),
];
