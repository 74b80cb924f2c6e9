//! Integration tests: one binary, one module per topic.

mod buildkit;
mod conformance;

mod engines;
mod support;
