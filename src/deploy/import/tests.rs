//! Imports: round trips of exports, the corpus of objects, the files of Dynamo's guide, and what is
//! refused.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;

use super::Imported;
use crate::deploy::tests::{all, derive, texts, with_api};
use crate::deploy::{Deployment, ExportFormat, Exported, Gpus, Member};
use crate::problem::Problems;
use crate::profile::{Profile, Store};
use crate::toml_file::SourceFile;

fn profile(name: &str) -> Result<Profile, Problems> {
    Store::embedded().load(name)
}

fn export(deployment: &Deployment, format: ExportFormat) -> Vec<(String, String)> {
    Exported::new(deployment, format, profile).unwrap().files
}

fn import(files: &[(String, String)]) -> Result<Imported, Problems> {
    let source = |(name, text): &(String, String)| SourceFile::new(name.clone(), text.clone());
    let files: Vec<Arc<SourceFile>> = files.iter().map(source).collect();
    Imported::new(&files, None, &profile)
}

fn import_text(name: &str, text: &str) -> Result<Imported, Problems> {
    import(&[(name.to_owned(), text.to_owned())])
}

/// Checks `export(import(export(x))) == export(x)`, and for Compose that the members are the same.
fn round_trip(name: &str, text: &str, format: ExportFormat) {
    let first = derive(text, false).unwrap();
    let exported = export(&first, format);
    let imported = import(&exported).unwrap();
    assert_eq!(
        imported.missing,
        Vec::<String>::new(),
        "{name}:\n{}",
        imported.text
    );
    let second = derive(&imported.text, false).unwrap();
    let again = export(&second, format);
    for ((file, before), (_, after)) in exported.iter().zip(&again) {
        // What Kubernetes cannot say is a comment.
        let (before, after) = match format {
            ExportFormat::Dgd => (without_comments(before), without_comments(after)),
            _ => (before.clone(), after.clone()),
        };
        assert_eq!(before, after, "{name}: {file} by way of\n{}", imported.text);
    }
    assert_eq!(exported.len(), again.len(), "{name}");
    if format == ExportFormat::Compose {
        assert_eq!(
            members(&first),
            members(&second),
            "{name}: by way of\n{}",
            imported.text
        );
        // What dynrun wrote itself, it understands.
        assert_eq!(imported.notes, Vec::<String>::new(), "{name}");
    }
}

fn without_comments(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.collect::<Vec<_>>().join("\n")
}

/// Everything of members that a Compose file can say.
fn members(deployment: &Deployment) -> Vec<String> {
    let shown = |member: &Member| {
        let words = shell_words::join(member.words());
        let env: Vec<_> = member
            .env
            .iter()
            .map(|it| format!("{}={}", it.name, it.value))
            .collect();
        let (ports, node) = (&member.ports, &member.node);
        let gpus = member.gpus.as_ref().map(Gpus::ids);
        format!(
            "{} on {node:?}: {words} {env:?} {ports:?} {gpus:?} {:?} {:?}",
            member.name, member.health, member.kind
        )
    };
    deployment.members.iter().map(shown).collect()
}

#[test]
fn a_model_is_where_the_machine_has_it() {
    let service = |volumes: &str, model: &str| {
        let text = format!(
            "services:\n  worker:\n    image: vllm:1\n    volumes: [{volumes}]\n    \
             command: python3 -m dynamo.vllm --model {model} --served-model-name m\n"
        );
        let imported = import_text("compose.yaml", &text).unwrap().text;
        let line = imported.lines().find(|line| line.starts_with("model = "));
        line.unwrap_or_default().to_owned()
    };
    let at = |volumes| service(volumes, "/models/tiny");
    assert_eq!(at("\"/data/m:/models/tiny:ro\""), "model = \"/data/m\"");
    assert_eq!(at("\"/data/:/models/\""), "model = \"/data/tiny\"");
    assert_eq!(
        at("\"/data:/model\", \"models:/models\""),
        "model = \"/models/tiny\""
    );
    assert_eq!(
        at("{ type: bind, source: /data, target: /models }, \"/x:/models/tiny\""),
        "model = \"/x\""
    );
    assert_eq!(
        service("\"/data:/org\"", "org/tiny"),
        "model = \"org/tiny\""
    );
}

#[test]
fn compose_files_come_back() {
    for (name, text) in all() {
        round_trip(&name, &text, ExportFormat::Compose);
    }
}

#[test]
fn graph_deployments_come_back() {
    for (name, text) in all() {
        for api in ["v1beta1", "v1alpha1"] {
            let mut text = with_api(&text, api);
            if !text.contains("secret =") {
                text.push_str("secret = \"hf\"\n");
            }
            round_trip(&format!("{name}, {api}"), &text, ExportFormat::Dgd);
        }
    }
}

