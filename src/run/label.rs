//! The labels by which dynrun finds its containers again.

/// Set on every container that dynrun started.
pub const MANAGED: &str = "io.dynbuild.run";
/// The machine and process that follow the container, `host:pid:start`.
pub const OWNER: &str = "io.dynbuild.run.owner";
/// The framework whose profile was used.
pub const FRAMEWORK: &str = "io.dynbuild.run.framework";

/// Writes a label as `--label` takes it.
pub fn assignment(name: &str, value: &str) -> String {
    format!("{name}={value}")
}
