//! What `dynrun` makes of command lines, without an engine.

use std::path::Path;

use test_case::test_case;

use crate::support::offline;

fn dynrun(line: &str) -> (Option<i32>, String, String) {
    offline::dynrun(Path::new("."), line)
}

#[test_case("--help", "Commands:"; "of the program")]
#[test_case("-h", "Commands:"; "with a letter")]
#[test_case("help", "Commands:"; "as a command")]
#[test_case("run --help", "--cap-add"; "of a launch")]
#[test_case("explain --help", "dynrun explain"; "of explain")]
#[test_case("ps --help", "Usage: dynrun ps")]
#[test_case("ps -h", "Usage: dynrun ps")]
#[test_case("--help ps", "Usage: dynrun ps"; "in front of the command")]
#[test_case(
    "wait --help",
    "[possible values: running, port, live, model, completion]"
)]
#[test_case("logs --help", "--follow")]
#[test_case("stop --help", "--keep")]
#[test_case("exec --help", "--workdir")]
#[test_case("attach --help", "--detach-keys")]
#[test_case("gc --help", "--dry-run")]
#[test_case("help stop", "Usage: dynrun stop")]
#[test_case("--version", env!("CARGO_PKG_VERSION"))]
#[test_case("-V", env!("CARGO_PKG_VERSION"))]
#[test_case("version", env!("CARGO_PKG_VERSION"))]
fn help_and_version_are_printed(line: &str, expected: &str) {
    let (code, stdout, stderr) = dynrun(line);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert!(stdout.contains(expected), "{stdout}");
}

#[test_case("ls")]
#[test_case("rm x")]
#[test_case("inspect x")]
#[test_case("stats")]
#[test_case("images")]
#[test_case("lgos front")]
#[test_case("--gpus all -it lgos front"; "behind options")]
#[test_case("help nosuch")]
fn what_is_no_command_starts_nothing(line: &str) {
    let (code, stdout, stderr) = dynrun(line);
    assert_eq!((code, stdout.as_str()), (Some(125), ""));
    assert!(stderr.starts_with("error: Unknown command `"), "{stderr}");
    assert!(stderr.contains("hint: "), "{stderr}");
}

#[test_case("ps --quite", "Unknown option `--quite`", "Did you mean `--quiet`?")]
#[test_case("wait", "Missing `<NAME>`", "Write `dynrun wait <NAME>`"; "no name")]
#[test_case("wait x --for=redy", "Invalid value `redy` for `--for <LEVEL>`", "`running`, `port`, `live`, `model`, `completion`"; "no level")]
#[test_case("wait x --timeout=soon", "Invalid value `soon` for `--timeout <DURATION>`", "because: "; "no duration")]
#[test_case("logs x y", "Unexpected argument `y`", "Read `dynrun logs --help`"; "a word too much")]
#[test_case("logs x --tail many", "Invalid value `many` for `--tail <LINES>`", "because: "; "no number")]
#[test_case("exec x", "Missing `<COMMAND>...`", "Write `dynrun exec"; "no command")]
#[test_case("--color purple ps", "Invalid value `purple` for `--color <WHEN>`", "`auto`, `always`, `never`"; "no colour")]
#[test_case("--color purple busybox", "Invalid value `purple` for `--color`", "auto, always, never"; "no colour of a launch")]
fn mistakes_are_shown_as_all_others(line: &str, message: &str, more: &str) {
    let (code, stdout, stderr) = dynrun(line);
    assert_eq!((code, stdout.as_str()), (Some(125), ""), "{stderr}");
    assert!(stderr.starts_with(&format!("error: {message}")), "{stderr}");
    assert!(stderr.contains(more), "{stderr}");
}

#[test_case("-v ps"; "no image")]
#[test_case("-v logs x"; "with what looks like an image")]
fn verbose_in_front_of_a_command_mounts_no_volume(line: &str) {
    let (code, stdout, stderr) = dynrun(line);
    assert_eq!((code, stdout.as_str()), (Some(125), ""));
    assert!(stderr.contains("--verbose`"), "{stderr}");
}

#[test]
fn forms_in_messages_are_not_masked() {
    let (code, _, stderr) = dynrun("ps --filter name");
    assert_eq!(code, Some(125));
    assert!(stderr.contains("`--filter <KEY=VALUE>`"), "{stderr}");
}

#[test]
fn an_image_that_is_called_like_a_command_can_be_run() {
    let (code, stdout, stderr) = dynrun("run --dry-run --framework dynamo ls");
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.trim().ends_with(" ls"), "{stdout}");
    let (code, stdout, stderr) = dynrun("--dry-run --no-defaults run ps");
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(stdout, "docker run ps\n");
}

#[test_case("completions bash", "DYNBUILD_COMPLETE")]
#[test_case("completions zsh", "DYNBUILD_COMPLETE")]
#[test_case("man", "docker run"; "the program")]
#[test_case("man wait", "Wait until a container is ready"; "a command")]
fn installations_get_what_other_programs_read(line: &str, expected: &str) {
    let (code, stdout, stderr) = dynrun(line);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains(expected), "{stdout}");
}

#[test_case(&["dynrun", "lo"], "logs"; "a command")]
#[test_case(&["dynrun", "--mount-w"], "--mount-workspace"; "an option of a launch")]
#[test_case(&["dynrun", "wait", "x", "--for", "comp"], "completion"; "a level")]
fn words_are_completed(words: &[&str], expected: &str) {
    let last = (words.len() - 1).to_string();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_dynrun"))
        .env_clear()
        .env("DYNBUILD_COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", last)
        .arg("--")
        .args(words)
        .output()
        .expect("dynrun starts");
    let offered = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        offered.lines().any(|line| line.trim() == expected),
        "{offered}"
    );
}

/// A profile that is not understood is no reason to take the defaults of another framework.
#[test_case("--dry-run busybox"; "a launch")]
#[test_case("explain busybox"; "an explanation")]
fn mistakes_in_the_default_profile_are_shown(line: &str) {
    let scratch = tempfile::tempdir().expect("a directory");
    let profiles = scratch.path().join("profiles");
    fs_err::create_dir(&profiles).expect("a directory");
    for (text, expected) in [
        ("framework = ", "is not valid TOML"),
        ("framework = \"vllm\"\n[run]\nshm = 1\n", "vllm.toml:3"),
    ] {
        fs_err::write(profiles.join("vllm.toml"), text).expect("a profile");
        let line = format!("--profile-dir {} {line}", scratch.path().display());
        let (code, stdout, stderr) = dynrun(&line);
        assert_eq!((code, stdout.as_str()), (Some(125), ""), "{stderr}");
        assert!(stderr.contains(expected), "{stderr}");
    }
}

#[test]
fn a_directory_without_profiles_is_refused() {
    let (code, _, stderr) = dynrun("--profile-dir / --dry-run busybox");
    assert_eq!(code, Some(125));
    assert!(stderr.contains("has neither `profiles/` nor"), "{stderr}");
}
