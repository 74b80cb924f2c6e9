//! Ports: `-p`, `-P`, `--expose`.

use super::RunOption;
use crate::docker::port;

pub(super) const OPTIONS: &[RunOption] = &[
    RunOption::value("publish", |draft, text| {
        draft.spec.network.published.extend(port::publish(text)?);
        Ok(())
    }),
    RunOption::switch("publish-all", |draft, on| {
        draft.spec.network.publish_all = on;
    }),
    RunOption::value("expose", |draft, text| {
        draft.spec.network.exposed.extend(port::expose(text)?);
        Ok(())
    }),
];
