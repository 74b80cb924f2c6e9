//! How steps run: what `docker buildx build` has flags for.

use std::collections::BTreeSet;

use serde::Serialize;

use super::error::PlanError;
use super::findings::Findings;
use super::origin::Setting;
use crate::docker::extra_host::ExtraHost;
use crate::docker::output::Output;
use crate::docker::size::ByteSize;
use crate::docker::step::{Annotation, Entitlement, StepNetwork};
use crate::docker::ulimit::Ulimit;
use crate::suggest::closest;

/// What was asked for about steps; only flags ask for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepSettings {
    /// The network of steps that do not say which.
    pub network: Option<Setting<StepNetwork>>,
    /// Names that steps resolve, with their addresses.
    pub add_hosts: Vec<Setting<ExtraHost>>,
    /// The size of `/dev/shm`.
    pub shm_size: Option<Setting<ByteSize>>,
    /// Limits of their processes.
    pub ulimits: Vec<Setting<Ulimit>>,
    /// What they may do beyond the ordinary.
    pub allow: Vec<Setting<Entitlement>>,
    /// Stages whose steps run although their results are cached.
    pub no_cache_filter: Vec<Setting<String>>,
    /// Remarks that images carry.
    pub annotations: Vec<Setting<Annotation>>,
}

/// How steps run, and which of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PlannedSteps {
    /// The network of steps that do not say which.
    #[serde(skip_serializing_if = "is_default")]
    pub network: StepNetwork,
    /// Names that steps resolve, with their addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub add_hosts: Vec<ExtraHost>,
    /// The size of `/dev/shm`; the engine's default if not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shm_size: Option<ByteSize>,
    /// Limits of their processes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ulimits: Vec<Ulimit>,
    /// What they may do beyond the ordinary.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<Entitlement>,
    /// Stages whose steps run although their results are cached.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub no_cache_filter: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_default(network: &StepNetwork) -> bool {
    *network == StepNetwork::Default
}

impl From<&StepSettings> for PlannedSteps {
    fn from(settings: &StepSettings) -> Self {
        Self {
            network: values(&settings.network).next().unwrap_or_default(),
            add_hosts: values(&settings.add_hosts).collect(),
            shm_size: values(&settings.shm_size).next(),
            ulimits: values(&settings.ulimits).collect(),
            allow: values(&settings.allow).collect(),
            no_cache_filter: stages(&settings.no_cache_filter)
                .map(|(stage, _)| stage)
                .collect(),
        }
    }
}

/// Decides how steps run, and notes who said so.
pub(super) fn planned(
    target: &str,
    settings: &StepSettings,
    findings: &mut Findings,
) -> PlannedSteps {
    let StepSettings {
        network,
        add_hosts,
        shm_size,
        ulimits,
        allow,
        no_cache_filter,
        annotations: _,
    } = settings;
    let mut note = |key: &str, values: Vec<Setting<String>>| {
        for value in values {
            findings.explanation.note(Some(target), key, value);
        }
    };
    note("network", shown(network));
    note("add-host", shown(add_hosts));
    note("shm-size", shown(shm_size));
    note("ulimit", shown(ulimits));
    note("allow", shown(allow));
    note("no-cache-filter", shown(no_cache_filter));
    PlannedSteps::from(settings)
}

/// Refuses names that no stage of any target has: they would be left out without a word.
pub(super) fn check_stages(
    settings: &StepSettings,
    names: &BTreeSet<String>,
    findings: &mut Findings,
) {
    for (stage, asked) in stages(&settings.no_cache_filter) {
        if names.iter().any(|name| name.eq_ignore_ascii_case(&stage)) {
            continue;
        }
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let hint = match closest(&stage, names.iter().copied()) {
            Some(name) => format!("Did you mean `{name}`?"),
            None => format!("The stages are {}", quoted(&names)),
        };
        findings.error(PlanError::Refused {
            message: format!("There is no stage `{stage}`"),
            hint: Some(hint),
            origin: asked.origin.clone(),
            is_near_a_secret: false,
        });
    }
}

