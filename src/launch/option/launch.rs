//! What dynrun itself does: `-d`, `--pull`, `--platform`, `--cidfile`, detaching, signals.

use super::{Refusal, RunOption};
use crate::docker::platform::Platform;
use crate::launch::spec::Pull;

pub(super) const OPTIONS: &[RunOption] = &[
    RunOption::switch("detach", |draft, on| draft.spec.launch.detach = on),
    RunOption::value("detach-keys", |draft, text| {
        draft.spec.launch.detach_keys = Some(text.parse()?);
        Ok(())
    }),
    RunOption::switch("sig-proxy", |draft, on| {
        draft.spec.launch.forward_signals = on;
    }),
    RunOption::value("pull", |draft, text| {
        draft.spec.launch.pull = pull(text)?;
        Ok(())
    }),
    RunOption::switch("quiet", |draft, on| draft.spec.launch.quiet = on),
    RunOption::value("platform", |draft, text| {
        let platform: Platform = text.parse()?;
        draft.spec.launch.platform = Some(platform.to_string());
        Ok(())
    }),
    RunOption::value("cidfile", |draft, text| {
        draft.spec.launch.cidfile = Some(draft.host.cwd.join(text));
        Ok(())
    }),
];

fn pull(text: &str) -> Result<Pull, Refusal> {
    match text {
        "missing" | "" => Ok(Pull::Missing),
        "always" => Ok(Pull::Always),
        "never" => Ok(Pull::Never),
        _ => Err(Refusal::new("must be `missing`, `always` or `never`")),
    }
}
