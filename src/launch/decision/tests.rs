//! Every flag of run.sh, and how defaults, meanings and negotiation play together.

use std::path::PathBuf;

use serde_json::{Value, json};
use test_case::test_case;

use super::{Inputs, Launch};
use crate::docker::api_version::ApiVersion;
use crate::launch::access::Access;
use crate::launch::explain::{explain, text};
use crate::launch::facts::{EngineFacts, HostFacts, LimitFacts};
use crate::launch::masked::masked;
use crate::launch::render;
use crate::launch::request::{Asked, Request};
use crate::problem::{Problem, ProblemKind, Problems};
use crate::profile::{Profile, Store};
use crate::redact::shown_json;
use crate::toml_file::SourceFile;

/// The defaults of run.sh.
const PROFILE: &str = r#"
framework = "vllm"
[run]
gpus = "all"
shm-size = "10g"
ipc = "host"
network = "host"
ulimits = ["memlock=-1", "stack=67108864", "nofile=65536"]
cap-add = ["SYS_PTRACE"]
workdir = "/workspace"
init = true
[run.env]
DYN_LOG = "info"
[run.caches]
huggingface = "/home/dynamo/.cache/huggingface"
"#;

fn profile() -> Profile {
    Profile::parse(&SourceFile::new("profiles/vllm.toml", PROFILE)).unwrap()
}

fn embedded(framework: &str) -> Profile {
    Store::embedded().load(framework).unwrap()
}

/// The names that dynbuild gives, which are those of the profile's templates.
#[test_case("vllm", "--framework vllm", "dynamo:latest-vllm"; "the default target")]
#[test_case("vllm", "--framework vllm --target dev", "dynamo:latest-vllm"; "the dev image")]
#[test_case("vllm", "--framework vllm --target runtime", "dynamo:latest-vllm-runtime"; "runtime")]
#[test_case("vllm", "--framework vllm --target local-dev", "dynamo:latest-vllm-local-dev"; "local dev")]
#[test_case("vllm", "--framework vllm --target dev-aws", "dynamo:latest-vllm-aws"; "dev with EFA")]
#[test_case("vllm", "--framework vllm --target aws", "dynamo:latest-vllm-runtime-aws"; "runtime with EFA")]
#[test_case("dynamo", "--framework NONE", "dynamo:latest-none-runtime"; "an alias")]
fn the_image_is_the_one_that_dynbuild_names(framework: &str, line: &str, image: &str) {
    let chosen = super::Chosen::new(&parsed(line).unwrap(), &embedded(framework)).unwrap();
    assert_eq!(chosen.image, image);
}

fn parsed(line: &str) -> Result<Request, Problems> {
    let argv = shell_words::split(line).unwrap();
    match Request::parse(&argv)? {
        Asked::Run(request) => Ok(*request),
        Asked::Help => panic!("{line}"),
    }
}

fn host() -> HostFacts {
    HostFacts {
        env: [("HF_TOKEN".to_owned(), "hf_secret".to_owned())].into(),
        cwd: PathBuf::from("/home/me/dynamo/container"),
        git_root: Some(PathBuf::from("/home/me/dynamo")),
        home: Some(PathBuf::from("/home/me")),
        uid: 1234,
        gid: 100,
        render_gid: Some(44),
        ..HostFacts::default()
    }
}

fn decide_with(
    line: &str,
    host: &HostFacts,
    engine: Option<&EngineFacts>,
) -> Result<Launch, Problems> {
    Launch::decide(Inputs {
        request: &parsed(line)?,
        profile: &profile(),
        host,
        engine,
    })
}

fn decide(line: &str) -> Launch {
    decide_with(line, &host(), None).unwrap_or_else(|problems| panic!("{line}: {problems:?}"))
}

fn request(line: &str) -> Value {
    render::create_request(&decide(line).spec)
}

/// Returns the first problem with its first hint.
fn refusal(line: &str) -> String {
    let problems = decide_with(line, &host(), None).unwrap_err();
    assert_eq!(problems.0[0].kind, ProblemKind::Usage, "{line}");
    let Problem { message, hints, .. } = &problems.0[0];
    let hint = hints.first().map(|hint| format!("; {hint}"));
    message.clone() + &hint.unwrap_or_default()
}

fn notes(line: &str) -> String {
    let notes = decide(line).notes.into_iter().map(|note| note.message);
    notes.collect::<Vec<_>>().join("\n")
}

