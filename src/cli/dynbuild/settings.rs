//! What was typed, and what the environment says, as [`Settings`] that know where they come from.

use std::fmt::Display;

use crate::cli::environment::Environment;
use crate::docker::cache::Masked;
use crate::docker::number::boolean;
use crate::docker::secret::{SecretSpec, Source as SecretFrom};
use crate::docker::step::Entitlement;
use crate::plan::{Named, Origin, SecretSource, Setting, Settings};
use crate::problem::{Problem, Problems};
use crate::profile::Source;
use crate::redact::Redactor;
use crate::toml_file::{Merge as _, with_choices};

use super::args::{BuildArgs, CacheArgs, InputArgs, ResultArgs, SelectionArgs, StepArgs};
use super::components::components_into;
use super::permission::Permission;
use super::trtllm::trtllm_into;
use super::user_file;

/// Joins flags, environment and the user's own file; the first of them that says something wins.
///
/// # Errors
/// Returns every value whose form is wrong.
pub(super) fn settings(args: &BuildArgs, environment: &Environment) -> Result<Settings, Problems> {
    let mut reader = Reader {
        environment,
        problems: Vec::new(),
    };
    let flags = reader.flags(args);
    let variables = reader.variables();
    let file = user_file::read(environment).unwrap_or_else(|Problems(problems)| {
        reader.problems.extend(problems);
        Settings::default()
    });
    Problems(reader.problems).or(flags.merge(variables).merge(file))
}

/// Returns what masks the credentials of caches, which messages about the settings could show.
pub(super) fn redactor(settings: &Settings) -> Redactor {
    let caches = settings.cache_from.iter().chain(&settings.cache_to);
    let credentials = caches.flat_map(|cache| Masked(&cache.value).credentials());
    Redactor::new(&credentials.collect::<Vec<_>>())
}

/// Joins the flags that select what to build with the environment.
///
/// # Errors
/// Returns every value whose form is wrong.
pub(super) fn selection(
    args: &SelectionArgs,
    environment: &Environment,
) -> Result<Settings, Problems> {
    let build = BuildArgs {
        selection: args.clone(),
        ..BuildArgs::default()
    };
    settings(&build, environment)
}

