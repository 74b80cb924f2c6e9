//! Plans of the shipped deployments and of the topologies of Dynamo's examples, and what is
//! refused.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::file::DeploymentFile;
use super::{Deployment, Inputs, Member, Shipped, plan};
use crate::launch::flag::Flag;
use crate::problem::Problems;
use crate::text::Look;
use crate::toml_file::SourceFile;

/// The version of Dynamo in the shipped profiles.
const VERSION: &str = "1.4.2";

pub(super) fn read(name: &str, text: &str) -> DeploymentFile {
    DeploymentFile::parse(&SourceFile::new(name, text)).unwrap()
}

pub(crate) fn derive(text: &str, mock: bool) -> Result<Deployment, Problems> {
    let file = read("x.toml", text);
    let version = VERSION;
    Deployment::derive(Inputs {
        file: &file,
        mock,
        version,
    })
}

pub(super) fn files(directory: &str) -> Vec<(String, String)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let entries = fs_err::read_dir(directory).unwrap();
    let files = texts(entries).into_iter();
    let files =
        files.filter_map(|(name, text)| Some((name.strip_suffix(".toml")?.to_owned(), text)));
    files.collect()
}

/// Returns names and texts of files, by name.
pub(super) fn texts(entries: fs_err::ReadDir) -> Vec<(String, String)> {
    let files = entries.map(|entry| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, fs_err::read_to_string(path).unwrap())
    });
    let mut files: Vec<_> = files.collect();
    files.sort();
    files
}

fn shipped(name: &str) -> Deployment {
    derive(Shipped::find(name).unwrap().text, false).unwrap()
}

/// All deployments that are shipped, and those of tests.
pub(super) fn all() -> Vec<(String, String)> {
    [files("deployments"), files("tests/fixtures/deployments")].concat()
}

/// Returns a file that is exported in a version of the object.
pub(super) fn with_api(text: &str, api: &str) -> String {
    let table = format!("[export.dgd]\napi = \"{api}\"");
    if text.contains("[export.dgd]") {
        text.replace("[export.dgd]", &table)
    } else {
        format!("{text}\n{table}\n")
    }
}

/// The plan, and what the environments add to it.
fn shown(deployment: &Deployment) -> String {
    let plan = plan::text(deployment, None, Look::PLAIN);
    let pairs = |member: &Member| -> BTreeSet<String> {
        let env = member.env.iter();
        env.map(|it| format!("{}={}", it.name, it.value)).collect()
    };
    let members = deployment.members.iter();
    let sets: BTreeMap<_, _> = members.map(|it| (&it.name, pairs(it))).collect();
    let of_dynamo = sets.values().filter(|set| !set.is_empty()).cloned();
    let common = of_dynamo.reduce(|one, other| &one & &other);
    let common = common.unwrap_or_default();
    let mut lines = vec![plan, format!("env of all: {}", join(&common))];
    for member in &deployment.members {
        let own = &sets[&member.name] - &common;
        if !own.is_empty() {
            lines.push(format!("env of {}: {}", member.name, join(&own)));
        }
    }
    lines.join("\n")
}

fn join(set: &BTreeSet<String>) -> String {
    set.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
}

#[test]
fn plans_are_as_before() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("golden");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (name, text) in all() {
        let deployment =
            derive(&text, false).unwrap_or_else(|problems| panic!("{name}: {:?}", problems.0));
        settings.bind(|| insta::assert_snapshot!(name.clone(), shown(&deployment)));
        if name == "deepseek-r1-wideep" {
            let rehearsal = derive(&text, true).unwrap();
            settings.bind(|| insta::assert_snapshot!(format!("{name}-mock"), shown(&rehearsal)));
        }
    }
}

#[test]
fn every_shipped_deployment_can_be_rehearsed() {
    for (name, text) in files("deployments") {
        let deployment = derive(&text, true).unwrap();
        let mut members = deployment.members.iter();
        assert!(members.all(|member| member.gpus.is_none()), "{name}");
        assert_eq!(deployment.name, name);
    }
}

