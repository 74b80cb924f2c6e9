//! `SOURCE_DATE_EPOCH`: the time that an image and its files are given.

use jiff::Timestamp;

use super::error::PlanError;
use super::facts::Facts;
use super::findings::Findings;
use super::origin::{Origin, Setting};
use super::settings::Settings;

/// The variable, and the build argument.
pub(super) const NAME: &str = "SOURCE_DATE_EPOCH";

/// Returns the time that was asked for. The build argument wins over the environment; an empty one
/// is none, as for BuildKit.
pub(super) fn epoch(
    settings: &Settings,
    facts: &Facts,
    findings: &mut Findings,
) -> Option<Setting<Timestamp>> {
    let mut build_args = settings.build_args.iter();
    let Some(asked) = build_args.rfind(|asked| asked.value.name == NAME) else {
        let origin = Origin::Environment(NAME.into());
        return facts
            .source_date_epoch
            .map(|time| Setting::new(time, origin));
    };
    let text = asked.value.value.as_str();
    if text.is_empty() {
        return None;
    }
    let seconds = text.parse().ok();
    let time = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    if time.is_none() {
        findings.error(PlanError::Refused {
            message: format!("Build argument `{NAME}` is `{text}`, not a number of seconds"),
            hint: Some(format!(
                "Write `--build-arg {NAME}=$(git log -1 --format=%ct)`"
            )),
            origin: asked.origin.clone(),
            is_near_a_secret: false,
        });
    }
    time.map(|time| Setting::new(time, asked.origin.clone()))
}