/// A deployment that is put together by chance.
fn any_deployment() -> impl Strategy<Value = String> {
    let engine = prop::sample::select(vec!["vllm", "sglang", "trtllm", "dynamo"]);
    let router = prop::sample::select(vec!["round-robin", "kv", "random", "least-loaded"]);
    let discovery = prop::sample::select(vec!["file", "etcd"]);
    let event = prop::sample::select(vec!["zmq", "nats"]);
    let model = prop::sample::select(vec!["Qwen/Qwen3-0.6B", "/models/tiny", "/root/models/tiny"]);
    let sizes = (1_u32..3, 1_u32..3, 1_u32..4, 0_u32..3);
    let args = proptest::collection::btree_map(
        "[a-z]{3,6}(-[a-z]{2,4})?",
        "true|false|7|0\\.50|\"[a-z /$%]{0,9}\"|\\[1, \"b\"\\]|\\{ b = 1, a = \"x\" \\}",
        0..4,
    );
    let kinds = (any::<bool>(), any::<bool>(), 8000_u16..8100);
    (engine, router, discovery, event, model, sizes, args, kinds).prop_map(
        |(engine, router, discovery, event, model, sizes, args, kinds)| {
            let (replicas, frontends, gpus, limit) = sizes;
            let (is_split, is_named, port) = kinds;
            let args: Vec<_> = args
                .iter()
                .map(|(name, value)| format!("x-{name} = {value}"))
                .collect();
            let args = args.join(", ");
            let gpus = if engine == "dynamo" { String::new() } else { format!("gpus = {gpus}") };
            let name = if is_named { "served-name = \"other\"\n" } else { "" };
            let workers = if is_split { vec!["prefill", "decode"] } else { vec!["agg"] };
            let rest = format!(
                "replicas = {replicas}\n{gpus}\nargs = {{ {args} }}\nenv = {{ A_B = \"c $d\" }}\n"
            );
            let workers: Vec<_> = workers
                .iter()
                .map(|it| format!("[workers.{it}]\n{rest}"))
                .collect();
            let workers = workers.concat();
            format!(
                "deployment = \"x\"\nschema = 1\nframework = \"{engine}\"\nmodel = \"{model}\"\n{name}\
                 discovery = \"{discovery}\"\nevent-plane = \"{event}\"\n[frontend]\nreplicas = {frontends}\n\
                 port = {port}\nrouter = \"{router}\"\nmigration-limit = {limit}\n{workers}"
            )
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_deployment_comes_back(text in any_deployment()) {
        round_trip("any", &text, ExportFormat::Compose);
        round_trip("any", &text, ExportFormat::Dgd);
    }
}

/// Returns the files of the reference data; says so where they are not there.
fn corpus() -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/dgd-corpus");
    let Ok(entries) = fs_err::read_dir(&path) else {
        println!("skipped: {} is not there", path.display());
        return Vec::new();
    };
    texts(entries)
}

/// Every word of a corpus file is in the deployment, or in a note.
#[test]
fn upstreams_objects_plan() {
    for (name, text) in corpus() {
        let imported = import_text(&name, &text).unwrap();
        assert_eq!(
            imported.missing,
            Vec::<String>::new(),
            "{name}:\n{}",
            imported.text
        );
        let deployment = derive(&imported.text, false).unwrap();
        let members: BTreeSet<_> = deployment.members.iter().flat_map(Member::words).collect();
        let noted = imported.notes.join("\n");
        let words = text
            .split_whitespace()
            .filter(|word| word.starts_with("--") && *word != "---");
        for word in words.map(|word| word.trim_matches(['"', '\'', ','])) {
            let word = word.replace('_', "-");
            let is_there = members
                .iter()
                .any(|member| member.replace('_', "-") == word);
            let short = ["--tp", "--dp", "--extra-engine-args"].contains(&word.as_str());
            let derived = noted.contains(&word);
            let default = [
                "--data-parallel-size",
                "--router-mode",
                "--served-model-name",
            ]
            .contains(&&*word);
            assert!(
                is_there || short || derived || default,
                "{name}: {word}\n{}",
                imported.text
            );
        }
    }
}

#[test]
fn upstreams_objects_become_these_files() {
    for (name, text) in corpus() {
        let imported = import_text(&name, &text).unwrap();
        let name = name.trim_end_matches(".yaml");
        insta::assert_snapshot!(format!("corpus-{name}"), imported.text);
    }
}

#[test]
fn the_files_of_the_docker_guide_become_these() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/compose");
    let files = texts(fs_err::read_dir(directory).unwrap());
    assert_eq!(files.len(), 6);
    for (name, text) in files {
        let imported = import_text(&name, &text).unwrap();
        assert_eq!(imported.missing, Vec::<String>::new(), "{name}");
        derive(&imported.text, false).unwrap();
        insta::assert_snapshot!(
            format!("guide-{}", name.trim_end_matches(".yaml")),
            imported.text
        );
    }
}