#[test]
fn without_flags_it_is_what_run_sh_did() {
    let request = request("");
    assert_eq!(request["Image"], "dynamo:latest-vllm");
    assert_eq!(request["WorkingDir"], "/workspace");
    let config = &request["HostConfig"];
    assert_eq!(
        config["DeviceRequests"],
        json!([{"Count": -1, "Capabilities": [["gpu"]]}])
    );
    assert_eq!(config["NetworkMode"], "host");
    assert_eq!(config["IpcMode"], "host");
    assert_eq!(config["AutoRemove"], true);
    assert_eq!(config["Init"], true);
    assert_eq!(config["CapAdd"], json!(["SYS_PTRACE"]));
    let ulimits = json!([
        {"Name": "memlock", "Hard": -1, "Soft": -1},
        {"Name": "stack", "Hard": 67_108_864, "Soft": 67_108_864},
        {"Name": "nofile", "Hard": 65_536, "Soft": 65_536},
    ]);
    assert_eq!(config["Ulimits"], ulimits);
    // It has no effect with the host's IPC namespace, which run.sh passed all the same.
    assert_eq!(config["ShmSize"], Value::Null);
}

#[test_case("--framework vllm", "/Image" => "dynamo:latest-vllm"; "framework")]
#[test_case("--framework vllm --target runtime", "/Image" => "dynamo:latest-vllm-runtime"; "target")]
#[test_case("--image my/image:1", "/Image" => "my/image:1"; "image")]
#[test_case("--image=my/image:1", "/Image" => "my/image:1"; "image with an equals sign")]
#[test_case("--runtime nvidia", "/HostConfig/Runtime" => "nvidia"; "runtime")]
#[test_case("--network bridge", "/HostConfig/NetworkMode" => "bridge"; "network")]
#[test_case("--user 0:0", "/User" => "0:0"; "user")]
#[test_case("--workdir /srv", "/WorkingDir" => "/srv"; "workdir")]
#[test_case("--entrypoint '/bin/a b'", "/Entrypoint/0" => "/bin/a b"; "entrypoint with a space")]
#[test_case("-v '/a b:/c'", "/HostConfig/Binds/0" => "/a b:/c"; "volume with a space")]
#[test_case("--use-nixl-gds", "/HostConfig/CapAdd/1" => "IPC_LOCK"; "gds capability")]
#[test_case("--use-nixl-gds", "/HostConfig/Binds/0" => "/run/udev:/run/udev:ro"; "gds udev")]
#[test_case("--mount-workspace", "/HostConfig/Binds/0" => "/home/me/dynamo:/workspace"; "workspace")]
#[test_case("--device xpu", "/HostConfig/Devices/0/PathOnHost" => "/dev/dri"; "xpu device")]
#[test_case("--device=xpu", "/HostConfig/GroupAdd/0" => "44"; "xpu group")]
#[test_case("--shm-size 1g --ipc private", "/HostConfig/IpcMode" => "private"; "ipc")]
#[test_case("--hf-home /models", "/HostConfig/Binds/0" => "/models:/home/dynamo/.cache/huggingface"; "hf home")]
#[test_case("--hf-cache /models --user root", "/HostConfig/Binds/0" => "/models:/root/.cache/huggingface"; "hf cache of root")]
#[test_case("--hf-cache /models --user 0:0", "/HostConfig/Binds/0" => "/models:/root/.cache/huggingface"; "hf cache of root with a group")]
#[test_case("--hf-cache models", "/HostConfig/Binds/0" => "/home/me/dynamo/container/models:/home/dynamo/.cache/huggingface"; "relative hf cache")]
#[test_case("--user 1000", "/HostConfig/GroupAdd/0" => "0"; "group 0 is kept")]
#[test_case("--gpus none", "/HostConfig/DeviceRequests" => Value::Null; "no gpus")]
#[test_case("--gpus None", "/HostConfig/DeviceRequests" => Value::Null; "no gpus in any case")]
#[test_case("--device cpu", "/HostConfig/DeviceRequests" => Value::Null; "cpu")]
#[test_case("--device xpu", "/HostConfig/DeviceRequests" => Value::Null; "xpu has no gpus of nvidia")]
#[test_case("--rm=false", "/HostConfig/AutoRemove" => Value::Null; "rm off")]
#[test_case("--rm FALSE", "/HostConfig/AutoRemove" => Value::Null; "rm off as run.sh spelled it")]
#[test_case("--privileged FALSE", "/HostConfig/Privileged" => Value::Null; "privileged off as run.sh spelled it")]
#[test_case("--restart always", "/HostConfig/AutoRemove" => Value::Null; "restarted containers are kept")]
#[test_case("-d", "/HostConfig/AutoRemove" => Value::Null; "background containers are kept")]
#[test_case("--hf-home NONE --mount-workspace", "/HostConfig/Binds/1" => Value::Null; "no cache")]
#[test_case("--user root", "/HostConfig/GroupAdd" => Value::Null; "root needs no group")]
#[test_case("--privileged", "/HostConfig/Privileged" => true; "privileged without a value")]
#[test_case("--privileged TRUE", "/HostConfig/Privileged" => true; "privileged with a value")]
#[test_case("--privileged=true", "/HostConfig/Privileged" => true; "privileged assigned")]
#[test_case("-it", "/Tty" => true; "terminal")]
#[test_case("-it", "/OpenStdin" => true; "input")]
fn flags_of_run_sh_keep_their_meaning(line: &str, pointer: &str) -> Value {
    request(line).pointer(pointer).cloned().unwrap_or_default()
}

