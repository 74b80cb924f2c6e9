//! What works until something fails.

use crate::deploy::derive::Common;
use crate::deploy::file::Written as _;
use crate::deploy::finding::Finding;
use crate::deploy::network::Discovery;

pub(super) fn check(common: &Common<'_>) -> Vec<Finding> {
    lonely_etcd(common).into_iter().collect()
}

fn lonely_etcd(common: &Common<'_>) -> Option<Finding> {
    let etcd = common.file.services.get("etcd");
    let is_external = etcd.is_some_and(|etcd| etcd.external.is_some());
    let several = etcd.is_some_and(|etcd| etcd.replicas.value_or(1) > 1);
    let alone = matches!(common.discovery, Discovery::Etcd { .. }) && !is_external && !several;
    (alone && common.nodes.len() > 2).then(|| {
        Finding::note(
            "One etcd is a single point of failure: when it is gone for a minute, all members end",
        )
        .hint("Write `replicas = 3` into `[services.etcd]`")
    })
}
