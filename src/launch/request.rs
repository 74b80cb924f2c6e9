//! What was typed: docker's flags, dynrun's own, and the words behind them.

use std::time::Duration;

use super::flag::{Flag, Origin};
use super::readiness::Level;
use crate::docker::Hinted as _;
use crate::docker::duration::{DurationError, GoDuration};
use crate::docker::run_flags::{CONTAINER, FlagDef, FlagError, FlagTable, Given, Parsed, RUN};
use crate::problem::{Problem, ProblemKind, capitalized};
use crate::suggest::closest;

/// dynrun's own flags. Those that run.sh had keep their names.
pub const OWN: &[FlagDef] = &[
    FlagDef::value(
        "framework",
        "name",
        "Profile whose defaults and image are used",
    ),
    FlagDef::value(
        "target",
        "name",
        "Target whose image is used, for example runtime",
    ),
    FlagDef::value("image", "reference", "Image, instead of the framework's"),
    FlagDef::switch("mount-workspace", "Mount the checkout at /workspace"),
    FlagDef::value("hf-home", "dir|NONE", "Hugging Face cache of the host"),
    FlagDef::value("hf-cache", "dir|NONE", ""),
    FlagDef::switch("use-nixl-gds", "Prepare for GPUDirect storage"),
    FlagDef::list("port", "[ip:][host:]port", ""),
    FlagDef::switch("rm", "Remove the container when it ends").or_word(),
    FlagDef::switch("privileged", "Give it all devices and capabilities").or_word(),
    FlagDef::list(
        "secret",
        "id[,env=|src=]",
        "Give the container a secret as a file",
    ),
    FlagDef::value(
        "ulimit-policy",
        "policy",
        "For limits the engine cannot set: keep, clamp, refuse",
    ),
    FlagDef::switch("no-defaults", "Do as docker run does, without defaults"),
    FlagDef::switch("dry-run", "Print the docker run line, and do nothing"),
    FlagDef::value(
        "format",
        "text|json",
        "With --dry-run: json is the create request",
    ),
    FlagDef::switch("wait", "Say when it is ready (see --for)"),
    FlagDef::value(
        "for",
        "level",
        "Ready is: running, port, live, model, completion",
    ),
    FlagDef::value(
        "timeout",
        "duration",
        "How long --wait waits, for example 5m",
    ),
    FlagDef::value("profile-dir", "dir", "Directory of profiles"),
    FlagDef::value("color", "when", "When to use colours: auto, always, never"),
    FlagDef::switch("verbose", "Say what is asked of the engine, and why"),
];

/// Returns all flags that can be typed.
pub fn flags() -> FlagTable {
    FlagTable::new(&[CONTAINER, RUN, OWN])
}

/// How the dry run is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// One `docker run` line.
    #[default]
    Text,
    /// The create request.
    Json,
}

const FORMATS: [(&str, Format); 2] = [("text", Format::Text), ("json", Format::Json)];

/// The kind of processor that the images are for: `--device cuda|xpu|cpu`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accelerator {
    /// NVIDIA.
    Cuda,
    /// Intel.
    Xpu,
    /// None.
    Cpu,
}

impl Accelerator {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "cuda" => Some(Self::Cuda),
            "xpu" => Some(Self::Xpu),
            "cpu" => Some(Self::Cpu),
            _ => None,
        }
    }
}

/// What to do about a limit that the engine cannot set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UlimitPolicy {
    /// Ask for it all the same.
    Keep,
    /// Lower it to what the engine can set, and say so.
    Clamp,
    /// Do not start.
    Refuse,
}

impl UlimitPolicy {
    /// The policies by name.
    pub const NAMED: [(&'static str, Self); 3] = [
        ("keep", Self::Keep),
        ("clamp", Self::Clamp),
        ("refuse", Self::Refuse),
    ];
}

/// The wish to be told when the server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitWish {
    /// What counts as ready.
    pub level: Level,
    /// How long to wait.
    pub timeout: Duration,
    /// The server's port, if it cannot be found out.
    pub port: Option<u16>,
}

