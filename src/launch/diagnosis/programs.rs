//! Programs and engines that an image lacks.

use super::evidence::Evidence;
use crate::suggest::closest;

/// Exit codes of a command that cannot be run, and of one that does not exist.
const NOT_RUN: [i64; 2] = [126, 127];

/// Programs that people start.
const PROGRAMS: [&str; 12] = [
    "bash",
    "etcd",
    "nats-server",
    "nvidia-smi",
    "pip",
    "python",
    "python3",
    "sglang",
    "sh",
    "trtllm-serve",
    "uv",
    "vllm",
];

/// Returns the framework whose image has a module's engine.
pub(super) fn engine_of(module: &str) -> Option<&'static str> {
    match module.split('.').next()? {
        "vllm" => Some("vllm"),
        "sglang" | "sgl_kernel" => Some("sglang"),
        "tensorrt_llm" => Some("trtllm"),
        _ => None,
    }
}

/// Returns the program that does not exist, and the line that says so.
pub(super) fn missing_program(evidence: &Evidence) -> Option<(String, String)> {
    // A shell goes on behind a command that it does not find; only at the end is it the reason.
    let may_be =
        evidence.engine.is_some() || evidence.code.is_some_and(|code| NOT_RUN.contains(&code));
    if !may_be {
        return None;
    }
    let line = evidence.line_with(&[
        "executable file not found",
        ": not found",
        "command not found",
        "failed: no such file or directory",
    ])?;
    let program = named_in(&line)?.to_owned();
    Some((program, line))
}

/// Reads the name out of what shells, tini, runc and `exec` say.
fn named_in(line: &str) -> Option<&str> {
    // runc: exec: "name": executable file not found in $PATH
    if let Some((_, rest)) = line.split_once("exec: \"") {
        return rest.split('"').next();
    }
    // tini: [FATAL tini (7)] exec NAME failed: No such file or directory
    if let Some((_, rest)) = line.split_once("] exec ") {
        return rest.split(" failed: ").next();
    }
    // sh: 1: NAME: not found; bash: line 1: NAME: command not found
    let said = line
        .strip_suffix(": command not found")
        .or_else(|| line.strip_suffix(": not found"))?;
    said.rsplit(": ").next().filter(|name| !name.is_empty())
}

/// Returns what helps where a program is missing.
pub(super) fn program_fixes(evidence: &Evidence) -> Vec<String> {
    let Some((program, _)) = missing_program(evidence) else {
        return vec!["Check its name".to_owned()];
    };
    if program.contains(' ') {
        return vec![format!(
            "Write its words apart, without quotes around all of them: `-- {program}`"
        )];
    }
    if let Some(framework) = engine_of(&program) {
        return vec![format!(
            "Take the image that has it: `dynrun --framework {framework}`"
        )];
    }
    match closest(&program, PROGRAMS.iter().copied()) {
        Some(similar) if similar != program => vec![format!("Did you mean `{similar}`?")],
        _ => vec!["Check its name, or take another image: `--image`".to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("exec: \"pyhton3\": executable file not found in $PATH" => Some("pyhton3"); "runc")]
    #[test_case("[FATAL tini (7)] exec pyhton3 failed: No such file or directory" => Some("pyhton3"); "tini")]
    #[test_case("[FATAL tini (7)] exec sleep 5 failed: No such file or directory" => Some("sleep 5"); "words in one")]
    #[test_case("sh: 1: pyhton3: not found" => Some("pyhton3"); "dash")]
    #[test_case("/opt/dynamo/bin/entrypoint: 4: exec: vllm: not found" => Some("vllm"); "an entry point")]
    #[test_case("bash: line 1: pyhton3: command not found" => Some("pyhton3"); "bash")]
    #[test_case("404: page not found" => None; "something else")]
    fn programs_are_named(line: &str) -> Option<&str> {
        named_in(line)
    }

    fn fixes(line: &str, code: i64) -> Vec<String> {
        let evidence = Evidence {
            log: vec![line.to_owned()],
            code: Some(code),
            ..Evidence::default()
        };
        let diagnosis = super::super::diagnose(&evidence);
        diagnosis.map(|found| found.fixes).unwrap_or_default()
    }

    #[test_case("sh: 1: pyhton3: not found" => "Did you mean `python3`?"; "misspelled")]
    #[test_case("exec: vllm: not found" => "Take the image that has it: `dynrun --framework vllm`"; "an engine's")]
    #[test_case("[FATAL tini (7)] exec sleep 5 failed: No such file or directory" => "Write its words apart, without quotes around all of them: `-- sleep 5`"; "one word")]
    #[test_case("bash: line 1: frobnicate: command not found" => "Check its name, or take another image: `--image`"; "unknown")]
    fn the_fix_fits_the_program(line: &str) -> String {
        fixes(line, 127).remove(0)
    }

    /// Scripts look for programs, and go on without them.
    #[test]
    fn a_program_that_was_only_looked_for_is_no_reason() {
        assert_eq!(
            fixes("sh: 1: nvidia-smi: not found", 1),
            Vec::<String>::new()
        );
    }
}
