//! `dynrun --dry-run`: what it prints is what would be done, and what the printed line cannot do is
//! said.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A home, a working directory, and no engine.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().expect("a directory"));
        for directory in ["home/.docker", "main"] {
            fs_err::create_dir_all(place.path().join(directory)).expect("created");
        }
        place
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn shell(&self, script: &str) {
        let status = Command::new("sh")
            .args(["-ec", script])
            .current_dir(self.path())
            .env("HOME", self.path().join("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .status();
        assert!(status.expect("a shell").success(), "{script}");
    }

    fn output(
        &self,
        directory: impl AsRef<Path>,
        variables: &[(&str, &str)],
        line: &str,
    ) -> Output {
        Command::new(env!("CARGO_BIN_EXE_dynrun"))
            .args(line.split(' '))
            .env_clear()
            .env("HOME", self.path().join("home"))
            .env("DYNBUILD_FRAMEWORK", "dynamo")
            .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
            .envs(variables.iter().copied())
            .current_dir(self.path().join(directory))
            .stdin(Stdio::null())
            .output()
            .expect("dynrun starts")
    }

    /// Runs in a directory below; returns both outputs.
    fn run(&self, directory: &str, variables: &[(&str, &str)], line: &str) -> (String, String) {
        let output = self.output(directory, variables, line);
        let text = |bytes: &[u8]| {
            let root = self.path().canonicalize().expect("a directory");
            String::from_utf8_lossy(bytes).replace(&root.display().to_string(), "[DIR]")
        };
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{line}: {err}");
        (out, err)
    }
}

const GIT: &str = "git init -q -b main main; cd main; git config user.name me; git config user.email me@x; \
                   git commit -q --allow-empty -m one; cd ..";

#[test]
fn the_shared_directory_of_worktrees_is_mounted() {
    let place = Place::new();
    place.shell(&format!("{GIT}; git -C main worktree add -q ../tree"));
    let (line, notes) = place.run("tree", &[], "--dry-run --mount-workspace busybox true");
    assert!(line.contains("[DIR]/main/.git:[DIR]/main/.git"), "{line}");
    assert_eq!(notes, "");
    let (line, _) = place.run("main", &[], "--dry-run --mount-workspace busybox true");
    assert!(!line.contains(".git:"), "{line}");
}

/// Such a file may come with a stranger's sources.
#[test]
fn a_file_called_git_makes_no_other_directory_known() {
    let place = Place::new();
    place.shell("mkdir secrets; echo x > secrets/key; echo 'gitdir: ../secrets' > main/.git");
    let (line, _) = place.run("main", &[], "--dry-run --mount-workspace busybox true");
    assert!(!line.contains("secrets"), "{line}");
}

#[test]
fn a_submodule_is_said_not_to_find_its_repository() {
    let place = Place::new();
    place.shell(&format!(
        "{GIT}; git clone -q main super; cd super; \
         git -c protocol.file.allow=always submodule --quiet add ../main sub"
    ));
    let (_, notes) = place.run("super/sub", &[], "--dry-run --mount-workspace busybox true");
    assert!(notes.contains("[DIR]/super/.git/modules/sub"), "{notes}");
}

#[test]
fn submodules_of_a_worktree_are_said_to_have_no_repository() {
    let place = Place::new();
    place.shell(&format!(
        "{GIT}; git clone -q main super; cd super; git config user.name me; git config user.email me@x; \
         git -c protocol.file.allow=always submodule --quiet add ../main sub; git commit -q -m sub; \
         git worktree add -q ../tree; cd ../tree; \
         git -c protocol.file.allow=always submodule --quiet update --init"
    ));
    let (line, notes) = place.run("tree", &[], "--dry-run --mount-workspace busybox true");
    assert!(line.contains("[DIR]/super/.git:"), "{line}");
    assert!(notes.contains("submodules of this worktree"), "{notes}");
}

/// Dotfiles are kept in such repositories.
#[test]
fn a_checkout_that_is_the_home_is_refused() {
    let place = Place::new();
    place.shell("git init -q home; mkdir home/notes");
    let output = place.output(
        "home/notes",
        &[],
        "--dry-run --mount-workspace busybox true",
    );
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(125), "{stderr}");
    assert!(stderr.contains("would mount all of"), "{stderr}");
}

