//! Streams: `-i`, `-t`, `-a`.

use super::RunOption;
use crate::docker::checks;

pub(super) const OPTIONS: &[RunOption] = &[
    RunOption::switch("interactive", |draft, on| {
        draft.spec.streams.interactive = on;
    }),
    RunOption::switch("tty", |draft, on| draft.spec.streams.tty = on),
    RunOption::value("attach", |draft, text| {
        draft.spec.streams.attach.push(checks::attach(text)?);
        Ok(())
    }),
];
