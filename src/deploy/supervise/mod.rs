//! Keeping a deployment alive: what to do about what happens, without doing it.
//!
//! [`Supervisor::handle`] takes one [`Event`] and returns [`Action`]s. It asks nothing, waits for
//! nothing and has no clock: whoever drives it reports the time with every event, so that a night of
//! failures is a test of a millisecond. The rules are those that Dynamo needs and that no general
//! supervisor has: a server that ends with 0 has failed, the ranks of a replica live and die
//! together, an outage of etcd or of the engine is nobody's fault, and a dead worker has to be taken
//! out of discovery at once, because every second request goes to it until its lease ends.

mod dependency;
mod disaggregation;
mod event;
mod failures;
mod member;
mod outage;
mod replica;
mod replicas;
mod stop;
mod supervisor;
#[cfg(test)]
mod tests;
mod watchdog;

pub(crate) use event::{Action, Cause, Event, Incident};
pub(crate) use member::{MemberIndex, Part, Watched};
pub(crate) use supervisor::Supervisor;
