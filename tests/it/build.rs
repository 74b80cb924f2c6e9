//! The program itself on real engines: what it makes, what it says, and what it leaves behind.

mod builders;
mod buildkitd;
mod cache_server;
mod caches;
mod compiler_cache;
mod distribution;
mod exports;
mod failures;
mod github;
mod interrupts;
mod killed;
mod nodes;
mod own_proxies;
mod pipeline;
mod proxied;
mod registries;
mod results;
mod sample;
mod secrets;
mod sets;
mod smoke;
mod steps;
mod terminal;
mod tls;
mod transfers;
mod tree;
