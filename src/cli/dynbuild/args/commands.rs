//! The options of the commands that build nothing.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use clap_complete::ArgValueCompleter;

use super::build::{BuildArgs, SelectionArgs};
use crate::cli::completion::Shell;
use crate::cli::display::Format;
use crate::cli::dynbuild::candidates;
use crate::plan::render::Detail;

/// `dynbuild plan`
#[derive(Clone, Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) build: BuildArgs,
    /// How to print the plan
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: PlanFormat,
    /// Show every build argument and label, not only those that you set
    #[arg(long)]
    pub(crate) all: bool,
}

impl PlanArgs {
    pub(crate) fn detail(&self) -> Detail {
        if self.all {
            Detail::All
        } else {
            Detail::Wishes
        }
    }
}

/// How to print a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
    /// For `docker buildx bake -f`
    Bake,
}

/// `dynbuild render`
#[derive(Clone, Debug, Args)]
pub(crate) struct RenderArgs {
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
}

/// `dynbuild explain`
#[derive(Clone, Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Setting, build argument, tag or label; all of them when left out
    #[arg(value_name = "KEY")]
    pub(crate) key: Option<String>,
    #[command(flatten)]
    pub(crate) build: BuildArgs,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// One framework, or all of them.
#[derive(Clone, Debug, Args)]
pub(crate) struct FrameworkArgs {
    /// Only this framework
    #[arg(value_name = "FRAMEWORK", add = ArgValueCompleter::new(candidates::frameworks))]
    word: Option<String>,
    /// Only this framework, as other commands have it
    #[arg(long, short = 'F', value_name = "NAME", conflicts_with = "word", add = ArgValueCompleter::new(candidates::frameworks))]
    framework: Option<String>,
}

impl FrameworkArgs {
    /// Returns the framework, if one is meant.
    pub(crate) fn name(&self) -> Option<&str> {
        self.framework.as_deref().or(self.word.as_deref())
    }
}

/// `dynbuild list`
#[derive(Clone, Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) framework: FrameworkArgs,
    /// Only the sets of builds
    #[arg(long)]
    pub(crate) sets: bool,
    /// Directory with profiles/ and dockerfiles/ that override the built-in ones
    #[arg(long, value_name = "DIR")]
    pub(crate) profile_dir: Option<PathBuf>,
    /// How to print the list
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// `dynbuild context …`
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum ContextCommand {
    /// Show what would be sent, how large it is, and which rule dropped what
    Ls(ContextLsArgs),
}

/// `dynbuild context ls`
#[derive(Clone, Debug, Args)]
pub(crate) struct ContextLsArgs {
    /// Build context [default: the repository around the working directory]
    #[arg(long, short = 'C', value_name = "DIR")]
    pub(crate) context: Option<PathBuf>,
    /// Dockerfile whose own .dockerignore, if there is one, replaces the context's
    #[arg(long, short = 'f', value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// `dynbuild lint`
#[derive(Clone, Debug, Args)]
pub(crate) struct LintArgs {
    #[command(flatten)]
    pub(crate) framework: FrameworkArgs,
    /// Directory with profiles/ and dockerfiles/ that override the built-in ones
    #[arg(long, value_name = "DIR")]
    pub(crate) profile_dir: Option<PathBuf>,
    /// Also run the engine's own checks
    #[arg(long)]
    pub(crate) engine: bool,
    /// Also compare what is pinned with what the packages demand, which asks pip's index
    #[arg(long)]
    pub(crate) pins: bool,
}

/// `dynbuild import`
#[derive(Clone, Debug, Args)]
#[command(override_usage = "dynbuild import -- build.sh …\n       dynbuild import < LINE")]
pub(crate) struct ImportArgs {
    /// List the options of build.sh, what each is here, and what differs
    #[arg(long, conflicts_with = "line")]
    pub(crate) list: bool,
    /// The words of the line; without any, it is read from standard input
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "WORD"
    )]
    pub(crate) line: Vec<String>,
}

/// `dynbuild doctor`
#[derive(Clone, Debug, Args)]
pub(crate) struct DoctorArgs {
    /// How to print the findings
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// `dynbuild schema`
#[derive(Clone, Debug, Args)]
pub(crate) struct SchemaArgs {
    /// The file that the schema is of
    #[arg(value_enum, default_value_t, value_name = "FILE")]
    pub(crate) file: SchemaFile,
}

/// A kind of file that has a schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaFile {
    /// A profile
    #[default]
    Profile,
    /// Your own settings, `config.toml`
    Config,
    /// The sets of a repository, `dynbuild.toml`
    Set,
}

/// `dynbuild completions`
#[derive(Clone, Debug, Args)]
#[command(after_help = COMPLETIONS)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub(crate) shell: Shell,
}

const COMPLETIONS: &str = "\
Where they go:
  bash  source <(dynbuild completions bash)              in ~/.bashrc
  zsh   source <(dynbuild completions zsh)               in ~/.zshrc, after compinit
  fish  dynbuild completions fish | source               in ~/.config/fish/config.fish";

/// `dynbuild man`
#[derive(Clone, Debug, Args)]
#[command(after_help = "To read it: `dynbuild man | man -l -`")]
pub(crate) struct ManArgs {
    /// The command; without one, the page of dynbuild itself
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}
