//! Runs a build plan: order, concurrency, publishing; emits events.