#[test]
fn repeated_flags_of_run_sh_add_up() {
    let request = request("-v /a:/a -v /b:/b -e A=1 -e B=2 -p 80 --port 81:82 --name x");
    assert_eq!(request["HostConfig"]["Binds"], json!(["/a:/a", "/b:/b"]));
    assert_eq!(request["Env"], json!(["DYN_LOG=info", "A=1", "B=2"]));
    assert_eq!(
        request["HostConfig"]["PortBindings"],
        json!({"80/tcp": [{}], "82/tcp": [{"HostPort": "81"}]})
    );
}

#[test_case("-- python3 -m x", "dynamo:latest-vllm", "python3 -m x"; "run.sh")]
#[test_case("--framework vllm -- python3", "dynamo:latest-vllm", "python3"; "framework")]
#[test_case("--image X/y -it bash -c ls", "X/y", "bash -c ls"; "image by flag")]
#[test_case("my/image bash -it", "my/image", "bash -it"; "image as in docker")]
#[test_case("-it my/image", "my/image", ""; "image alone")]
#[test_case("--no-defaults -- my/image x", "my/image", "x"; "docker's double dash")]
fn words_are_image_and_command(line: &str, image: &str, command: &str) {
    let chosen = super::Chosen::new(&parsed(line).unwrap(), &profile()).unwrap();
    assert_eq!(
        (chosen.image.as_str(), chosen.command.join(" ").as_str()),
        (image, command)
    );
}

#[test]
fn without_a_target_it_is_the_image_that_dynbuild_makes_without_one() {
    let request = parsed("--framework dynamo").unwrap();
    let chosen = super::Chosen::new(&request, &embedded("dynamo")).unwrap();
    assert_eq!(chosen.image, "dynamo:latest-dynamo-runtime");
    assert_eq!(
        chosen.build_line().as_deref(),
        Some("dynbuild --framework dynamo --target runtime")
    );
}

#[test]
fn neither_tmp_nor_mnt_comes_along_with_the_workspace() {
    let binds = request("--mount-workspace")["HostConfig"]["Binds"].to_string();
    assert!(
        !binds.contains("/tmp") && !binds.contains("/mnt"),
        "{binds}"
    );
}

#[test]
fn dev_images_run_as_the_user_of_the_workspace() {
    let request = request("--mount-workspace");
    assert_eq!(request["User"], "1234:100");
    assert_eq!(request["HostConfig"]["GroupAdd"], json!(["0"]));
    assert!(request["Env"].to_string().contains("\"HOME=/home/dynamo\""));
    assert!(decide("--mount-workspace").host_user);
    assert!(notes("--mount-workspace").contains("runs as you"));
}

#[test_case("--mount-workspace --target runtime", None; "runtime images have a user of their own")]
#[test_case("--mount-workspace --user root", Some("root"); "somebody else")]
#[test_case("--user host", Some("1234:100"); "by name")]
fn the_user_is_who_was_asked_for(line: &str, user: Option<&str>) {
    assert_eq!(decide(line).spec.process.user.as_deref(), user);
}

#[test]
fn a_token_arrives_as_a_file_and_is_nowhere_else() {
    for line in [
        "--mount-workspace",
        "--secret hf-token",
        "--secret id=hf-token,env=HF_TOKEN",
    ] {
        let launch = decide(line);
        assert_eq!(launch.secrets.len(), 1, "{line}");
        let request = render::create_request(&launch.spec).to_string();
        assert!(
            request.contains("HF_TOKEN_PATH=/run/secrets/hf-token"),
            "{line}"
        );
        let all = format!("{launch:?}{}{request}", render::line(&launch));
        assert!(!all.contains("hf_secret"), "{line}");
    }
}

