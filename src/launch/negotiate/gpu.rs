//! GPUs: one spelling, and the way that the engine can provide them.
//!
//! dynrun's `--gpus` reads as people mean it: `all`, `none`, a number, or a list of indices and
//! UUIDs. In docker's grammar the unquoted list `device=0,1` asks for one device more, and `0,1`
//! for a count, which the engine then refuses or gets wrong; here both are lists.
//!
//! Engines provide GPUs through a runtime hook of NVIDIA's toolkit or through CDI. If only CDI can
//! serve the request, it is rewritten to `--device nvidia.com/gpu=...`.

use crate::diagnosis::INSTALL_TOOLKIT;
use crate::docker::api_version::ApiVersion;
use crate::docker::csv;
use crate::launch::facts::EngineFacts;
use crate::launch::flag::{Flag, Origin};
use crate::problem::{Problem, ProblemKind};

const KIND: &str = "nvidia.com/gpu";

/// The API from which on engines list their CDI devices.
const LISTS_CDI: ApiVersion = ApiVersion::new(1, 50);

/// GPUs as asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GpuWish {
    /// No GPU.
    None,
    /// All GPUs.
    All,
    /// This many, the first ones.
    Count(u32),
    /// These, by index or UUID.
    Named(Vec<String>),
    /// A request in docker's grammar with driver, capabilities or options.
    Docker(String),
}

/// Why GPUs cannot be provided.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GpuProblem {
    /// `0` could be a count or an index.
    #[error("`--gpus 0` could mean no GPU or the GPU with index 0")]
    Ambiguous,
    /// A list has something that is neither index nor UUID.
    #[error("`{0}` in `--gpus` is neither an index nor a UUID of a GPU")]
    Name(String),
    /// The engine has no driver for GPUs.
    #[error(
        "this engine cannot provide GPUs: it has neither NVIDIA's runtime hook nor a CDI specification for `nvidia.com/gpu`"
    )]
    NoDriver,
    /// The engine has no hook, and cannot tell whether it has GPUs by CDI.
    #[error("This engine cannot serve `--gpus`: NVIDIA's runtime hook is not installed for it")]
    NoHook,
    /// There are not that many.
    #[error("{wanted} GPUs are asked for, but the engine lists {present}")]
    TooFew {
        /// How many are asked for.
        wanted: u32,
        /// How many there are.
        present: usize,
    },
    /// There is no such GPU.
    #[error("The engine has no GPU `{name}`; it lists {}", present.join(", "))]
    Missing {
        /// The one asked for.
        name: String,
        /// Those that there are.
        present: Vec<String>,
    },
}

impl From<GpuProblem> for Problem {
    fn from(error: GpuProblem) -> Self {
        let problem = Self::new(ProblemKind::Usage, error.to_string());
        match error {
            GpuProblem::Ambiguous => {
                problem.hint("Write `--gpus none` for no GPU, `--gpus device=0` for the first one")
            }
            GpuProblem::Name(_) => {
                problem.hint("Write for example `--gpus 0,1` or `--gpus GPU-3a23c669`; `nvidia-smi -L` lists them")
            }
            GpuProblem::NoDriver => problem
                .hint(INSTALL_TOOLKIT)
                .hint("Or run without GPU: `--gpus none`"),
            GpuProblem::NoHook => problem
                .hint(INSTALL_TOOLKIT)
                .hint("Or ask by CDI, if the engine's machine has a specification: `--gpus none --device nvidia.com/gpu=all`")
                .hint("Or run without GPU: `--gpus none`"),
            GpuProblem::TooFew { .. } | GpuProblem::Missing { .. } => {
                problem.hint("`nvidia-smi -L` lists the GPUs of a machine")
            }
        }
    }
}

impl GpuWish {
    /// Reads `--gpus` as dynrun means it.
    ///
    /// # Errors
    /// Refuses what could be read in two ways, and names that are none.
    pub fn parse(text: &str) -> Result<Self, GpuProblem> {
        if text.eq_ignore_ascii_case("none") {
            return Ok(Self::None);
        }
        if text.eq_ignore_ascii_case("all") || text == "-1" {
            return Ok(Self::All);
        }
        if text == "0" {
            return Err(GpuProblem::Ambiguous);
        }
        if let Ok(count) = text.parse() {
            return Ok(Self::Count(count));
        }
        let unquoted = text
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        let bare = unquoted.unwrap_or(text);
        match bare.strip_prefix("device=") {
            Some(list) if !list.contains('=') && !list.contains('"') => Self::names(list),
            None if !text.contains('=') => Self::names(text),
            _ => Ok(Self::Docker(text.to_owned())),
        }
    }

    fn names(list: &str) -> Result<Self, GpuProblem> {
        let names: Vec<_> = list.split(',').map(|name| name.trim().to_owned()).collect();
        match names.iter().find(|name| !is_gpu_name(name)) {
            Some(wrong) => Err(GpuProblem::Name(wrong.clone())),
            None => Ok(Self::Named(names)),
        }
    }