fn quoted(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// Adds remarks to every output that makes an image.
pub(super) fn annotate(outputs: &mut [Setting<Output>], annotations: &[Setting<Annotation>]) {
    for output in outputs {
        for Annotation { attributes, value } in annotations.iter().map(|asked| &asked.value) {
            for attribute in attributes {
                output.value = output.value.with_attribute(attribute, value);
            }
        }
    }
}

fn values<'s, T: Clone + 's>(
    settings: impl IntoIterator<Item = &'s Setting<T>>,
) -> impl Iterator<Item = T> {
    settings.into_iter().map(|setting| setting.value.clone())
}

fn shown<'s, T: ToString + 's>(
    settings: impl IntoIterator<Item = &'s Setting<T>>,
) -> Vec<Setting<String>> {
    let settings = settings.into_iter();
    let shown =
        settings.map(|setting| Setting::new(setting.value.to_string(), setting.origin.clone()));
    shown.collect()
}

/// Returns the stages that a list of lists names, each with who named it.
fn stages(lists: &[Setting<String>]) -> impl Iterator<Item = (String, &Setting<String>)> {
    lists.iter().flat_map(|list| {
        let stages = list.value.split(',').filter(|stage| !stage.is_empty());
        stages.map(move |stage| (stage.to_owned(), list))
    })
}

impl PlannedSteps {
    /// Returns the flags of `docker buildx build` and their values.
    pub(super) fn flags(&self) -> Vec<(&'static str, String)> {
        let Self {
            network,
            add_hosts,
            shm_size,
            ulimits,
            allow,
            no_cache_filter,
        } = self;
        let network = Some(network).filter(|network| **network != StepNetwork::Default);
        let mut flags = each("--network", network);
        flags.extend(each("--add-host", add_hosts));
        flags.extend(each("--shm-size", shm_size));
        flags.extend(each("--ulimit", ulimits));
        flags.extend(each("--allow", allow));
        flags.extend(each("--no-cache-filter", no_cache_filter));
        flags
    }
}

/// Returns a flag once for each of its values.
pub(super) fn each(
    flag: &'static str,
    values: impl IntoIterator<Item = impl ToString>,
) -> Vec<(&'static str, String)> {
    let values = values.into_iter();
    values.map(|value| (flag, value.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_becomes_flags_again_and_what_is_usual_does_not() {
        assert_eq!(PlannedSteps::from(&StepSettings::default()).flags(), []);
        let settings = StepSettings {
            network: Some(Setting::flag(StepNetwork::Host, "--network")),
            add_hosts: vec![Setting::flag(
                "a=[::1]".parse::<ExtraHost>().unwrap(),
                "--add-host",
            )],
            shm_size: Some(Setting::flag(
                "64m".parse::<ByteSize>().unwrap(),
                "--shm-size",
            )),
            ulimits: vec![Setting::flag(
                "nofile=5".parse::<Ulimit>().unwrap(),
                "--ulimit",
            )],
            allow: vec![Setting::flag(Entitlement::SecurityInsecure, "--allow")],
            no_cache_filter: vec![Setting::flag("a,b", "--no-cache-filter")],
            annotations: Vec::new(),
        };
        let flags = PlannedSteps::from(&settings).flags().into_iter();
        let flags: Vec<_> = flags
            .map(|(flag, value)| format!("{flag} {value}"))
            .collect();
        insta::assert_snapshot!(flags.join("\n"), @r"
        --network host
        --add-host a:::1
        --shm-size 64m
        --ulimit nofile=5:5
        --allow security.insecure
        --no-cache-filter a
        --no-cache-filter b
        ");
    }

    #[test]
    fn annotations_go_to_outputs_that_are_images() {
        let asked = ["a=1", "index:b=2"]
            .map(|text| Setting::flag(text.parse::<Annotation>().unwrap(), "--annotation"));
        let output = |text: &str| Setting::flag(text.parse::<Output>().unwrap(), "--output");
        let mut outputs = [output("type=oci,dest=x"), output("type=local,dest=y")];
        annotate(&mut outputs, &asked);
        let texts = outputs.map(|output| output.value.to_string());
        assert_eq!(
            texts,
            [
                "type=oci,dest=x,annotation.a=1,annotation-index.b=2",
                "type=local,dest=y"
            ]
        );
    }
}
