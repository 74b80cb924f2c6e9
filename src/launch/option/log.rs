//! Logs: `--log-driver` and `--log-opt`.

use super::RunOption;

pub(super) const OPTIONS: &[RunOption] = &[
    RunOption::value("log-driver", |draft, text| {
        draft.spec.keeping.log_driver = Some(text.to_owned());
        Ok(())
    }),
    RunOption::value("log-opt", |draft, text| {
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        let options = &mut draft.spec.keeping.log_options;
        options.insert(key.to_owned(), value.to_owned());
        Ok(())
    }),
];
