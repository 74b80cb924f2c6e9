//! The benchmark of `ci/bench`: dynbuild and dynrun next to docker's programs, on the same engine.
//!
//! `ci/bench` brings up the engines and starts it as `cargo bench --bench compare -- compare …`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that prints tables"
)]

mod client;
mod content;
mod critical_path;
mod deployments;
mod engine;
mod faults;
mod inputs;
mod machine;
mod model;
mod sets;
mod single;
mod table;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use deployments::Place;
use engine::Engine;

const DYNBUILD: &str = env!("CARGO_BIN_EXE_dynbuild");
const DYNRUN: &str = env!("CARGO_BIN_EXE_dynrun");

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// Compares dynbuild and dynrun with docker's programs.
#[derive(Parser)]
#[command(name = "bench")]
struct Cli {
    /// What `cargo bench` adds to every command line
    #[arg(long, hide = true, global = true)]
    bench: bool,
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Measures on engines that are up
    Compare(Compare),
    /// Prints the critical path of a build
    CriticalPath {
        /// What `dynbuild --progress rawjson` wrote
        events: PathBuf,
    },
    /// Runs a command and reports seconds, memory and exit code
    #[command(hide = true)]
    Run {
        report: PathBuf,
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
}

#[derive(clap::Args)]
struct Compare {
    /// How often each case runs; the slow ones run less often
    #[arg(long, default_value_t = 15)]
    runs: usize,
    /// Where contexts, profiles and models are made
    #[arg(long)]
    work: PathBuf,
    /// The model of deployments, in a directory `model` that every user can reach
    #[arg(long)]
    model: Option<PathBuf>,
    /// What to measure [default: all]
    #[arg(long = "part")]
    parts: Vec<Part>,
    /// The run directories of the engines
    #[arg(required = true)]
    engines: Vec<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// One target in all cases
    Single,
    /// Several targets at once
    Sets,
    /// Deployments, from `up` to the first answer
    Starts,
    /// Deployments of which something is killed or away
    Faults,
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Task::Compare(asked) => compare(&asked),
        Task::CriticalPath { events } => critical_path::print(&events),
        Task::Run { report, command } => client::run_and_report(&report, &command),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(asked: &Compare) -> Result<()> {
    fs_err::create_dir_all(&asked.work)?;
    let work = fs_err::canonicalize(&asked.work)?;
    let engines: Vec<_> = asked.engines.iter().map(|run| Engine::new(run)).collect();
    println!(
        "{}; {} runs of the first case, median (fastest–slowest), median of peak memory.\n",
        machine::description()?,
        asked.runs
    );
    let is_wanted = |part| asked.parts.is_empty() || asked.parts.contains(&part);
    if is_wanted(Part::Single) {
        single::measure(&engines, &work, asked.runs)?;
    }
    if is_wanted(Part::Sets) {
        sets::measure(&engines, &work, asked.runs)?;
    }
    // What members do depends little on the store of their images.
    let first = &engines[0];
    let place = |model: PathBuf| Place {
        work: work.clone(),
        model,
    };
    let place = || {
        asked
            .model
            .clone()
            .map(place)
            .ok_or("deployments want a `--model`")
    };
    if is_wanted(Part::Starts) {
        deployments::measure(first, &place()?, asked.runs)?;
    }
    if is_wanted(Part::Faults) {
        faults::measure(first, &place()?)?;
    }
    Ok(())
}