    /// Returns the value of docker's `--gpus`; `None` for no GPU.
    fn to_docker(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::All => Some("all".to_owned()),
            Self::Count(count) => Some(count.to_string()),
            Self::Named(names) => Some(csv::join(&[format!("device={}", names.join(","))])),
            Self::Docker(text) => Some(text.clone()),
        }
    }
}

/// An index, a UUID, or a CDI name.
fn is_gpu_name(name: &str) -> bool {
    let is_index = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    let is_mig_index = name.split_once(':').is_some_and(|(gpu, instance)| {
        is_gpu_name(gpu)
            && !instance.is_empty()
            && instance.bytes().all(|byte| byte.is_ascii_digit())
    });
    is_index || is_mig_index || name.starts_with("GPU-") || name.starts_with("MIG-")
}

/// Rewrites `--gpus` to docker's grammar and, if the engine is known, to what it can provide.
///
/// # Errors
/// Returns why a request cannot be served, before anything is created.
pub fn resolve(flags: Vec<Flag>, engine: Option<&EngineFacts>) -> Result<Vec<Flag>, GpuProblem> {
    let mut resolved = Vec::with_capacity(flags.len());
    for flag in flags {
        if flag.name == "gpus" {
            resolved.extend(resolve_one(flag, engine)?);
        } else {
            resolved.push(flag);
        }
    }
    Ok(resolved)
}

fn resolve_one(flag: Flag, engine: Option<&EngineFacts>) -> Result<Vec<Flag>, GpuProblem> {
    let wish = GpuWish::parse(flag.text())?;
    let Some(docker) = wish.to_docker() else {
        return Ok(Vec::new());
    };
    if let Some(names) = engine
        .map(|engine| provide(&wish, engine))
        .transpose()?
        .flatten()
    {
        let origin = |name: &String| Origin::Negotiated {
            from: format!("--gpus {}", flag.text()),
            why: format!("The engine provides `{name}` by CDI"),
        };
        let by_cdi = |name| Flag::value("device", format!("{KIND}={name}"), origin(&name));
        return Ok(names.into_iter().map(by_cdi).collect());
    }
    // A spelling of ours keeps its origin: it means what was typed.
    Ok(vec![Flag::value("gpus", docker, flag.origin)])
}

/// Returns the CDI names to ask for, or nothing if the runtime hook serves the request.
fn provide(wish: &GpuWish, engine: &EngineFacts) -> Result<Option<Vec<String>>, GpuProblem> {
    let nvidia = engine.runtimes.iter().any(|runtime| runtime == "nvidia");
    if nvidia || engine.gpu_hook == Some(true) || names_driver(wish) {
        return Ok(None);
    }
    let prefix = format!("{KIND}=");
    let devices = engine.cdi_devices.iter();
    let present: Vec<String> = devices
        .filter_map(|device| device.strip_prefix(&prefix).map(str::to_owned))
        .collect();
    if present.is_empty() {
        // An engine elsewhere may have a hook that cannot be seen from here; it will say.
        return match engine.gpu_hook {
            Some(false) if engine.api < LISTS_CDI => Err(GpuProblem::NoHook),
            Some(false) => Err(GpuProblem::NoDriver),
            Some(true) | None => Ok(None),
        };
    }
    match wish {
        GpuWish::None | GpuWish::Docker(_) => Ok(None),
        GpuWish::All => Ok(Some(all(&present))),
        GpuWish::Count(wanted) => first(*wanted, &present).map(Some),
        GpuWish::Named(names) => named(names, present).map(Some),
    }
}

/// Returns whether a request in docker's grammar is for a driver that it names, such as `cdi`: that
/// is between the user and the engine.
fn names_driver(wish: &GpuWish) -> bool {
    let GpuWish::Docker(text) = wish else {
        return false;
    };
    let mut fields = text.split(',').map(|field| field.trim_matches('"'));
    fields.any(|field| field.starts_with("driver=") && field != "driver=nvidia")
}

fn all(present: &[String]) -> Vec<String> {
    if present.iter().any(|name| name == "all") {
        return vec!["all".to_owned()];
    }
    indices(present)
}

/// The GPUs listed by index; a specification lists each by index, by UUID, or by both.
fn indices(present: &[String]) -> Vec<String> {
    let mut found: Vec<u32> = present
        .iter()
        .filter_map(|name| name.parse().ok())
        .collect();
    found.sort_unstable();
    found.iter().map(ToString::to_string).collect()
}

fn first(wanted: u32, present: &[String]) -> Result<Vec<String>, GpuProblem> {
    let found = indices(present);
    let count = usize::try_from(wanted).unwrap_or(usize::MAX);
    if found.len() < count {
        let present = found.len();
        return Err(GpuProblem::TooFew { wanted, present });
    }
    Ok(found.into_iter().take(count).collect())
}

