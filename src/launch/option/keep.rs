//! What stays when it ends: `--rm` and `--restart`.

use super::RunOption;

pub(super) const OPTIONS: &[RunOption] = &[
    RunOption::switch("rm", |draft, on| draft.spec.keeping.remove = on),
    RunOption::value("restart", |draft, text| {
        draft.spec.keeping.restart = text.parse()?;
        Ok(())
    }),
];
