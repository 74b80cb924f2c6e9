//! The process: entry point, user, groups, directory, init, how it is stopped.

use super::RunOption;
use crate::docker::number;

pub(super) const OPTIONS: &[RunOption] = &[
    RunOption::value("entrypoint", |draft, text| {
        draft.spec.process.entrypoint = Some(text.to_owned());
        Ok(())
    }),
    RunOption::value("user", |draft, text| {
        draft.spec.process.user = Some(text.to_owned());
        Ok(())
    }),
    RunOption::value("group-add", |draft, text| {
        draft.spec.process.groups.push(text.to_owned());
        Ok(())
    }),
    RunOption::value("workdir", |draft, text| {
        draft.spec.process.workdir = Some(text.to_owned());
        Ok(())
    }),
    RunOption::switch("init", |draft, on| draft.spec.process.init = Some(on)),
    RunOption::value("stop-signal", |draft, text| {
        draft.spec.process.stop_signal = Some(text.to_owned());
        Ok(())
    }),
    RunOption::value("stop-timeout", |draft, text| {
        draft.spec.process.stop_timeout = Some(number::integer(text)?);
        Ok(())
    }),
];