/// Reads values and collects what is wrong with them.
struct Reader<'a> {
    environment: &'a Environment,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn flags(&mut self, args: &BuildArgs) -> Settings {
        let BuildArgs {
            selection,
            inputs,
            components,
            trtllm,
            results,
            caches,
            steps,
            run,
        } = args;
        let mut settings = Settings {
            complete_logs: one("--complete-logs", run.complete_logs.as_ref()),
            ..Settings::default()
        };
        self.selection(selection, &mut settings);
        // Before `--disable`, which is the stronger word.
        components_into(components, &mut settings);
        let wrong = trtllm_into(trtllm, self.environment, &mut settings);
        self.problems.extend(wrong);
        self.inputs(inputs, &mut settings);
        results_into(results, &mut settings);
        self.labels(results, &mut settings);
        caches_into(caches, &mut settings);
        steps_into(steps, &mut settings);
        settings
    }

    fn selection(&mut self, args: &SelectionArgs, settings: &mut Settings) {
        let SelectionArgs {
            set,
            framework,
            target,
            device,
            cuda_version,
            platform,
            source,
            context,
            profile_dir,
        } = args;
        settings.set = one("--set", set.as_ref());
        settings.frameworks = all("--framework", framework);
        settings.targets = all("--target", target);
        settings.devices = all("--device", device);
        let versions = cuda_version.iter();
        settings.devices.extend(
            versions.map(|version| Setting::flag(format!("cuda{version}"), "--cuda-version")),
        );
        settings.platforms = all("--platform", platform);
        settings.source = self.parsed(source.as_deref(), &Origin::Flag("--source".into()));
        settings.context = one("--context", context.as_ref());
        settings.profile_dir = one("--profile-dir", profile_dir.as_ref());
    }

    fn inputs(&mut self, args: &InputArgs, settings: &mut Settings) {
        let InputArgs {
            build_arg,
            allow_unknown_build_arg,
            build_context,
            secret,
            ssh,
            enable,
            disable,
            uid,
            gid,
        } = args;
        for text in build_arg {
            settings.build_args.extend(self.build_arg(text));
        }
        settings.allow_unknown_build_arg = *allow_unknown_build_arg;
        for text in build_context {
            let context = self.named("--build-context", text, "NAME=PATH");
            settings.contexts.extend(context);
        }
        settings.ssh = all("--ssh", ssh);
        for text in secret {
            settings.secrets.extend(self.secret(text));
        }
        let switched = |flag: &'static str, on: bool| {
            move |name: &String| Setting::flag(Named::new(name.clone(), on), flag)
        };
        let enabled = enable.iter().map(switched("--enable", true));
        let disabled = disable.iter().map(switched("--disable", false));
        settings.features.extend(enabled.chain(disabled));
        for (flag, name, number) in [("--uid", "USER_UID", uid), ("--gid", "USER_GID", gid)] {
            if let Some(number) = number {
                let named = Named::new(name, number.to_string());
                settings.options.push(Setting::flag(named, flag));
            }
        }
    }

    fn labels(&mut self, args: &ResultArgs, settings: &mut Settings) {
        for text in &args.label {
            let label = self.named("--label", text, "KEY=VALUE");
            settings.labels.extend(label);
        }
    }

    /// As docker: `NAME` alone takes the variable of that name, and is left out if there is none.
    fn build_arg(&mut self, text: &str) -> Option<Setting<Named<String>>> {
        if text.contains('=') {
            return self.named("--build-arg", text, "KEY=VALUE");
        }
        let value = self.environment.variables().get(text)?;
        let origin = Origin::Environment(text.to_owned());
        Some(Setting::new(Named::new(text, value.clone()), origin))
    }

    fn named(
        &mut self,
        flag: &'static str,
        text: &str,
        form: &'static str,
    ) -> Option<Setting<Named<String>>> {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => {
                Some(Setting::flag(Named::new(name, value), flag))
            }
            _ => {
                let shown = if text.starts_with('=') {
                    "=\u{2026}"
                } else {
                    text
                };
                let message = format!("`{flag} {shown}` is not of the form `{form}`");
                let hint = format!("Write it as `{flag} {form}`");
                self.problems.push(Problem::usage(message).hint(hint));
                None
            }
        }
    }

    fn secret(&mut self, text: &str) -> Option<Setting<Named<SecretSource>>> {
        let spec: SecretSpec = self.checked("--secret", text.parse())?;
        let source = match spec.source {
            SecretFrom::Environment(name) => SecretSource::Environment(name),
            SecretFrom::File(path) => SecretSource::File(path),
            SecretFrom::Unsaid if self.environment.get(&spec.id).is_some() => {
                SecretSource::Environment(spec.id.clone())
            }
            SecretFrom::Unsaid => SecretSource::File(spec.id.clone()),
        };
        Some(Setting::flag(Named::new(spec.id, source), "--secret"))
    }

    fn variables(&mut self) -> Settings {
        let variable = |name: &str| {
            let value = self.environment.get(name)?;
            let origin = Origin::Environment(name.to_owned());
            Some(Setting::new(value, origin))
        };
        let source = variable("DYNBUILD_SOURCE");
        let mut settings = Settings {
            frameworks: variable("DYNBUILD_FRAMEWORK").into_iter().collect(),
            targets: variable("DYNBUILD_TARGET").into_iter().collect(),
            devices: variable("DYNBUILD_DEVICE").into_iter().collect(),
            platforms: variable("DYNBUILD_PLATFORM").into_iter().collect(),
            profile_dir: variable("DYNBUILD_PROFILE_DIR")
                .map(|setting: Setting<String>| setting.map(Into::into)),
            // The one place of a secret that a variable names instead of holding it.
            secrets: variable("AWS_WEB_IDENTITY_TOKEN_FILE")
                .map(|setting: Setting<String>| {
                    let id = "aws-web-identity-token";
                    setting.map(|path| Named::new(id, SecretSource::File(path)))
                })
                .into_iter()
                .collect(),
            ..Settings::default()
        };
        settings.source = source.and_then(|setting: Setting<String>| {
            self.parsed(Some(&setting.value), &setting.origin)
        });
        settings
    }

    fn parsed(&mut self, text: Option<&str>, origin: &Origin) -> Option<Setting<Source>> {
        let text = text?;
        let Ok(source) = text.parse::<Source>() else {
            let mut problem = Problem::usage(format!("Unknown source `{text}`"));
            problem.causes.push(format!("Set by `{origin}`"));
            let problem = with_choices(problem, "Valid sources", text, Source::words());
            self.problems.push(problem);
            return None;
        };
        Some(Setting::new(source, origin.clone()))
    }

    fn checked<T, E: Display>(&mut self, flag: &str, parsed: Result<T, E>) -> Option<T> {
        parsed
            .map_err(|error| {
                let message = format!("The value of `{flag}` is wrong: {error}");
                self.problems.push(Problem::usage(message));
            })
            .ok()
    }
}