/// What was typed, by meaning.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Request {
    /// `--framework`.
    pub framework: Option<String>,
    /// `--target`.
    pub target: Option<String>,
    /// `--image`.
    pub image: Option<String>,
    /// `--mount-workspace`.
    pub mount_workspace: bool,
    /// `--hf-home` or `--hf-cache`.
    pub hf_home: Option<String>,
    /// `--use-nixl-gds`.
    pub nixl_gds: bool,
    /// `--device cuda|xpu|cpu`.
    pub accelerator: Option<Accelerator>,
    /// `--secret`.
    pub secrets: Vec<String>,
    /// `--ulimit-policy`.
    pub ulimit_policy: Option<UlimitPolicy>,
    /// `--no-defaults`.
    pub no_defaults: bool,
    /// `--format`.
    pub format: Format,
    /// `--dry-run`.
    pub dry_run: bool,
    /// `--wait`.
    pub wait: Option<WaitWish>,
    /// `--profile-dir`.
    pub profile_dir: Option<String>,
    /// `--verbose`.
    pub verbose: bool,
    /// Docker's flags in the order typed.
    pub flags: Vec<Flag>,
    /// What follows the flags.
    pub words: Vec<String>,
    /// Whether `--` ended the flags.
    pub terminated: bool,
}

/// What the command line asks for.
#[derive(Clone, Debug)]
pub enum Asked {
    /// Help.
    Help,
    /// A container.
    Run(Box<Request>),
}

/// Why a command line is no request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The flags cannot be told apart.
    #[error(transparent)]
    Flags(#[from] FlagError),
    /// A flag of ours has a value that it does not take.
    #[error("Invalid value `{value}` for `--{flag}`: {why}")]
    Value {
        /// The flag.
        flag: &'static str,
        /// What was given.
        value: String,
        /// What is wrong.
        why: String,
        /// What fixes it.
        hint: Option<String>,
    },
}

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Flags(error) => error.into(),
            RequestError::Value { ref hint, .. } => {
                let mut problem = Self::new(ProblemKind::Usage, error.to_string());
                problem.hints.extend(hint.as_deref().map(capitalized));
                problem
            }
        }
    }
}

impl Request {
    /// Reads the arguments, without the program's name.
    ///
    /// `-h` is docker's `--hostname`, and run.sh's help: with nothing behind it, it is help.
    ///
    /// # Errors
    /// Fails at the first argument that cannot be understood.
    pub fn parse(arguments: &[String]) -> Result<Asked, RequestError> {
        let parsed = match flags().parse(arguments) {
            Ok(parsed) if parsed.switch("help") == Some(true) => return Ok(Asked::Help),
            Ok(parsed) => parsed,
            Err(FlagError::MissingValue(flag)) if flag == "-h" => return Ok(Asked::Help),
            Err(FlagError::UnknownShort { letter: '?', .. }) => return Ok(Asked::Help),
            Err(error) => return Err(error.into()),
        };
        Self::new(&parsed).map(|request| Asked::Run(Box::new(request)))
    }

    /// The flags that choose the image, so that all words behind the flags are the command.
    pub const IMAGE_FLAGS: [&str; 3] = ["image", "framework", "target"];

