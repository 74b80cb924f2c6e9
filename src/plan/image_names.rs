//! The names of an image: templates filled in, made valid or refused.

use super::axes::Asked;
use super::error::PlanError;
use super::findings::Findings;
use super::origin::{Origin, Setting};
use super::settings::Settings;
use super::values::Values;
use crate::docker::output::Output;
use crate::docker::reference::{DEFAULT_DOMAIN, Reference, ReferenceError};
use crate::problem::capitalized;
use crate::profile::{Profile, Tags, Template, Variable};
use crate::toml_file::Located;

/// The default template of the name that says the version.
const PRIMARY: &str = "dynamo:{version}-{framework}{-target}";
/// The default template of the name that moves along with every build.
const LATEST: &str = "dynamo:latest-{framework}{-target}";

/// Returns the names of a target's image, each with who set it.
pub(super) fn image_names(
    profile: &Profile,
    settings: &Settings,
    target: &Asked<'_>,
    values: &Values<'_>,
    findings: &mut Findings,
) -> Vec<Setting<String>> {
    let mut templates = asked(settings, findings);
    if templates.is_empty() {
        let written = target
            .table
            .tags
            .primary
            .as_ref()
            .or(profile.tags.primary.as_ref());
        templates.extend(written_or(written, PRIMARY));
    }
    if settings
        .tag_latest
        .as_ref()
        .is_none_or(|latest| latest.value)
    {
        templates.extend(moving([&target.table.tags, &profile.tags]));
    }
    let mut names: Vec<Setting<String>> = Vec::new();
    for template in templates {
        let text = values.expand(&template.value, findings);
        match text.parse::<Reference>() {
            Ok(reference) if reference.digest().is_some() => findings.error(PlanError::Refused {
                message: format!("Image name `{text}` has a digest, which only the build decides"),
                hint: Some(format!("Write `{}`", reference.familiar_name())),
                origin: template.origin,
                is_near_a_secret: false,
            }),
            // Without a tag, docker would say `latest`; better to read it here.
            Ok(reference) => {
                let mut name = reference.tagged().to_string();
                if is_for_another_device(profile, &template, values) {
                    name = format!("{name}-{}", values.in_a_tag(Variable::Device, findings));
                }
                let name = Setting::new(name, template.origin);
                if !names.iter().any(|known| known.value == name.value) {
                    names.push(name);
                }
            }
            Err(error) => findings.error(refusal(&error, template, values)),
        }
    }
    names
}

/// Says what is wrong with a name, and whether a value that it lacks is to blame.
fn refusal(error: &ReferenceError, template: Setting<Template>, values: &Values<'_>) -> PlanError {
    let Some((variable, why)) = values.empty(&template.value) else {
        return PlanError::refused(error, template.origin);
    };
    PlanError::Refused {
        message: format!(
            "{}; `{{{variable}}}` is empty, since {why}",
            capitalized(&error.to_string())
        ),
        hint: Some(format!(
            "Write a tag that does without it, for example `{{target}}{{-{variable}}}`"
        )),
        origin: template.origin,
        is_near_a_secret: false,
    }
}

/// Images for several devices would take each other's names where a profile names no device. Those
/// for the default device keep the names that they have when they are built alone.
fn is_for_another_device(
    profile: &Profile,
    template: &Setting<Template>,
    values: &Values<'_>,
) -> bool {
    let default = profile.default_device.as_ref().map(Located::as_str);
    let is_of_profile = matches!(
        template.origin,
        Origin::BuiltIn | Origin::File(_) | Origin::OwnFile(_)
    );
    values.axes.several_devices
        && is_of_profile
        && default != Some(values.axes.device)
        && !template.value.names(Variable::Device)
}

