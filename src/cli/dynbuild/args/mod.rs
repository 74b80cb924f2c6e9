//! What can be typed after `dynbuild`.
//!
//! Reading arguments validates their form only; [`super::settings`] says what they mean.

mod build;
mod commands;

use clap::{ArgAction, Args, Parser, Subcommand};

pub(crate) use self::build::{
    BuildArgs, CacheArgs, ComponentArgs, InputArgs, ProgressMode, PublishWhen, ResultArgs,
    SelectionArgs, StepArgs, TrtllmArgs,
};
pub(crate) use self::commands::{
    CompletionsArgs, ContextCommand, ContextLsArgs, DoctorArgs, ExplainArgs, ImportArgs, LintArgs,
    ListArgs, ManArgs, PlanArgs, PlanFormat, RenderArgs, SchemaArgs, SchemaFile,
};
pub(crate) use crate::cli::display::Format;
use crate::cli::display::{ColorChoice, STYLES};

/// Plan and build inference images
///
/// Without a command, builds: `dynbuild --framework sglang --target runtime`.
#[derive(Debug, Parser)]
#[command(
    name = "dynbuild",
    version,
    styles = STYLES,
    args_conflicts_with_subcommands = true,
    args_override_self = true,
    after_help = EXIT_CODES
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) build: BuildArgs,
    #[command(flatten)]
    pub(crate) terminal: TerminalArgs,
    // As build.sh spells it.
    #[arg(id = "old-help", short = '?', action = ArgAction::Help, hide = true)]
    old_help: Option<bool>,
}

const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    a build step or the export of its result failed
  2    the command line, a profile or a Dockerfile fragment is wrong
  3    the engine cannot be reached, or is too old for the plan
  4    a registry refused, lacks an image, or cannot be reached
  130  cancelled (Ctrl-C once cancels and tidies up, twice ends at once)

Environment variables: `dynbuild env`";

/// Everything that `dynbuild` can do besides building.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Build: the same as without a command
    Build(Box<BuildArgs>),
    /// Show what would be built, without an engine
    Plan(Box<PlanArgs>),
    /// Print the joined Dockerfile of a target
    Render(RenderArgs),
    /// Show a setting's value and where it came from
    Explain(Box<ExplainArgs>),
    /// List frameworks, their targets and devices, and sets
    List(ListArgs),
    /// Look at what would be sent to the engine
    #[command(subcommand)]
    Context(ContextCommand),
    /// Check profiles and Dockerfile fragments
    Lint(LintArgs),
    /// Turn a line that calls build.sh into one of dynbuild
    Import(ImportArgs),
    /// Check the host and the engine
    Doctor(DoctorArgs),
    /// Print the JSON schema of profiles, or of your own file
    Schema(SchemaArgs),
    /// List the environment variables that are read
    Env,
    /// Print the completions of a shell
    Completions(CompletionsArgs),
    /// Print the manual page of a command
    Man(ManArgs),
}

/// What every command understands.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Display")]
pub(crate) struct TerminalArgs {
    /// When to use colours
    #[arg(long, value_enum, default_value_t, global = true, value_name = "WHEN")]
    pub(crate) color: ColorChoice,
    /// Leave out the remarks that GitHub Actions shows next to the code
    #[arg(long, global = true)]
    pub(crate) no_annotations: bool,
    /// Also say which settings, profiles, fragments and engine are used
    #[arg(long, short = 'v', global = true)]
    pub(crate) verbose: bool,
    /// How long the engine may take to answer, for example 5m [default: 60s]
    #[arg(long, global = true, value_name = "DURATION")]
    pub(crate) engine_timeout: Option<String>,
}
