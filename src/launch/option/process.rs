//! The process: entry point, user, streams, environment, health, how it is stopped.

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
    RunOption::value("attach", |draft, text| {
        draft.spec.streams.attach.push(checks::attach(text)?);
        Ok(())
    }),
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
    RunOption::value("health-cmd", |draft, text| {
        draft.spec.health.command = Some(text.to_owned()).filter(|command| !command.is_empty());
        Ok(())
    }),
    RunOption::value("health-interval", |draft, text| {
        draft.spec.health.interval = Some(nanos(text)?);
        Ok(())
    }),
    RunOption::value("health-timeout", |draft, text| {
        draft.spec.health.timeout = Some(nanos(text)?);
        Ok(())
    }),
    RunOption::value("health-start-period", |draft, text| {
        draft.spec.health.start_period = Some(nanos(text)?);
        Ok(())
    }),
    RunOption::value("health-start-interval", |draft, text| {
        draft.spec.health.start_interval = Some(nanos(text)?);
        Ok(())
    }),
    RunOption::value("health-retries", |draft, text| {
        draft.spec.health.retries = Some(not_negative(number::integer(text)?)?);
        Ok(())
    }),
    RunOption::switch("no-healthcheck", |draft, on| {
        draft.spec.health.disabled = on;
    }),
];

fn nanos(text: &str) -> Result<i64, Refusal> {
    not_negative(text.parse::<GoDuration>()?.get())
}

fn not_negative(value: i64) -> Result<i64, Refusal> {
    if value < 0 {
        return Err(Refusal::new("cannot be negative"));
    }
    Ok(value)
}