/// Returns the name that moves along with every build of a target on the default device, if it can
/// be known without a build. `called` is the framework as the user names it.
pub fn moving_name(profile: &Profile, called: &str, target: &str) -> Option<String> {
    let table = profile.targets.get(target);
    let own = table.map(|table| &table.tags);
    let template = moving(own.into_iter().chain([&profile.tags]))?.value;
    let device = profile.default_device.as_ref().map(Located::as_str);
    let unknown = std::cell::Cell::new(false);
    let name = template.expand(|variable| {
        let value = match variable {
            Variable::Framework => Some(called),
            Variable::Target => Some(target),
            Variable::Device => device,
            Variable::Version
            | Variable::Source
            | Variable::Arch
            | Variable::Revision
            | Variable::Branch => None,
        };
        unknown.set(unknown.get() || value.is_none());
        value.unwrap_or_default().into()
    });
    (!unknown.get()).then_some(name)
}

/// The names that the user gave; they may be templates, because `{` stands in no image name.
fn asked(settings: &Settings, findings: &mut Findings) -> Vec<Setting<Template>> {
    let mut templates = Vec::new();
    for tag in &settings.tags {
        match Template::parse(&tag.value) {
            Ok(template) => templates.push(Setting::new(template, tag.origin.clone())),
            Err(reason) => findings.error(PlanError::Invalid {
                what: "image name",
                value: tag.value.clone(),
                reason,
                origin: tag.origin.clone(),
            }),
        }
    }
    templates
}

/// Returns the template of the moving name: that of the nearest tables which say anything of names.
fn moving<'a>(tables: impl IntoIterator<Item = &'a Tags>) -> Option<Setting<Template>> {
    match tables.into_iter().find(|tags| tags.is_given()) {
        Some(tags) => tags.moving().map(Setting::from),
        None => written_or(None, LATEST),
    }
}

fn written_or(written: Option<&Located<Template>>, default: &str) -> Option<Setting<Template>> {
    if let Some(template) = written {
        return Some(Setting::from(template.clone()));
    }
    let template = Template::parse(default).ok()?;
    Some(Setting::new(template, Origin::BuiltIn))
}

/// Returns the names that are pushed: those that were asked for, and those that have a repository to
/// go to.
pub(super) fn names_to_push(
    names: &[Setting<String>],
    target: &Asked<'_>,
    findings: &mut Findings,
) -> Vec<Setting<String>> {
    let is_asked =
        |name: &Setting<String>| matches!(name.origin, Origin::Flag(_) | Origin::Environment(_));
    let (push, local): (Vec<_>, Vec<_>) = names
        .iter()
        .cloned()
        .partition(|name| is_asked(name) || has_repository(&name.value));
    if push.is_empty() && findings.errors.is_empty() {
        findings.error(PlanError::LocalOnlyPush {
            target: target.name.to_owned(),
            tags: local.into_iter().map(|name| name.value).collect(),
        });
        return push;
    }
    for name in local {
        findings.note(format!(
            "`{}` names no registry and is not pushed",
            name.value
        ));
    }
    push
}

/// Gives outputs that push, and have no names of their own, the names that `--push` would push.
/// Returns the names of the build: those alone, if nothing else is made of it.
pub(super) fn pushed_by_outputs(
    outputs: &mut [Setting<Output>],
    tags: Vec<Setting<String>>,
    settings: &Settings,
    target: &Asked<'_>,
    findings: &mut Findings,
) -> Vec<Setting<String>> {
    let pushes = |output: &Output| output.is_pushed() && output.names.is_none();
    if tags.is_empty() || !outputs.iter().any(|output| pushes(&output.value)) {
        return tags;
    }
    let push = names_to_push(&tags, target, findings);
    let is_loaded = settings.load.as_ref().is_some_and(|load| load.value);
    if !is_loaded && outputs.iter().all(|output| pushes(&output.value)) {
        return push;
    }
    if push.len() < tags.len() {
        let names: Vec<_> = push.into_iter().map(|name| name.value).collect();
        for output in outputs.iter_mut().filter(|output| pushes(&output.value)) {
            output.value = output.value.with_names(&names);
        }
    }
    tags
}

/// Returns whether a name is more than one word: docker would push that to Docker Hub's `library`,
/// which refuses.
fn has_repository(name: &str) -> bool {
    let Ok(reference) = name.parse::<Reference>() else {
        return false;
    };
    reference.domain() != DEFAULT_DOMAIN || !reference.path().starts_with("library/")
}
