//! What the ends of containers mean, as docker has it.

use crate::engine::{Ended, EngineError};
use crate::problem::ProblemKind;

/// Returns what is wrong with a container whose start failed, by what the engine said.
pub fn kind_of_failed_start(error: &EngineError) -> ProblemKind {
    let message = error.to_string();
    let says = |texts: &[&str]| texts.iter().any(|text| message.contains(text));
    if says(&[
        "executable file not found",
        "no such file or directory",
        "system cannot find the file specified",
    ]) {
        ProblemKind::ProgramMissing
    } else if says(&["permission denied", "is a directory"]) {
        ProblemKind::ProgramRefused
    } else {
        ProblemKind::Engine
    }
}

/// Returns the exit code of a container that ended; `None` if the engine failed at it.
pub fn status_of(ended: &Ended) -> Option<u8> {
    // The engine's codes are a byte; anything else is its own failure.
    let status = u8::try_from(ended.status_code);
    status.ok().filter(|_| ended.error().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("exec: \"nosuch\": executable file not found in $PATH" => ProblemKind::ProgramMissing)]
    #[test_case("exec: \"/x\": stat /x: no such file or directory" => ProblemKind::ProgramMissing)]
    #[test_case("exec: \"/etc/passwd\": permission denied" => ProblemKind::ProgramRefused)]
    #[test_case("exec: \"/etc\": is a directory" => ProblemKind::ProgramRefused)]
    #[test_case("could not select device driver" => ProblemKind::Engine)]
    fn starts_fail_for_a_reason(message: &str) -> ProblemKind {
        kind_of_failed_start(&EngineError::Refused {
            action: "start the container".into(),
            status: 400,
            message: message.into(),
        })
    }
}