    fn new(parsed: &Parsed) -> Result<Self, RequestError> {
        // Used at the edge, before there is a request.
        choose(
            parsed,
            "color",
            [("auto", ()), ("always", ()), ("never", ())],
        )?;
        let words = parsed.positionals.clone();
        let text = |name| parsed.value(name).map(str::to_owned);
        let is_on = |name| parsed.switch(name).unwrap_or(false);
        Ok(Self {
            framework: text("framework"),
            target: text("target"),
            image: text("image"),
            mount_workspace: is_on("mount-workspace"),
            hf_home: text("hf-home").or_else(|| text("hf-cache")),
            nixl_gds: is_on("use-nixl-gds"),
            accelerator: parsed.values("device").rev().find_map(Accelerator::parse),
            secrets: parsed.values("secret").map(str::to_owned).collect(),
            ulimit_policy: choose(parsed, "ulimit-policy", UlimitPolicy::NAMED)?,
            no_defaults: is_on("no-defaults"),
            format: choose(parsed, "format", FORMATS)?.unwrap_or_default(),
            dry_run: is_on("dry-run"),
            wait: wait(parsed)?,
            profile_dir: text("profile-dir"),
            verbose: is_on("verbose"),
            flags: docker_flags(parsed),
            words,
            terminated: parsed.terminated,
        })
    }
}

/// Keeps what `docker run` knows too. `--device cuda` and the like are ours.
pub fn docker_flags(parsed: &Parsed) -> Vec<Flag> {
    let docker = |name: &str| CONTAINER.iter().chain(RUN).any(|flag| flag.name == name);
    let mut flags = Vec::new();
    for used in &parsed.occurrences {
        let name = match used.flag.name {
            "port" => "publish",
            name => name,
        };
        let ours = match &used.given {
            Given::Value(value) => name == "device" && Accelerator::parse(value).is_some(),
            Given::Switch(_) => false,
        };
        if docker(name) && !ours {
            flags.push(Flag {
                name,
                given: used.given.clone(),
                origin: Origin::Typed,
            });
        }
    }
    flags
}

/// Reads the value of a flag that takes one of a few words.
fn choose<T, const N: usize>(
    parsed: &Parsed,
    flag: &'static str,
    choices: [(&'static str, T); N],
) -> Result<Option<T>, RequestError> {
    let Some(value) = parsed.value(flag) else {
        return Ok(None);
    };
    let valid = choices.each_ref().map(|(name, _)| *name);
    let chosen = choices.into_iter().find(|(name, _)| *name == value);
    chosen.map(|(_, choice)| Some(choice)).ok_or_else(|| {
        let similar = closest(value, valid.iter().copied());
        RequestError::Value {
            flag,
            value: value.to_owned(),
            why: format!("must be one of {}", valid.join(", ")),
            hint: similar.map(|similar| format!("Did you mean `{similar}`?")),
        }
    })
}

fn wait(parsed: &Parsed) -> Result<Option<WaitWish>, RequestError> {
    let levels = Level::ALL.map(|level| (level.as_str(), level));
    let level = choose(parsed, "for", levels)?;
    let timeout = parsed.value("timeout").map(wait_timeout).transpose()?;
    let wanted = parsed.switch("wait").unwrap_or(level.is_some());
    if let Some(value) = parsed.value("timeout").filter(|_| !wanted) {
        return Err(RequestError::Value {
            flag: "timeout",
            value: value.to_owned(),
            why: "nothing is waited for".to_owned(),
            hint: Some("Add `--wait`".to_owned()),
        });
    }
    Ok(wanted.then(|| WaitWish {
        level: level.unwrap_or(Level::Completion),
        timeout: timeout.unwrap_or(WaitWish::DEFAULT_TIMEOUT),
        port: None,
    }))
}

impl WaitWish {
    /// How long `--wait` waits if nothing is said: large models take their time.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);
}

/// Reads a duration of Go (`90s`, `5m`); a plain number is seconds.
pub fn wait_timeout(text: &str) -> Result<Duration, RequestError> {
    if let Ok(seconds) = text.parse() {
        return Ok(Duration::from_secs(seconds));
    }
    let refuse = |why: String, hint| RequestError::Value {
        flag: "timeout",
        value: text.to_owned(),
        why,
        hint,
    };
    let nanos: GoDuration = text
        .parse()
        .map_err(|error: DurationError| refuse(error.to_string(), error.hint()))?;
    let nanos =
        u64::try_from(nanos.get()).map_err(|_| refuse("cannot be negative".into(), None))?;
    Ok(Duration::from_nanos(nanos))
}
