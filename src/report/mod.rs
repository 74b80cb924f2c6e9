//! Consumers of build events.
