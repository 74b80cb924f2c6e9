//! What dynrun itself does: `-d`, `--pull`, `--platform`, `--cidfile`, detaching, signals.

use super::effect::value;
use super::{Refusal, RunOption};
use crate::docker::platform::Platform;
use crate::launch::spec::Pull;

pub(super) const OPTIONS: &[RunOption] = &[
    RunOption::switch("detach", |draft, on| draft.spec.launch.detach = on),
    value!("detach-keys", text => spec.launch.detach_keys = Some(text.parse()?)),
    RunOption::switch("sig-proxy", |draft, on| {
        draft.spec.launch.forward_signals = on;
    }),
    value!("pull", text => spec.launch.pull = pull(text)?),
    RunOption::switch("quiet", |draft, on| draft.spec.launch.quiet = on),
    value!("platform", text => spec.launch.platform = Some(platform(text)?)),
    RunOption::value("cidfile", |draft, text| {
        draft.spec.launch.cidfile = Some(draft.host.cwd.join(text));
        Ok(())
    }),
];

fn platform(text: &str) -> Result<String, Refusal> {
    Ok(text.parse::<Platform>()?.to_string())
}

fn pull(text: &str) -> Result<Pull, Refusal> {
    match text {
        "missing" | "" => Ok(Pull::Missing),
        "always" => Ok(Pull::Always),
        "never" => Ok(Pull::Never),
        _ => Err(Refusal::new("must be `missing`, `always` or `never`")),
    }
}