fn named(names: &[String], present: Vec<String>) -> Result<Vec<String>, GpuProblem> {
    match names.iter().find(|name| !present.contains(name)) {
        Some(missing) => Err(GpuProblem::Missing {
            name: missing.clone(),
            present,
        }),
        None => Ok(names.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    fn docker(text: &str) -> Result<Option<String>, GpuProblem> {
        GpuWish::parse(text).map(|wish| wish.to_docker())
    }

    #[test_case("all", Some("all"))]
    #[test_case("ALL", Some("all"); "any case")]
    #[test_case("none", None)]
    #[test_case("None", None; "run.sh kept the runtime for this one")]
    #[test_case("2", Some("2"))]
    #[test_case("0,1", Some("\"device=0,1\""))]
    #[test_case("device=0", Some("device=0"))]
    #[test_case("device=0,1", Some("\"device=0,1\""); "without inner quotes")]
    #[test_case("\"device=0,1\"", Some("\"device=0,1\""); "with inner quotes")]
    #[test_case("GPU-3a23c669", Some("device=GPU-3a23c669"))]
    #[test_case("1:0", Some("device=1:0"); "instance of a GPU")]
    #[test_case("all,capabilities=utility", Some("all,capabilities=utility"); "docker's grammar")]
    fn gpus_read_as_people_mean_them(text: &str, expected: Option<&str>) {
        assert_eq!(docker(text).unwrap().as_deref(), expected);
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        assert_eq!(docker("0"), Err(GpuProblem::Ambiguous));
        assert_eq!(docker("first"), Err(GpuProblem::Name("first".into())));
        assert_eq!(docker("0,"), Err(GpuProblem::Name(String::new())));
    }

    fn engine(hook: Option<bool>, cdi: &[&str]) -> EngineFacts {
        EngineFacts {
            gpu_hook: hook,
            cdi_devices: cdi.iter().map(|name| (*name).to_owned()).collect(),
            ..EngineFacts::unknown()
        }
    }

    fn resolved(gpus: &str, engine: &EngineFacts) -> Result<Vec<String>, GpuProblem> {
        let flags = vec![Flag::value("gpus", gpus, Origin::Typed)];
        let flags = resolve(flags, Some(engine))?;
        Ok(flags.iter().flat_map(Flag::words).collect())
    }

    const CDI: &[&str] = &[
        "nvidia.com/gpu=0",
        "nvidia.com/gpu=1",
        "nvidia.com/gpu=all",
        "example.com/x=9",
    ];

    #[test_case("all", "--device nvidia.com/gpu=all")]
    #[test_case("1", "--device nvidia.com/gpu=0"; "the first")]
    #[test_case("0,1", "--device nvidia.com/gpu=0 --device nvidia.com/gpu=1")]
    #[test_case("none", ""; "none")]
    fn an_engine_with_cdi_only_is_asked_by_name(gpus: &str, expected: &str) {
        let words = resolved(gpus, &engine(Some(false), CDI)).unwrap();
        assert_eq!(words.join(" "), expected);
    }

    #[test]
    fn the_hook_serves_requests_as_they_are() {
        let words = resolved("0,1", &engine(Some(true), CDI)).unwrap();
        assert_eq!(words, ["--gpus", "\"device=0,1\""]);
    }

    #[test]
    fn a_driver_that_is_named_is_asked() {
        let wish = "driver=cdi,device=example.com/gpu=0";
        let words = resolved(wish, &engine(Some(false), &[])).unwrap();
        assert_eq!(words, ["--gpus", wish]);
        let nvidia = resolved("driver=nvidia,count=1", &engine(Some(false), &[]));
        assert_eq!(nvidia, Err(GpuProblem::NoDriver));
    }

    #[test_case("all", 51, &[] => GpuProblem::NoDriver; "no driver")]
    #[test_case("all", 41, &[] => GpuProblem::NoHook; "no hook on an old engine")]
    #[test_case("3", 51, CDI => GpuProblem::TooFew { wanted: 3, present: 2 }; "too few")]
    #[test_case("device=7", 51, CDI => GpuProblem::Missing { name: "7".into(), present: vec!["0".into(), "1".into(), "all".into()] }; "no such")]
    fn an_engine_that_cannot_is_reported_before_anything_is_created(
        gpus: &str,
        api: u32,
        cdi: &[&str],
    ) -> GpuProblem {
        let engine = EngineFacts {
            api: ApiVersion::new(1, api),
            ..engine(Some(false), cdi)
        };
        resolved(gpus, &engine).unwrap_err()
    }

    #[test]
    fn an_engine_elsewhere_may_have_a_hook() {
        assert!(resolved("all", &engine(None, &[])).is_ok());
    }
}
