//! Docker's exit codes for containers that did not start.

use crate::engine::{Ended, EngineError};
use crate::exit::Exit;

/// Returns the code for a container whose start failed, by what the engine said: 127 for a program
/// that does not exist, 126 for one that cannot be run, 125 otherwise.
pub fn of_failed_start(error: &EngineError) -> Exit {
    let message = error.to_string();
    let says = |texts: &[&str]| texts.iter().any(|text| message.contains(text));
    if says(&[
        "executable file not found",
        "no such file or directory",
        "system cannot find the file specified",
    ]) {
        Exit::Container(127)
    } else if says(&["permission denied", "is a directory"]) {
        Exit::Container(126)
    } else {
        Exit::Run
    }
}

/// Returns the code for a container that ended.
pub fn of_ended(ended: &Ended) -> Exit {
    if ended.error().is_some() {
        return Exit::Run;
    }
    // The engine's codes are a byte; anything else is its own failure.
    u8::try_from(ended.status_code).map_or(Exit::Run, Exit::Container)
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("exec: \"nosuch\": executable file not found in $PATH", 127)]
    #[test_case("exec: \"/x\": stat /x: no such file or directory", 127)]
    #[test_case("exec: \"/etc/passwd\": permission denied", 126)]
    #[test_case("exec: \"/etc\": is a directory", 126)]
    #[test_case("could not select device driver", 125)]
    fn starts_that_fail_have_dockers_codes(message: &str, code: u8) {
        let error = EngineError::Refused {
            action: "start the container".into(),
            status: 400,
            message: message.into(),
        };
        assert_eq!(of_failed_start(&error).code(), code);
    }
}