#[test]
fn a_workspace_that_is_not_utf8_is_refused_with_the_command_that_renames_it() {
    let place = Place::new();
    place.shell(r#"mkdir -p "$(printf 'main/caf\351')/in""#);
    let directory = std::ffi::OsStr::from_bytes(b"main/caf\xe9/in");
    let output = place.output(directory, &[], "--dry-run --mount-workspace busybox true");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(125), "{stderr}");
    let words: Vec<_> = stderr.split_whitespace().collect();
    let words = words.join(" ");
    let (_, command) = words.split_once("hint: Rename it: `").expect("a hint");
    place.shell(command.trim_end_matches('`'));
    place.run(
        "main/caf_/in",
        &[],
        "--dry-run --mount-workspace busybox true",
    );
}

#[test]
fn a_model_that_is_written_as_a_directory_has_to_be_one() {
    let place = Place::new();
    let output = place.output("", &[], "plan --model ./tiny");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(125), "{stderr}");
    assert!(
        stderr.contains("The model `./tiny` is no directory"),
        "{stderr}"
    );
    place.shell("mkdir tiny");
    let (plan, _) = place.run("", &[], "plan --model ./tiny");
    assert!(
        plan.contains("--model [DIR]/tiny --served-model-name tiny"),
        "{plan}"
    );
}

#[test]
fn paths_with_a_colon_are_mounted_in_another_way() {
    let place = Place::new();
    place.shell("mkdir 'm:2'");
    let cache = place.path().join("m:2");
    let variables = [("HF_HOME", cache.to_str().expect("UTF-8"))];
    let line = "--dry-run --mount-workspace --framework dynamo -- true";
    let (printed, _) = place.run("m:2", &variables, line);
    for target in ["/home/dynamo/.cache/huggingface", "/workspace"] {
        let mount = format!("type=bind,source=[DIR]/m:2,target={target}");
        assert!(printed.contains(&mount), "{printed}");
    }
}

#[test]
fn the_printed_request_has_the_proxies() {
    let place = Place::new();
    let config = r#"{"proxies": {"default": {"httpsProxy": "http://me:hunter2@proxy:3128"}}}"#;
    fs_err::write(place.path().join("home/.docker/config.json"), config).expect("written");
    let (json, _) = place.run("main", &[], "--dry-run --format json busybox true");
    let request: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let variables = request["Env"].as_array().expect("variables");
    let is_proxy = |variable: &&serde_json::Value| {
        variable
            .as_str()
            .is_some_and(|text| text.starts_with("HTTPS_PROXY="))
    };
    assert_eq!(variables.iter().filter(is_proxy).count(), 1, "{json}");
    assert!(!json.contains("hunter2"), "{json}");
}

#[test]
fn what_the_printed_line_does_not_do_about_secrets_is_said() {
    let place = Place::new();
    let variables = [("HF_TOKEN", "hf_0123456789")];
    for line in [
        "--dry-run --secret hf-token busybox true",
        "--dry-run --mount-workspace busybox true",
    ] {
        let (printed, notes) = place.run("main", &variables, line);
        assert!(
            printed.contains("HF_TOKEN_PATH=/run/secrets/hf-token"),
            "{printed}"
        );
        assert!(notes.contains("copies the value of `HF_TOKEN`"), "{notes}");
        assert!(!format!("{printed}{notes}").contains("hf_0123"), "{notes}");
    }
}

#[test]
fn a_deployment_is_described_by_options() {
    let place = Place::new();
    let line =
        "plan --model some/model --disaggregated --replicas 2 --gpus 4 --router kv --port 9000";
    let (plan, _) = place.run("", &[], line);
    let commands: Vec<_> = plan
        .lines()
        .filter(|line| line.contains("python3"))
        .collect();
    assert_eq!(commands.len(), 5, "{plan}");
    assert!(plan.contains("http://127.0.0.1:9000/v1"), "{plan}");
    let (json, _) = place.run("", &[], &format!("{line} --format json"));
    let words: Vec<_> = json.split_whitespace().collect();
    let words = words.join(" ");
    assert!(words.contains(r#""--router-mode", "kv""#), "{json}");
    assert!(words.contains(r#""--tensor-parallel-size", "4""#), "{json}");
}
