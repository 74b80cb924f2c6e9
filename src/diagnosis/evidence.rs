//! What is known of a failure.

/// Where something failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// A step of a build.
    Step,
    /// A container that was launched and has ended.
    Container,
    /// A container that runs, and may wait for something.
    Waiting,
    /// The engine, which did not create or start a container.
    Engine,
}

/// The traces that a failure leaves.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// Where it was found.
    pub setting: Setting,
    /// What the engine said of the step or the launch.
    pub error: String,
    /// The last lines of output.
    pub log: Vec<String>,
    /// The exit code of a container.
    pub code: Option<i64>,
    /// Whether the kernel killed a process of the container for want of memory; `None` if nobody
    /// can say.
    pub out_of_memory: Option<bool>,
    /// The image of a launch, as named.
    pub image: String,
    /// The `dynbuild` line that makes the image, if there is one.
    pub build_line: Option<String>,
}

impl Evidence {
    /// `error` is what the engine said, if it said anything.
    pub fn new(setting: Setting, error: impl Into<String>) -> Self {
        Self {
            setting,
            error: error.into(),
            log: Vec::new(),
            code: None,
            out_of_memory: None,
            image: String::new(),
            build_line: None,
        }
    }
}

/// Cuts `process "/bin/sh -c …" did not complete successfully: ` off: the texts that a command is
/// made of are no evidence, and the step was named before.
pub(crate) fn without_command(error: &str) -> &str {
    let ending = error.rsplit_once("did not complete successfully: ");
    ending.map_or(error, |(_, ending)| ending)
}
