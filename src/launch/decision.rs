//! From what was typed to what is created: defaults, meanings, negotiation, checks.

use super::apply;
use super::defaults::Defaults;
use super::facts::{EngineFacts, HostFacts};
use super::flag::{Flag, Flags as _, Origin};
use super::image::Chosen;
use super::implied::{Context, Implied, SECRETS, SecretFile, imply};
use super::negotiate::{check_api, negotiate_ulimits, resolve_gpus};
use super::note::Note;
use super::request::{Request, UlimitPolicy};
use super::secret_place::{self, SecretPlace};
use super::spec::{ContainerSpec, Pull};
use crate::problem::{Problem, ProblemKind, Problems};
use crate::profile::Profile;

const SECRETS_IN_VOLUME: &str = "The files of `--secret` are in a volume of their own, because the \
     container's file system is read-only or hidden there; `--rm` and `dynrun stop` remove it with \
     the container, as does `docker rm --volumes`";

/// Everything that is decided before the engine is asked to create something.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The image and command.
    pub chosen: Chosen,
    /// The flags of `docker run` that come to the same, in order, each with its origin.
    pub flags: Vec<Flag>,
    /// What they amount to.
    pub spec: ContainerSpec,
    /// Remarks for people.
    pub notes: Vec<Note>,
    /// Directories of the host that are made, as the user, before the start.
    pub directories: Vec<std::path::PathBuf>,
    /// Secrets that are copied in before the start.
    pub secrets: Vec<SecretFile>,
    /// The directory that is mounted as the workspace, if one is.
    pub workspace: Option<std::path::PathBuf>,
    /// Whether the host's user gets an entry in the container's account database.
    pub host_user: bool,
    /// What to do about limits that the engine cannot set.
    pub ulimit_policy: UlimitPolicy,
}

/// What a launch is decided from.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// What was typed.
    pub request: &'a Request,
    /// The framework's profile, complete.
    pub profile: &'a Profile,
    /// The machine and account.
    pub host: &'a HostFacts,
    /// The engine; none in a dry run, which asks nobody.
    pub engine: Option<&'a EngineFacts>,
}

impl Launch {
    /// Decides a launch.
    ///
    /// # Errors
    /// Returns all problems that are independent of each other.
    pub fn decide(inputs: Inputs<'_>) -> Result<Self, Problems> {
        let Inputs {
            request,
            profile,
            host,
            engine,
        } = inputs;
        let chosen = Chosen::new(request, profile).ok_or_else(no_image)?;
        let table = &profile.run;
        let context = Context {
            request,
            host,
            table,
        };
        let defaults = if request.no_defaults {
            Defaults::none()
        } else {
            Defaults::new(&context)
        };
        let implied = imply(&context)?;
        let policy = request.ulimit_policy.unwrap_or(defaults.ulimit_policy);
        let mut notes = [defaults.notes, implied.notes.clone()].concat();
        let flags = gather(defaults.flags, &implied, request);
        let flags = if request.no_defaults {
            flags
        } else {
            resolve_gpus(flags, engine)?
        };
        let mut flags = match engine.and_then(|engine| engine.limits.as_ref()) {
            Some(limits) => {
                let (flags, told) = negotiate_ulimits(flags, limits, policy).map_err(several)?;
                notes.extend(told);
                flags
            }
            None => flags,
        };
        let mut spec = apply::specification(&flags, host, &chosen)?;
        let place = if implied.secrets.is_empty() {
            SecretPlace::Container
        } else {
            SecretPlace::in_container(&spec)
        };
        match place {
            SecretPlace::Container => {}
            SecretPlace::Taken => return Err(secret_place::taken().into()),
            SecretPlace::Volume => {
                flags.push(Flag::value("volume", SECRETS, Origin::Implied("--secret")));
                notes.push(Note::new(SECRETS_IN_VOLUME));
                spec = apply::specification(&flags, host, &chosen)?;
            }
        }
        check(&spec, &chosen, engine)?;
        notes.extend(remarks(&spec, &chosen, request));
        Ok(Self {
            chosen,
            flags,
            spec,
            notes,
            directories: implied.directories,
            secrets: implied.secrets,
            workspace: implied.workspace,
            host_user: implied.host_user,
            ulimit_policy: policy,
        })
    }
}

/// Puts flags together so that what was typed comes last and wins.
fn gather(defaults: Vec<Flag>, implied: &Implied, request: &Request) -> Vec<Flag> {
    // What a flag of dynrun implies replaces a default of the same kind ...
    let replaced = |flag: &Flag| {
        let single = ["user", "workdir"].contains(&flag.name);
        single && implied.flags.has(flag.name)
    };
    let kept = defaults.into_iter().filter(|flag| !replaced(flag));
    // ... and `--user host` is replaced by what it means.
    let meant = |flag: &&Flag| !(flag.name == "user" && implied.flags.has("user"));
    kept.chain(implied.flags.iter().cloned())
        .chain(request.flags.iter().filter(meant).cloned())
        .collect()
}

fn several<E: Into<Problem>>(errors: Vec<E>) -> Problems {
    Problems(errors.into_iter().map(Into::into).collect())
}

fn no_image() -> Problem {
    Problem::new(ProblemKind::Usage, "No image is given")
        .hint("Name one: `dynrun --no-defaults IMAGE [COMMAND]`")
}

/// Checks what docker's own command line leaves to the engine, or to nobody.
fn check(
    spec: &ContainerSpec,
    chosen: &Chosen,
    engine: Option<&EngineFacts>,
) -> Result<(), Problems> {
    let mut problems = Vec::new();
    problems.extend(chosen.check().err());
    problems.extend(check_workdir(spec));
    if let Some(engine) = engine {
        problems.extend(check_api(spec, engine));
    }
    Problems(problems).or(())
}

fn check_workdir(spec: &ContainerSpec) -> Option<Problem> {
    let workdir = spec
        .process
        .workdir
        .as_deref()
        .filter(|dir| !dir.is_empty())?;
    if workdir.starts_with('/') {
        return None;
    }
    let message = format!("Invalid value `{workdir}` for `--workdir`: not an absolute path");
    Some(Problem::new(ProblemKind::Usage, message).hint(format!("Write `--workdir /{workdir}`")))
}

/// Remarks about combinations that work, but not as they look.
fn remarks(spec: &ContainerSpec, chosen: &Chosen, request: &Request) -> Vec<Note> {
    let mut notes = Vec::new();
    if request.no_defaults {
        return notes;
    }
    if spec.launch.pull == Pull::Always
        && let Some(line) = chosen.build_line()
    {
        notes.push(Note::new(format!(
            "`--pull always` has no effect on an image that dynbuild makes; make it again: `{line}`"
        )));
    }
    let mut networks = spec.network.attachments.iter();
    let on_host = networks.any(|network| network.target == "host");
    if on_host && !spec.network.published.is_empty() {
        notes.push(Note::new(
            "Published ports have no effect on the host's network: the container's ports are the \
             host's; `--network bridge` would make them count",
        ));
    }
    notes
}

#[cfg(test)]
mod tests;
