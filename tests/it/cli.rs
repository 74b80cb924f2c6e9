//! The command line of dynbuild, as people and programs meet it: each test runs the program.

mod build_args;
mod colour;
mod compiler_cache;
mod components;
mod context;
mod engine;
mod github;
mod habits;
mod import;
mod masks;
mod mistakes;
mod options;
mod output;
mod pins;
mod plan;
mod profile;
mod scale;
mod sets;
mod silence;
mod source;
mod strangers;
mod test_env;
