//! The environment: `-e` and `--env-file`.

use super::{Refusal, RunOption};
use crate::docker::env::EnvVar;
use crate::docker::env_file;
use crate::text_file;

pub(super) const OPTIONS: &[RunOption] = &[
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
];