#[test]
fn a_token_as_a_variable_works() {
    let env = request("-e HF_TOKEN")["Env"].to_string();
    assert!(env.contains("HF_TOKEN=hf_secret"));
}

#[test_case("-e HF_TOKEN", "--secret hf-token", true; "a token as a variable")]
#[test_case("-p 8000:8000", "no effect", true; "ports on the host's network")]
#[test_case("-p 8000:8000 --network bridge", "", false; "ports on another network")]
#[test_case("--pull always", "`--pull always` has no effect", true; "an image of ours is not pulled")]
#[test_case("--pull always --image my/image", "`--pull always` has no effect", false; "another is")]
fn what_does_not_work_as_it_looks_is_noted(line: &str, text: &str, expected: bool) {
    let notes = decide(line).notes;
    assert_eq!(
        notes.iter().any(|note| note.message.contains(text)),
        expected
    );
}

#[test_case("--shm-size 1g", Some(1 << 30), ""; "typed size beats the default ipc")]
#[test_case("--shm-size 1g --ipc host", Some(1 << 30), "host"; "both typed")]
#[test_case("--ipc private", Some(10 << 30), "private"; "private ipc has the default size")]
fn shared_memory_and_ipc_agree(line: &str, size: Option<i64>, ipc: &str) {
    let spec = decide(line).spec;
    assert_eq!(
        (spec.resources.shm_size, spec.isolation.ipc.to_string()),
        (size, ipc.to_owned())
    );
    assert_eq!(notes(line).contains("--shm-size"), line.contains("shm"));
}

#[test]
fn other_caches_of_the_profile_are_volumes() {
    let text =
        "framework = \"x\"\n[run.caches]\nhuggingface = \"/hf\"\nkernels = \"/var/kernels\"\n";
    let profile = Profile::parse(&SourceFile::new("profiles/x.toml", text)).unwrap();
    let launch = Launch::decide(Inputs {
        request: &parsed("--hf-home /models").unwrap(),
        profile: &profile,
        host: &host(),
        engine: None,
    });
    let binds = launch.unwrap().spec.storage.binds;
    assert_eq!(binds, ["/models:/hf", "dynrun-kernels:/var/kernels"]);
}

#[test]
fn what_is_typed_replaces_the_default_of_the_same_name() {
    let request =
        request("--ulimit nofile=1024 --cap-drop CAP_SYS_PTRACE -e DYN_LOG=debug --init=false");
    let config = &request["HostConfig"];
    assert_eq!(
        config["Ulimits"][2],
        json!({"Name": "nofile", "Hard": 1024, "Soft": 1024})
    );
    assert_eq!(config["CapAdd"], Value::Null);
    assert_eq!(request["Env"], json!(["DYN_LOG=debug"]));
    assert_eq!(config["Init"], false);
}

#[test]
fn without_defaults_only_what_is_typed_is_sent() {
    let request = request("--no-defaults --name x my/image");
    let bare = json!({
        "AttachStdout": true,
        "AttachStderr": true,
        "Image": "my/image",
        "HostConfig": {
            "NetworkMode": "default",
            "RestartPolicy": {"Name": "no"},
            "MemorySwappiness": -1,
        },
    });
    assert_eq!(request, bare);
}

#[test]
fn the_printed_line_comes_to_the_same_request() {
    for line in [
        "",
        "--mount-workspace -it",
        "--gpus 0,1 -v '/a b:/c' -- sh -c 'echo \"$HOME\"'",
    ] {
        let launch = decide(line);
        let printed = shell_words::split(&render::line(&launch)).unwrap();
        assert_eq!(printed[..2], ["docker", "run"]);
        let again = format!("--no-defaults {}", shell_words::join(&printed[2..]));
        assert_eq!(decide(&again).spec, launch.spec, "{line}");
    }
}

#[test]
fn limits_are_negotiated_with_the_engine() {
    let engine = EngineFacts {
        gpu_hook: Some(true),
        limits: Some(LimitFacts {
            unrestricted: false,
            hard: [("nofile".to_owned(), Some(20_000))].into(),
        }),
        ..EngineFacts::unknown()
    };
    let launch = decide_with("", &host(), Some(&engine)).unwrap();
    let line = render::line(&launch);
    assert!(line.contains("nofile=20000:20000"), "{line}");
    assert!(
        launch
            .notes
            .iter()
            .any(|note| note.message.contains("nofile"))
    );
    let refused = decide_with("--ulimit-policy refuse", &host(), Some(&engine));
    assert_eq!(refused.unwrap_err().0[0].kind, ProblemKind::Usage);
}