#[test]
fn machines_come_to_the_same_answer_for_their_part() {
    let deployment = shipped("vllm-two-machines");
    let names = |node| {
        let members = deployment.on(Some(node));
        members.map(|it| it.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        names("a"),
        ["etcd-0", "nats-0", "frontend-0", "frontend-1", "agg-0"]
    );
    assert_eq!(names("b"), ["agg-1"]);
}

#[test]
fn frontends_get_no_port_for_requests() {
    for (_, text) in files("tests/fixtures/deployments") {
        let deployment = derive(&text, false).unwrap();
        let mut env = deployment.frontends().flat_map(|frontend| &frontend.env);
        assert!(env.all(|variable| variable.name != "DYN_TCP_RPC_PORT"));
    }
}

fn problems(text: &str) -> String {
    let head = "deployment = \"x\"\nschema = 1\nframework = \"vllm\"\nmodel = \"a/b\"\n";
    let problems = derive(&format!("{head}{text}"), false).expect_err("it is refused");
    let line = |problem: &crate::problem::Problem| {
        let place = problem.excerpts.first().map_or(0, |at| at.line_column().0);
        format!(
            "{place}: {} {{{}}}",
            problem.message,
            problem.hints.join(" | ")
        )
    };
    problems.0.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Returns, of each worker, what the words and mounts say of its model.
fn models(engine: &str, rest: &str) -> String {
    let head = format!("deployment = \"x\"\nschema = 1\nframework = \"{engine}\"\n");
    let deployment = derive(&format!("{head}{rest}"), false).unwrap();
    let shown = |member: &Member| {
        let words = member.words();
        let names = [
            "--model",
            "--model-path",
            "--served-model-name",
            "--model-name",
        ];
        let said = words.windows(2).filter(|pair| names.contains(&&*pair[0]));
        let said: Vec<_> = said.map(|pair| pair.join(" ")).collect();
        let flags = member.request.flags.iter();
        let mounts = flags.filter(|flag| flag.name == "volume").map(Flag::text);
        let mounts: Vec<_> = mounts.collect();
        format!("{}: {} {mounts:?}", member.name, said.join(" "))
    };
    let lines: Vec<_> = deployment.members.iter().map(shown).collect();
    lines.join("\n")
}

#[test]
fn models_below_the_home_of_root_are_mounted_elsewhere() {
    let two = "model = \"/root/a/tiny\"\n[workers.prefill]\n[workers.decode]\nmodel = \"/root/b/tiny/\"\n";
    let one = "model = \"/srv/../root//tiny\"\n[workers.agg]\n";
    let open = "model = \"/srv/tiny\"\n[workers.agg]\n";
    let of_hub = "model = \"root/tiny\"\n[workers.agg]\n";
    insta::assert_snapshot!([
        models("vllm", two),
        models("sglang", one),
        models("trtllm", one),
        models("dynamo", one),
        models("vllm", open),
        models("vllm", of_hub),
    ].join("\n"), @r#"
        frontend-0:  ["/root/a/tiny:/run/dynamo/models/tiny:ro", "/root/b/tiny:/run/dynamo/models/tiny-2:ro"]
        prefill-0: --model /run/dynamo/models/tiny --served-model-name tiny ["/root/a/tiny:/run/dynamo/models/tiny:ro", "/root/b/tiny:/run/dynamo/models/tiny-2:ro"]
        decode-0: --model /run/dynamo/models/tiny-2 --served-model-name tiny ["/root/a/tiny:/run/dynamo/models/tiny:ro", "/root/b/tiny:/run/dynamo/models/tiny-2:ro"]
        frontend-0:  ["/root/tiny:/run/dynamo/models/tiny:ro"]
        agg-0: --model-path /run/dynamo/models/tiny --served-model-name tiny ["/root/tiny:/run/dynamo/models/tiny:ro"]
        frontend-0:  ["/root/tiny:/run/dynamo/models/tiny:ro"]
        agg-0: --model-path /run/dynamo/models/tiny --served-model-name tiny ["/root/tiny:/run/dynamo/models/tiny:ro"]
        frontend-0:  ["/root/tiny:/run/dynamo/models/tiny:ro"]
        agg-0: --model-path /run/dynamo/models/tiny --model-name tiny ["/root/tiny:/run/dynamo/models/tiny:ro"]
        frontend-0:  ["/srv/tiny:/srv/tiny:ro"]
        agg-0: --model /srv/tiny --served-model-name tiny ["/srv/tiny:/srv/tiny:ro"]
        frontend-0:  []
        agg-0: --model root/tiny []
        "#);
}

#[test]
fn what_is_derived_may_not_be_written() {
    insta::assert_snapshot!(problems(
        "[frontend]\nargs = { http-port = 80 }\nenv = { DYN_TCP_RPC_PORT = 1 }\n\
         [all.args]\nnnodes = 2\n\
         [workers.agg]\nargs = { tensor-parallel-size = 2 }\nenv = { CUDA_VISIBLE_DEVICES = 0 }\n"
    ), @r#"
        6: `frontend.args.http-port` is derived from `frontend.port` {Remove it and set `frontend.port`, or put "http-port" into `frontend.force`}
        7: `frontend.env.DYN_TCP_RPC_PORT` is derived from `ports` {Remove it and set `ports`, or put "DYN_TCP_RPC_PORT" into `frontend.force`}
        9: `all.args.nnodes` is derived from `workers.NAME.nodes` {Remove it and set `workers.NAME.nodes`, or put "nnodes" into `all.force`}
        11: `workers.agg.args.tensor-parallel-size` is derived from `workers.agg.tp` {Remove it and set `workers.agg.tp`, or put "tensor-parallel-size" into `workers.agg.force`}
        12: `workers.agg.env.CUDA_VISIBLE_DEVICES` is derived from `workers.agg.gpus` {Remove it and set `workers.agg.gpus`, or put "CUDA_VISIBLE_DEVICES" into `workers.agg.force`}
        "#);
    let forced = "[workers.agg]\nforce = [\"nnodes\"]\nargs = { nnodes = 2 }\n";
    let head = "deployment = \"x\"\nschema = 1\nframework = \"vllm\"\nmodel = \"a/b\"\n";
    let deployment = derive(&format!("{head}{forced}"), false).unwrap();
    let words = deployment.member("x/agg-0").unwrap().words();
    assert!(words.windows(2).any(|pair| pair == ["--nnodes", "2"]));
}

#[test]
fn impossible_shapes_are_refused() {
    insta::assert_snapshot!(problems(
        "[workers.prefill]\ngpus = 4\ntp = 3\n[workers.encode]\nnodes = 3\ngpus = 4\n"
    ), @r"
        6: `workers.prefill` cannot be divided: tp 3 × pp 1 × dp 1 is not 4 GPUs {Correct `gpus`, `nodes`, `tp`, `pp`, `dp` or `ep` in `[workers.prefill]`}
        10: `workers.encode` cannot be divided: 4 GPUs cannot be divided over 3 machines {Correct `gpus`, `nodes`, `tp`, `pp`, `dp` or `ep` in `[workers.encode]`}
        ");
    insta::assert_snapshot!(problems(
        "[workers.agg]\nreplicas = 3\ngpus = 2\n[nodes.a]\naddress = \"1.2.3.4\"\ngpus = 4\n"
    ), @"5: There is no room for `agg-2`: it needs 2 GPUs on a machine, and those that it may use have in all: a (4) {Lower `workers.agg.replicas`, or add machines to `[nodes]` and to `workers.agg.on`}");
    insta::assert_snapshot!(problems("[workers.agg]\nnodes = 2\ngpus = 2\n"), @r"
        5: A replica of `workers.agg` takes 2 machines, but the file has no `[nodes]` {Add a table `[nodes.NAME]` with `address` and `gpus` for each machine}
        ");
}

#[test]
fn components_must_agree() {
    insta::assert_snapshot!(problems(
        "[workers.prefill]\nargs = { block-size = 16, kv-cache-dtype = \"fp8\" }\n\
         [workers.decode]\nargs = { block-size = 32 }\n"
    ), @r"
        8: `block-size` differs: 16 in `workers.prefill`, 32 in `workers.decode`; blocks of one worker mean nothing to another {Write `block-size` once, in `[all.args]`}
        6: `kv-cache-dtype` differs: fp8 in `workers.prefill`, the engine's default in `workers.decode`; the cache is transferred as it is {Write `kv-cache-dtype` once, in `[all.args]`}
        ");
    insta::assert_snapshot!(problems("[workers.agg]\n[workers.prefill]\n[workers.decode]\n"), @"5: `workers.agg` has role `agg` next to prefill and decode: Dynamo would switch disaggregation off without a word {Make it a deployment of its own}");
}

#[test]
fn names_must_lead_somewhere() {
    insta::assert_snapshot!(problems(
        "discovery = \"file\"\n[frontend]\non = [\"c\"]\nreplicas = 0\n\
         [workers.agg]\nshare = \"ag\"\non = [\"aa\"]\n[nodes.a]\ngpus = 1\n\
         [services.minio]\nports = [9000]\n[secrets]\nHF_TOKEN = \"hf_abc\"\n"
    ), @r#"
        11: Unknown machine `aa` {Did you mean `a`?}
        7: Unknown machine `c` {Add `c` to `[nodes]`}
        12: `nodes.a` has no `address` {Add the address at which the other machines reach it}
        10: Unknown worker `ag` {Did you mean `agg`?}
        10: `workers.agg` shares its GPUs, but does not say how much `memory` it takes {Add `memory = "0.4"` to `[workers.agg]`}
        14: `services.minio` has no `image` {Add `image = "NAME:TAG"`}
        8: There are no frontends {Write `replicas = 1` or more}
        5: Discovery by files works on one machine, and the file has several {Write `discovery = "etcd"`, or remove `[nodes]`}
        17: The source of the secret `HF_TOKEN` is neither `env:` nor `file:` {Write `HF_TOKEN = "env:HF_TOKEN"`}
        "#);
    insta::assert_snapshot!(problems(
        "[workers.agg]\non = [\"a\"]\n[nodes]\na = { address = \"10.0.0.1\", engine = \"ftp://a\" }\n\
         b = { address = \"10.0.0.2\", engine = \" \" }\n\
         c = { address = \"10.0.0.3\", engine = \"ssh://c\" }\n\
         d = { address = \"10.0.0.4\", engine = \"ssh://c\" }\n"
    ), @"
    8: Invalid `nodes.a.engine`: engine address `ftp://a` has an unknown scheme `ftp` {Write it as in `DOCKER_HOST`, for example `ssh://d0`}
    9: Invalid `nodes.b.engine`: it names no engine {Write it as in `DOCKER_HOST`, for example `ssh://d0`}
    11: `nodes.d` has the engine of `nodes.c` {Make one machine of both, or name another engine}
    ");
    insta::assert_snapshot!(problems("[workers.Decode_1]\nrole = \"agg\"\n[stop]\ngrace = \"soon\"\n"), @r#"8: Invalid value `soon` for `stop.grace`: not a time {Write a time such as `stop.grace = "90s"`}"#);
}

#[test]
fn ports_that_meet_are_refused() {
    insta::assert_snapshot!(problems(
        "[frontend]\nport = 21000\n[workers.prefill]\n[workers.decode]\n"
    ), @"6: `frontend-0` and `prefill-0` would both listen on port 21000 {Move one of them: `ports`, `frontend.port` or `services.NAME.port`}");
    insta::assert_snapshot!(problems("[frontend]\nport = 0\n[workers.agg]\n"), @"6: The ports of frontends, from 0 to 0, are not all between 1 and 65535 {Write another port, such as `port = 8000`}");
    insta::assert_snapshot!(problems("[frontend]\nport = 65535\nreplicas = 2\n[workers.agg]\n"), @"6: The ports of frontends, from 65535 to 65536, are not all between 1 and 65535 {Write another port, such as `port = 8000`}");
    insta::assert_snapshot!(problems("ports = 65500\n[workers.agg]\n"), @"5: 1 replica with 64 ports each, from 65500 on, do not fit between 1024 and 65535 {Write a lower number, such as `ports = 21000`, or fewer replicas}");
}

#[test]
fn a_member_is_a_launch_of_dynrun() {
    use crate::launch::decision::{Inputs as LaunchInputs, Launch};
    use crate::launch::facts::HostFacts;
    use crate::launch::render::line;

    let deployment = shipped("vllm-local");
    let store = crate::profile::Store::embedded();
    let lines = deployment.members.iter().map(|member| {
        let request = &member.request;
        let profile = member.profile(store.load(request.framework.as_deref().unwrap()).unwrap());
        let host = HostFacts::default();
        let inputs = LaunchInputs {
            request,
            profile: &profile,
            host: &host,
            engine: None,
        };
        line(&Launch::decide(inputs).unwrap())
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
        docker run --shm-size 10g --ulimit 'memlock=-1' --ulimit 'stack=67108864' --ulimit 'nofile=65536' --cap-add SYS_PTRACE -w /workspace --init -e 'CUDA_DEVICE_ORDER=PCI_BUS_ID' --rm --log-driver local --label 'io.dynbuild.run=true' --name vllm-local-frontend-0 --label 'io.dynbuild.run.deployment=vllm-local' --label 'io.dynbuild.run.member=frontend-0' --network vllm-local --stop-timeout 60 --ipc private --mount 'type=volume,source=vllm-local-kv,target=/run/dynamo/kv,volume-opt=type=tmpfs,volume-opt=device=tmpfs,"volume-opt=o=size=16m,mode=1777"' -p 127.0.0.1:8000:8000 -e 'DYN_NAMESPACE=vllm-local' -e 'DYN_DISCOVERY_BACKEND=file' -e 'DYN_FILE_KV=/run/dynamo/kv' -e 'DYN_REQUEST_PLANE=tcp' -e 'DYN_EVENT_PLANE=zmq' dynamo:latest-vllm-runtime python3 -m dynamo.frontend --http-port 8000
        docker run --ipc host --ulimit 'memlock=-1' --ulimit 'stack=67108864' --ulimit 'nofile=65536' --cap-add SYS_PTRACE -w /workspace --init -e 'CUDA_DEVICE_ORDER=PCI_BUS_ID' --rm --log-driver local --label 'io.dynbuild.run=true' --name vllm-local-agg-0 --label 'io.dynbuild.run.deployment=vllm-local' --label 'io.dynbuild.run.member=agg-0' --network vllm-local --stop-timeout 60 --gpus 'device=0' --mount 'type=volume,source=vllm-local-kv,target=/run/dynamo/kv,volume-opt=type=tmpfs,volume-opt=device=tmpfs,"volume-opt=o=size=16m,mode=1777"' -e 'DYN_NAMESPACE=vllm-local' -e 'DYN_DISCOVERY_BACKEND=file' -e 'DYN_FILE_KV=/run/dynamo/kv' -e 'DYN_REQUEST_PLANE=tcp' -e 'DYN_EVENT_PLANE=zmq' -e 'DYN_SYSTEM_PORT=21000' -e 'DYN_SYSTEM_USE_ENDPOINT_HEALTH_STATUS=["generate"]' -e 'DYN_TCP_RPC_PORT=21001' -e 'VLLM_PORT=21040' dynamo:latest-vllm-runtime python3 -m dynamo.vllm --model Qwen/Qwen3-0.6B --max-model-len 8192 --gpu-memory-utilization 0.8
        "#);
}

/// Numbers that no machine has are refused before anything is made of them.
#[test]
fn numbers_out_of_reach_are_refused_at_once() {
    let head = "deployment = \"x\"\nschema = 1\nframework = \"vllm\"\nmodel = \"a/b\"\n";
    let most = u32::MAX;
    let texts = [
        format!("{head}[frontend]\nreplicas = {most}\n[workers.agg]\n"),
        format!("{head}[frontend]\nreplicas = 257\n[workers.agg]\n"),
        format!("{head}[frontend]\nport = 65500\nreplicas = 100\n[workers.agg]\n"),
        format!(
            "{head}[workers.agg]\nreplicas = {most}\n[workers.b]\nrole = \"agg\"\nreplicas = {most}\n"
        ),
        format!("{head}[workers.agg]\ntp = {most}\npp = {most}\ndp = {most}\nep = 7\n"),
        format!("{head}[workers.agg]\ntp = {most}\n"),
        format!(
            "{head}[workers.agg]\ngpus = {most}\nnodes = {most}\n[nodes]\na = {{ address = \"a\" }}\n"
        ),
        format!("{head}discovery = \"etcd\"\n[workers.agg]\n[services.etcd]\nreplicas = {most}\n"),
        format!("{head}[workers.agg]\n[services.x]\nimage = \"x\"\nreplicas = 10\n"),
    ];
    let shown = texts.map(|text| {
        let problems = derive(&text, false).unwrap_err();
        let shown = problems.0.iter().map(ToString::to_string);
        shown.collect::<Vec<_>>().join(" / ")
    });
    insta::assert_snapshot!(shown.join("\n"));
}
