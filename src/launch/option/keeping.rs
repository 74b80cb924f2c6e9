//! What it is called, and what is left of it: name, labels, logs, `--rm`, `--restart`.

use super::effect::{unless_empty, value};
use super::{Refusal, RunOption};
use crate::docker::{checks, env_file};
use crate::text_file;

pub(super) const OPTIONS: &[RunOption] = &[
    value!("name", text => spec.name = unless_empty(text)),
    RunOption::text("hostname", |draft| &mut draft.spec.network.hostname),
    RunOption::text("domainname", |draft| &mut draft.spec.network.domainname),
    value!("label", text => labels.push(pair(checks::label(text)?))),
    RunOption::value("label-file", |draft, text| {
        let content = text_file::read(&draft.host.cwd.join(text), text_file::USUAL_LIMIT)?;
        let lines = env_file::parse(&content, |_| Some(String::new()));
        for line in lines.map_err(Refusal::first)? {
            let value = line.value().unwrap_or_default().to_owned();
            draft.labels_of_files.push((line.name().to_owned(), value));
        }
        Ok(())
    }),
    value!("annotation", text => spec.annotations.extend([pair(checks::label(text)?)])),
    RunOption::text("log-driver", |draft| &mut draft.spec.keeping.log_driver),
    value!("log-opt", text => spec.keeping.log_options.extend([pair(text)])),
    RunOption::switch("rm", |draft, on| draft.spec.keeping.remove = on),
    value!("restart", text => spec.keeping.restart = text.parse()?),
];

/// Splits `key=value`; the value may be left out.
fn pair(text: &str) -> (String, String) {
    let (key, value) = text.split_once('=').unwrap_or((text, ""));
    (key.to_owned(), value.to_owned())
}