#[test]
fn an_old_engine_is_not_sent_what_it_would_ignore() {
    let engine = EngineFacts {
        api: ApiVersion::new(1, 41),
        version: "20.10.24".to_owned(),
        gpu_hook: Some(true),
        ..EngineFacts::unknown()
    };
    let problems = decide_with("--health-start-interval 1s", &host(), Some(&engine)).unwrap_err();
    assert_eq!(
        problems.0[0].message,
        "`--health-start-interval` needs engine API 1.44, but engine 20.10.24 speaks 1.41"
    );
}

#[test_case("--mout x", "Unknown option `--mout`; Did you mean `--mount`?"; "an option")]
#[test_case("--framwork vllm", "Unknown option `--framwork`; Did you mean `--framework`?"; "an option of ours")]
#[test_case("--cpus x", "Invalid `--cpus`: `x` is not a number of CPUs; Write a number such as `1.5`"; "a number")]
#[test_case("-w srv", "Invalid value `srv` for `--workdir`: not an absolute path; Write `--workdir /srv`"; "a directory")]
#[test_case("--rm --restart always", "`--rm` and `--restart` exclude each other; Leave one of them out"; "two that exclude each other")]
#[test_case("--gpus 0", "`--gpus 0` could mean no GPU or the GPU with index 0; Write `--gpus none` for no GPU, `--gpus device=0` for the first one"; "a GPU or none")]
#[test_case("--secret other-token", "Invalid value `other-token` for `--secret`: the variable `OTHER_TOKEN` is not set; Write `--secret hf-token`, `--secret hf-token,env=NAME` or `--secret hf-token,src=FILE`"; "a secret")]
#[test_case("--ulimit-policy clmp", "Invalid value `clmp` for `--ulimit-policy`: must be one of keep, clamp, refuse; Did you mean `clamp`?"; "a policy")]
#[test_case("--isolation hyperv", "`--isolation` is a flag of `docker run` that dynrun does not have; `dynrun --dry-run` prints a `docker run` line that you can add it to"; "left to docker")]
fn refusals_say_what_and_how_to_mend_it(line: &str, expected: &str) {
    assert_eq!(refusal(line), expected);
}

#[test]
fn independent_mistakes_are_told_together() {
    let problems = decide_with("--cpus x --memory y --restart a:b", &host(), None).unwrap_err();
    assert_eq!(problems.0.len(), 3);
}

#[test]
fn help_is_asked_for_in_every_way() {
    for line in ["--help", "-h", "-?", "--gpus all -h"] {
        let argv = shell_words::split(line).unwrap();
        assert!(matches!(Request::parse(&argv), Ok(Asked::Help)), "{line}");
    }
    assert_eq!(request("-h name")["Hostname"], "name");
}

#[test_case(Access::Write, Some("/shared/hf:/home/dynamo/.cache/huggingface"), ""; "writable")]
#[test_case(Access::Read, Some("/shared/hf:/home/dynamo/.cache/huggingface:ro"), "--hf-home NONE"; "shared")]
#[test_case(Access::None, None, "`/shared/hf`, cannot be used"; "closed")]
fn hf_home_of_the_environment_blocks_no_launch(access: Access, bind: Option<&str>, note: &str) {
    let mut host = host();
    host.env.insert("HF_HOME".into(), "/shared/hf".into());
    host.hf_home = Some(access);
    let launch = decide_with("", &host, None).unwrap();
    let bound = launch.spec.storage.binds.first().map(String::as_str);
    assert_eq!(bound, bind);
    let notes: String = launch.notes.iter().map(ToString::to_string).collect();
    assert!(notes.contains(note), "{notes}");
    let made = launch.directories.len();
    assert_eq!(made, usize::from(access == Access::Write));
    // What is asked for is wanted as it is.
    let launch = decide_with("--hf-home /shared/hf", &host, None).unwrap();
    assert_eq!(launch.directories.len(), 1);
}

