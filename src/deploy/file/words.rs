//! The words that keys of a deployment take.

use crate::toml_file::choice;

choice! {
    /// What a worker does for a request.
    pub enum Role("role") {
        /// All of it.
        Aggregated = "agg",
        /// It computes the cache of the prompt.
        Prefill = "prefill",
        /// It generates the answer from that cache.
        Decode = "decode",
        /// It encodes images and other media.
        Encode = "encode",
    }
}

choice! {
    /// Where members find each other.
    pub enum DiscoveryBackend("discovery backend") {
        /// In files on a volume that all share; for one machine.
        File = "file",
        /// In etcd.
        Etcd = "etcd",
        /// In Kubernetes; such a deployment can only be exported.
        Kubernetes = "kubernetes",
    }
}

choice! {
    /// How requests travel.
    pub enum RequestPlane("request plane") {
        /// Straight to the worker.
        Tcp = "tcp",
        /// Through NATS.
        Nats = "nats",
    }
}

choice! {
    /// How events of the KV caches travel.
    pub enum EventPlane("event plane") {
        /// Straight from the worker.
        Zmq = "zmq",
        /// Through NATS.
        Nats = "nats",
    }
}

choice! {
    /// How a frontend chooses the worker of a request.
    pub enum RouterMode("router mode") {
        /// One after the other.
        RoundRobin = "round-robin",
        /// By chance.
        Random = "random",
        /// The less loaded of two.
        PowerOfTwo = "power-of-two",
        /// The one that has most of the prompt in its cache.
        Kv = "kv",
        /// The one that the request names.
        Direct = "direct",
        /// The one with the fewest requests.
        LeastLoaded = "least-loaded",
        /// By the kind of device.
        DeviceAwareWeighted = "device-aware-weighted",
    }
}

choice! {
    /// Who starts members again that end.
    pub enum RestartPolicy("restart policy") {
        /// The supervisor.
        Supervise = "supervise",
        /// Nobody.
        Never = "never",
    }
}
