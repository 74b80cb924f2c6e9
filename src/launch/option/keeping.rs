//! What it is called, and what is left of it: name, labels, logs, `--rm`, `--restart`.

use super::{Refusal, RunOption};
use crate::docker::{checks, env_file};
use crate::text_file;

pub(super) const OPTIONS: &[RunOption] = &[
    RunOption::value("name", |draft, text| {
        draft.spec.name = Some(text.to_owned()).filter(|name| !name.is_empty());
        Ok(())
    }),
    RunOption::text("hostname", |draft| &mut draft.spec.network.hostname),
    RunOption::text("domainname", |draft| &mut draft.spec.network.domainname),
    RunOption::value("label", |draft, text| {
        draft.labels.push(pair(checks::label(text)?));
        Ok(())
    }),
    RunOption::value("label-file", |draft, text| {
        let content = text_file::read(&draft.host.cwd.join(text), text_file::USUAL_LIMIT)?;
        let lines = env_file::parse(&content, |_| Some(String::new()));
        for line in lines.map_err(Refusal::first)? {
            let value = line.value().unwrap_or_default().to_owned();
            draft.labels_of_files.push((line.name().to_owned(), value));
        }
        Ok(())
    }),
    RunOption::value("annotation", |draft, text| {
        draft.spec.annotations.extend([pair(checks::label(text)?)]);
        Ok(())
    }),
    RunOption::text("log-driver", |draft| &mut draft.spec.keeping.log_driver),
    RunOption::value("log-opt", |draft, text| {
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        let options = &mut draft.spec.keeping.log_options;
        options.insert(key.to_owned(), value.to_owned());
        Ok(())
    }),
    RunOption::switch("rm", |draft, on| draft.spec.keeping.remove = on),
    RunOption::value("restart", |draft, text| {
        draft.spec.keeping.restart = text.parse()?;
        Ok(())
    }),
];

/// Splits `key=value`; the value may be left out.
fn pair(text: &str) -> (String, String) {
    let (key, value) = text.split_once('=').unwrap_or((text, ""));
    (key.to_owned(), value.to_owned())
}