#[test]
fn what_cannot_be_read_is_refused_with_its_place() {
    let texts = [
        "services:\n  a: [1\n",
        "services: 3\n",
        "kind: Deployment\napiVersion: apps/v1\n",
        "apiVersion: nvidia.com/v2\nkind: DynamoGraphDeployment\nspec: {}\n",
        "apiVersion: nvidia.com/v1beta1\nkind: DynamoGraphDeployment\n",
        "apiVersion: nvidia.com/v1beta1\nkind: DynamoGraphDeployment\nspec: {}\n---\nkind: DynamoGraphDeployment\n",
        "services:\n  web:\n    image: nginx\n",
        "services:\n  web:\n    command: {a: b}\n    environment: 3\n",
        "",
        "\u{0}",
    ];
    let shown = texts.map(|text| {
        let problems = import_text("x.yaml", text).unwrap_err();
        let shown = problems.0.iter().map(|problem| {
            let at = problem
                .excerpts
                .first()
                .map(|it| format!("{}:{}: ", it.name, it.line_column().0));
            format!("{}{problem} {:?}", at.unwrap_or_default(), problem.causes)
        });
        shown.collect::<Vec<_>>().join("\n")
    });
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn nothing_of_a_foreign_file_is_lost_without_a_word() {
    let text = r#"
name: Shop 24
x-worker: &worker
  image: nvcr.io/nvidia/ai-dynamo/vllm-runtime:1.4.2
  user: "1000"
  privileged: true
services:
  web:
    <<: *worker
    command: python3 -m dynamo.frontend --http-port 9000 --router-mode kv --odd
    ports: ["80:9000", "9001:9001"]
    env_file: .env
  gen-a:
    <<: *worker
    entrypoint: [bash, -c]
    command:
      - |
        mkdir -p /tmp/x
        exec numactl python3 -m dynamo.vllm --model $$MODEL --tensor-parallel-size 2 -O3 \
          --kv-transfer-config '{"kv_connector":"LMCacheConnectorV1","kv_role":"kv_both"}' \
          --max-model-len "$${LENGTH}"
    environment:
      - MODEL=Qwen/Qwen3-8B
      - HF_TOKEN=${HF_TOKEN:-}
      - API_KEY=${API_KEY}
      - MODE=${MODE:-fast}
      - OTHER=${OTHER}
    gpus: all
    sysctls: {net.core.somaxconn: 1024}
  db:
    image: redis:7
    command: redis-server --port 6400
    ports: ["6400"]
configs:
  c: {content: x}
"#;
    let imported = import_text("shop.yaml", text).unwrap();
    insta::assert_snapshot!(imported.text);
    let deployment = derive(&imported.text, false).unwrap();
    assert_eq!(deployment.url().unwrap(), "http://127.0.0.1:80/v1");
}

#[test]
fn scripts_and_files_of_recipes_are_read() {
    let text = r#"
apiVersion: v1
kind: ConfigMap
metadata: {name: flags}
data:
  prefill.yaml: |
    model-path: org/model
    tensor-parallel-size: 2
    disaggregation-mode: prefill
    trust-remote-code: true
    enable-metrics: false
    cuda-graph-bs: [1, 2]
    context-length: 4096
---
apiVersion: nvidia.com/v1beta1
kind: DynamoGraphDeployment
metadata: {name: recipe}
spec:
  env:
    - {name: MODEL, value: org/model}
  components:
    - name: Frontend
      type: frontend
      podTemplate:
        spec:
          containers:
            - name: main
              command: [/bin/bash, -lc]
              args:
                - |
                  set -Eeuo pipefail
                  flags=(
                    --router-mode kv  # by prefix
                    --http-port 8000
                  )
                  printf '%q ' python3 -m dynamo.frontend "${flags[@]}" >/tmp/command
                  exec python3 -m dynamo.frontend "${flags[@]}" 2>&1 | tee /tmp/log
    - name: prefill
      type: prefill
      podTemplate:
        spec:
          containers:
            - name: main
              command: [python3, -m, dynamo.sglang]
              args: [--config, /etc/sglang/prefill.yaml, --context-length, "8192"]
              volumeMounts: [{name: flags, mountPath: /etc/sglang}]
          volumes: [{name: flags, configMap: {name: flags}}]
    - name: decode
      type: decode
      podTemplate:
        spec:
          containers:
            - name: main
              command: [sh, -c]
              args:
                - |
                  export SGLANG_LOG=1
                  if [ -z "$X" ]; then echo no; exit 1; fi
                  MODE=decode
                  numactl --cpunodebind=0 python3 -m dynamo.sglang --model-path $(MODEL) \
                    --disaggregation-mode $MODE --tp 2 --host $(hostname -i) --trust-remote-code
"#;
    let imported = import_text("recipe.yaml", text).unwrap();
    assert_eq!(imported.missing, Vec::<String>::new(), "{}", imported.text);
    derive(&imported.text, false).unwrap();
    insta::assert_snapshot!(imported.text);
}
