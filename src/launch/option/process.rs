//! The process: entry point, user, streams, environment, health, how it is stopped.

use super::effect::{unless_empty, value};
use super::{Refusal, RunOption};
use crate::docker::duration::GoDuration;
use crate::docker::env::EnvVar;
use crate::docker::{checks, env_file, number};
use crate::text_file;

pub(super) const OPTIONS: &[RunOption] = &[
    RunOption::text("entrypoint", |draft| &mut draft.spec.process.entrypoint),
    RunOption::text("user", |draft| &mut draft.spec.process.user),
    RunOption::texts("group-add", |draft| &mut draft.spec.process.groups),
    RunOption::text("workdir", |draft| &mut draft.spec.process.workdir),
    RunOption::switch("init", |draft, on| draft.spec.process.init = Some(on)),
    RunOption::text("stop-signal", |draft| &mut draft.spec.process.stop_signal),
    RunOption::integer("stop-timeout", |draft| &mut draft.spec.process.stop_timeout),
    RunOption::switch("interactive", |draft, on| {
        draft.spec.streams.interactive = on;
    }),
    RunOption::switch("tty", |draft, on| draft.spec.streams.tty = on),
    value!("attach", text => spec.streams.attach.push(checks::attach(text)?)),
    RunOption::value("env", |draft, text| {
        let variable: EnvVar = text.parse()?;
        let variable = variable.or_from(|name| draft.host.env.get(name).cloned());
        draft.env.push(variable);
        Ok(())
    }),
    RunOption::value("env-file", |draft, text| {
        let content = text_file::read(&draft.host.cwd.join(text), text_file::USUAL_LIMIT)?;
        let lines = env_file::parse(&content, |name| draft.host.env.get(name).cloned());
        draft.env_of_files.extend(lines.map_err(Refusal::first)?);
        Ok(())
    }),
    value!("health-cmd", text => spec.health.command = unless_empty(text)),
    value!("health-interval", text => spec.health.interval = Some(nanos(text)?)),
    value!("health-timeout", text => spec.health.timeout = Some(nanos(text)?)),
    value!("health-start-period", text => spec.health.start_period = Some(nanos(text)?)),
    value!("health-start-interval", text => spec.health.start_interval = Some(nanos(text)?)),
    value!("health-retries", text => spec.health.retries = Some(retries(text)?)),
    RunOption::switch("no-healthcheck", |draft, on| {
        draft.spec.health.disabled = on;
    }),
];

fn nanos(text: &str) -> Result<i64, Refusal> {
    not_negative(text.parse::<GoDuration>()?.get())
}

fn retries(text: &str) -> Result<i64, Refusal> {
    not_negative(number::integer(text)?)
}

fn not_negative(value: i64) -> Result<i64, Refusal> {
    if value < 0 {
        return Err(Refusal::new("cannot be negative"));
    }
    Ok(value)
}