fn results_into(args: &ResultArgs, settings: &mut Settings) {
    let ResultArgs {
        tag,
        no_tag_latest,
        label: _,
        annotation,
        load,
        no_load,
        push,
        output,
        compression,
        attest,
        provenance,
        sbom,
        metadata_file: _,
        iidfile: _,
    } = args;
    settings.steps.annotations = all("--annotation", annotation);
    settings.tags = all("--tag", tag);
    settings.compression = compression.map(|kind| Setting::flag(kind, "--compression"));
    settings.tag_latest = no_tag_latest.then(|| Setting::flag(false, "--no-tag-latest"));
    settings.load = match (load, no_load) {
        (Some(load), _) => Some(Setting::flag(*load, "--load")),
        (_, true) => Some(Setting::flag(false, "--no-load")),
        _ => None,
    };
    settings.push = push.map(|push| Setting::flag(push, "--push"));
    settings.outputs = all("--output", output);
    settings.attestations = all("--attest", attest);
    for (flag, kind, asked) in [
        ("--provenance", "provenance", provenance),
        ("--sbom", "sbom", sbom),
    ] {
        let attestation = asked.as_ref().map(|asked| attestation(kind, asked));
        settings
            .attestations
            .extend(one(flag, attestation.as_ref()));
    }
}

/// Returns what `--provenance` and `--sbom` mean in the words of `--attest`.
fn attestation(kind: &str, asked: &str) -> String {
    match boolean(asked) {
        Ok(true) => format!("type={kind}"),
        Ok(false) => format!("type={kind},disabled=true"),
        Err(_) => format!("type={kind},{asked}"),
    }
}

fn caches_into(args: &CacheArgs, settings: &mut Settings) {
    let CacheArgs {
        cache_from,
        cache_to,
        no_smoke,
        no_cache,
        pull,
    } = args;
    settings.cache_from = all("--cache-from", cache_from);
    settings.cache_to = all("--cache-to", cache_to);
    settings.no_smoke = no_smoke.then(|| Setting::flag(true, "--no-smoke"));
    settings.no_cache = no_cache.map(|no_cache| Setting::flag(no_cache, "--no-cache"));
    settings.pull = pull.map(|pull| Setting::flag(pull, "--pull"));
}

fn steps_into(args: &StepArgs, settings: &mut Settings) {
    let StepArgs {
        network,
        add_host,
        shm_size,
        ulimit,
        allow,
        no_cache_filter,
    } = args;
    let (allowed_steps, allowed_reads) = permissions(allow);
    settings.allowed_reads = all("--allow", &allowed_reads);
    let steps = &mut settings.steps;
    steps.network = network.map(|network| Setting::flag(network, "--network"));
    steps.add_hosts = all("--add-host", add_host);
    steps.shm_size = shm_size.map(|size| Setting::flag(size, "--shm-size"));
    steps.ulimits = all("--ulimit", ulimit);
    steps.allow = all("--allow", &allowed_steps);
    steps.no_cache_filter = all("--no-cache-filter", no_cache_filter);
}

/// Returns what steps may do, and what may be read.
fn permissions(allowed: &[Permission]) -> (Vec<Entitlement>, Vec<String>) {
    let (mut steps, mut reads) = (Vec::new(), Vec::new());
    for permission in allowed {
        match permission {
            Permission::Step(entitlement) => steps.push(*entitlement),
            Permission::Read(path) => reads.push(path.clone()),
        }
    }
    (steps, reads)
}

fn all<T: Clone>(flag: &str, values: &[T]) -> Vec<Setting<T>> {
    let values = values.iter().cloned();
    values.map(|value| Setting::flag(value, flag)).collect()
}

fn one<T: Clone>(flag: &str, value: Option<&T>) -> Option<Setting<T>> {
    value.map(|value| Setting::flag(value.clone(), flag))
}
