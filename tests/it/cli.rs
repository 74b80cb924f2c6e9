//! The command line of dynbuild, as people and programs meet it: each test runs the program.

mod colour;
mod components;
mod context;
mod engine;
mod github;
mod mistakes;
mod output;
mod plan;
mod profile;
mod test_env;