#[test_case("", false; "its own file system")]
#[test_case("--read-only", true; "read-only")]
#[test_case("--tmpfs /run", true; "hidden by a file system in memory")]
#[test_case("-v /x:/run/", true; "would be in the directory of the host")]
#[test_case("--tmpfs /running", false; "next to it")]
fn secrets_are_put_where_they_are_taken_and_seen(line: &str, in_volume: bool) {
    let launch = decide(&format!("{line} --secret hf-token"));
    let volumes = launch.spec.storage.volumes;
    assert_eq!(volumes.contains(&"/run/secrets".to_owned()), in_volume);
    assert!(decide(line).spec.storage.volumes.is_empty());
}

#[test]
fn a_mount_over_the_secrets_is_refused() {
    let refusal = refusal("--tmpfs /run/secrets --secret hf-token");
    assert!(refusal.contains("`/run/secrets`"), "{refusal}");
}

#[test]
fn secrets_in_other_places_are_not_shown() {
    let line = "-e DB_PASS=canary -e GH_PAT=canary -e PROXY=http://u:canary@h:1 --label MY_TOKEN=canary \
                --log-opt splunk-token=canary --mount type=volume,dst=/x,volume-opt=password=canary \
                --image my/image serve --api-key canary";
    let launch = decide(line);
    let (shown, note) = masked(&launch);
    assert!(note.is_some());
    let request = shown_json(render::create_request(&launch.spec)).to_string();
    for shown in [request, render::line(&shown), text(&explain(&shown))] {
        assert!(!shown.contains("canary"), "{shown}");
        assert!(shown.contains("DB_PASS"), "{shown}");
    }
}

#[test_case("-e HF_TOKEN"; "from the environment")]
#[test_case("-e HF_TOKEN=hf_secret"; "typed")]
#[test_case("--env my_api_key=hf_secret --env HF_TOKEN"; "another name")]
fn tokens_are_not_shown(line: &str) {
    let (shown, note) = masked(&decide(line));
    let request = shown_json(render::create_request(&shown.spec)).to_string();
    let line = render::line(&shown);
    let explained = text(&explain(&shown));
    for shown in [&request, &line, &explained] {
        assert!(!shown.contains("hf_secret"), "{shown}");
        assert!(shown.contains("HF_TOKEN"), "{shown}");
    }
    assert!(line.contains("-e HF_TOKEN "), "{line}");
    assert!(note.is_some());
}

#[test]
fn other_variables_are_shown_as_they_are() {
    let launch = decide("-e TOKENIZERS_PARALLELISM=false");
    let (shown, note) = masked(&launch);
    assert_eq!(render::line(&shown), render::line(&launch));
    assert!(note.is_none());
}

#[test_case("--device cpu", 0; "none by itself")]
#[test_case("--device cpu --gpus all", 1; "typed wins")]
#[test_case("--no-defaults --device cpu my/image", 0; "cpu without defaults")]
#[test_case("--no-defaults --device xpu my/image", 0; "xpu without defaults")]
fn an_accelerator_leaves_the_profiles_gpus_out(line: &str, requests: usize) {
    assert_eq!(decide(line).spec.resources.device_requests.len(), requests);
}

#[test_case("readonly,readonly,bind-propagation=rprivate", true)]
#[test_case("writable,readonly", true)]
#[test_case("disabled", false)]
fn an_engine_that_ignores_how_mounts_recurse_is_told(recursive: &str, refused: bool) {
    let line = format!("--mount type=bind,src=/a,dst=/b,bind-recursive={recursive}");
    let old = EngineFacts {
        api: ApiVersion::new(1, 43),
        ..EngineFacts::unknown()
    };
    assert_eq!(decide_with(&line, &host(), Some(&old)).is_err(), refused);
    let new = EngineFacts::unknown();
    assert!(decide_with(&line, &host(), Some(&new)).is_ok());
}

#[test_case("/", true; "all of the machine")]
#[test_case("/home", true; "what holds the home directory")]
#[test_case("/home/me", true; "the home directory")]
#[test_case("/home/me/x", false; "a directory without a checkout")]
fn a_workspace_is_not_everything(cwd: &str, refused: bool) {
    let host = HostFacts {
        cwd: PathBuf::from(cwd),
        git_root: None,
        ..host()
    };
    match decide_with("--mount-workspace", &host, None) {
        Err(problems) => {
            assert!(refused, "{problems:?}");
            let message = &problems.0[0].message;
            assert!(message.contains("would mount all of"), "{message}");
        }
        Ok(launch) => {
            assert!(!refused);
            let mut notes = launch.notes.iter();
            assert!(notes.any(|note| note.message.contains("is in no git checkout")));
        }
    }
}
