//! Integration tests: one binary, one module per topic.

mod build;
mod buildkit;
mod cli;
mod conformance;
mod conformance_run;
mod context;
mod deployment;
mod deployment_faults;
mod docs;
mod dynrun;
mod dynrun_commands;
mod dynrun_dry;
mod dynrun_fit;
mod dynrun_hostile;
mod dynrun_ready;
mod dynrun_terminal;
mod engines;
mod failures;
mod git;
mod golden;
mod licences;
mod reader;
mod rooms;
mod stages;
mod support;
mod words;
