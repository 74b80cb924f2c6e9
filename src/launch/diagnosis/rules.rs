//! The table. Texts are those of the engines 20.10 and 28.5, of runc, and of the frameworks.

use super::evidence::Evidence;
use super::programs::{engine_of, missing_program, program_fixes};
use crate::suggest::closest;

/// One known failure.
pub(super) struct Rule {
    /// A short name.
    pub(super) name: &'static str,
    /// Returns the line that shows the failure, or an empty text if the state alone does.
    pub(super) applies: fn(&Evidence) -> Option<String>,
    /// Why it happens.
    pub(super) cause: &'static str,
    /// What fixes it.
    pub(super) fixes: fn(&Evidence) -> Vec<String>,
}

fn fixes<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

/// Where to look when something was killed.
const WHO_KILLED: &str = "Look for who did it: a `docker kill`, a restart of the engine, a supervisor, or the kernel when the whole machine had no memory left: `journalctl --dmesg --grep 'out of memory'`";

/// Failures with which a server goes on and waits.
pub(super) const KEEP_WAITING: [&str; 5] = [
    "etcd-unreachable",
    "nats-unreachable",
    "gated-model",
    "model-missing",
    "hub-unreachable",
];

/// Modules that people start, as `python3 -m` takes them.
const MODULES: [&str; 9] = [
    "dynamo.frontend",
    "dynamo.vllm",
    "dynamo.sglang",
    "dynamo.trtllm",
    "dynamo.mocker",
    "dynamo.planner",
    "dynamo.router",
    "sglang.launch_server",
    "vllm.entrypoints.openai.api_server",
];

/// Reads the name out of `No module named dynamo.vlm` and `No module named 'dynamo.vlm'`.
fn module_in(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("named ")?;
    let name = rest.split_whitespace().next()?;
    Some(name.trim_matches(|c: char| !c.is_alphanumeric() && c != '_'))
}

/// In the order in which they are tried: the special before the general.
pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "image-missing",
        applies: |evidence| {
            evidence.line_with(&[
                "no such image",
                "manifest unknown",
                "pull access denied",
                "manifest for",
            ])
        },
        cause: "The engine does not have the image, and no registry gave it",
        fixes: |evidence| match &evidence.build_line {
            Some(line) => vec![format!("Build it: `{line}`")],
            None => vec![format!(
                "Check the name, or pull it: `docker pull {}`",
                evidence.image
            )],
        },
    },
    Rule {
        name: "registry-unreachable",
        applies: |evidence| {
            let line = evidence.line_with(&[
                "no such host",
                "i/o timeout",
                "connection refused",
                "dial tcp",
            ]);
            line.filter(|_| evidence.code.is_none())
        },
        cause: "The engine cannot reach the registry that the image's name points to",
        fixes: |evidence| match &evidence.build_line {
            Some(line) => vec![format!("Build the image here: `{line}`")],
            None => fixes(["Check the name, the network and the engine's proxy settings"]),
        },
    },
    Rule {
        name: "cdi-disabled",
        applies: |evidence| evidence.line_with(&["could not select device driver \"cdi\""]),
        cause: "The engine does not read CDI specifications, by which the device is asked for",
        fixes: |_| {
            fixes([
                "Switch it on (Docker 25 and newer; from 28.2 on it is on): `{\"features\": {\"cdi\": true}}` in `/etc/docker/daemon.json`, then `sudo systemctl restart docker`",
                "Or ask for GPUs through NVIDIA's hook: `--gpus`",
            ])
        },
    },
    Rule {
        name: "gpu-driver-missing",
        applies: |evidence| evidence.line_with(&["could not select device driver"]),
        cause: "The engine has no driver for GPUs: NVIDIA's container toolkit is not installed for it",
        fixes: |_| {
            fixes([
                "Install the NVIDIA container toolkit, then `sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker`",
                "Or run without GPU: `--gpus none`",
            ])
        },
    },
    Rule {
        name: "gpu-runtime-missing",
        applies: |evidence| {
            evidence.line_with(&[
                "unknown or invalid runtime name",
                "unknown runtime specified",
            ])
        },
        cause: "The engine does not know the runtime that was asked for",
        fixes: |_| {
            fixes([
                "Leave `--runtime` out: `--gpus` does not need it",
                "Or register it: `sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker`",
            ])
        },
    },
    Rule {
        name: "cdi-device-missing",
        applies: |evidence| {
            evidence.line_with(&["unresolvable cdi devices", "cdi device injection failed"])
        },
        cause: "No CDI specification of the engine has the device",
        fixes: |_| {
            fixes([
                "Generate the specification again: `sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml`",
            ])
        },
    },
    Rule {
        name: "gpu-driver-mismatch",
        applies: |evidence| {
            evidence.line_with(&[
                "driver/library version mismatch",
                "nvml: driver",
                "failed to initialize nvml",
            ])
        },
        cause: "The kernel runs another version of the NVIDIA driver than is installed",
        fixes: |_| {
            fixes([
                "Restart the machine, or reload the driver: `sudo rmmod nvidia_uvm nvidia && sudo modprobe nvidia`",
            ])
        },
    },
    Rule {
        name: "gpu-hook-failed",
        applies: |evidence| {
            evidence.line_with(&["error running prestart hook", "nvidia-container-cli"])
        },
        cause: "NVIDIA's hook failed while the container was prepared",
        fixes: |_| fixes(["Ask it directly: `nvidia-container-cli info`"]),
    },
    Rule {
        name: "limit",
        applies: |evidence| evidence.line_with(&["error setting rlimit"]),
        cause: "The engine may not raise a limit as high as `--ulimit` asks",
        fixes: |_| {
            fixes([
                "Take what is possible: `--ulimit-policy clamp`",
                "Or give the engine the right: `LimitMEMLOCK=infinity` and `LimitNOFILE=infinity` in its service",
            ])
        },
    },
    Rule {
        name: "port-taken",
        applies: |evidence| {
            evidence.line_with(&[
                "port is already allocated",
                "address already in use",
                "ports are not available",
            ])
        },
        cause: "Something else listens on a port that the container needs",
        fixes: |_| {
            fixes([
                "Find it: `sudo ss -ltnp`, or `dynrun ps` if it is a container of dynrun",
                "Or take another port: of the host with `-p 8001:8000`, of Dynamo's frontend with `--http-port 8001`",
            ])
        },
    },
    Rule {
        name: "name-taken",
        applies: |evidence| evidence.line_with(&["is already in use by container"]),
        cause: "Another container has the name",
        fixes: |evidence| {
            let name = evidence.line_with(&["is already in use by container"]);
            let quoted = name.as_deref().and_then(|line| line.split('"').nth(1));
            match quoted.map(|name| name.trim_start_matches('/')) {
                Some(name) => vec![format!(
                    "Remove it: `docker rm --force {name}`, or choose another `--name`"
                )],
                None => fixes(["Choose another `--name`"]),
            }
        },
    },
    Rule {
        name: "shared-memory",
        applies: |evidence| {
            evidence
                .line_with(&[
                    "bus error",
                    "insufficient shared memory",
                    "/dev/shm",
                    "sigbus",
                ])
                .or_else(|| (evidence.code == Some(135)).then(String::new))
        },
        cause: "The shared memory of the container is too small",
        fixes: |_| fixes(["Give it more: `--shm-size 16g`, or share the host's: `--ipc host`"]),
    },
    Rule {
        name: "gpu-out-of-memory",
        applies: |evidence| {
            evidence.line_with(&[
                "cuda out of memory",
                "cuda error: out of memory",
                "torch.outofmemoryerror",
            ])
        },
        cause: "The GPU has too little free memory for the model and its cache",
        fixes: |_| {
            fixes([
                "See who uses it: `nvidia-smi`",
                "Or use less: vLLM `--gpu-memory-utilization`, SGLang `--mem-fraction-static`, TensorRT-LLM `--free-gpu-memory-fraction`",
            ])
        },
    },
    Rule {
        name: "out-of-memory",
        applies: |evidence| (evidence.out_of_memory == Some(true)).then(String::new),
        cause: "The container reached its limit of memory, and the kernel killed a process of it",
        fixes: |_| fixes(["Give it more with `--memory`, or leave the limit out"]),
    },
    Rule {
        name: "gpu-memory-taken",
        applies: |evidence| evidence.line_with(&["is less than desired gpu memory utilization"]),
        cause: "Something else uses the GPU's memory that vLLM wants for itself",
        fixes: |_| {
            fixes([
                "See who uses it: `nvidia-smi`",
                "Or ask for less: `--gpu-memory-utilization 0.5`",
            ])
        },
    },
    Rule {
        name: "cache-too-small",
        applies: |evidence| {
            evidence.line_with(&[
                "larger than the maximum number of tokens that can be stored in kv cache",
                "no available memory for the cache blocks",
                "larger than the available kv cache memory",
                "not enough memory. please try to increase --mem-fraction-static",
            ])
        },
        cause: "The weights leave too little memory of the GPU for the cache of one whole sequence",
        fixes: |_| {
            fixes([
                "See what fits: `dynrun fit --model MODEL --gpu h100`",
                "Shorten the sequences: vLLM `--max-model-len 8192`, SGLang `--context-length 8192`; or use more GPUs: `--tensor-parallel-size 2`, SGLang `--tp 2`",
            ])
        },
    },
    Rule {
        name: "no-space",
        applies: |evidence| evidence.line_with(&["no space left on device"]),
        cause: "A disk is full",
        fixes: |_| {
            fixes(["See which: `df -h` and `docker system df`; free some: `docker system prune`"])
        },
    },
    Rule {
        name: "gated-model",
        applies: |evidence| {
            evidence.line_with(&[
                "401 client error",
                "403 client error",
                "gatedrepoerror",
                "gated repo",
            ])
        },
        cause: "Hugging Face refuses the model: no token, or its licence is not accepted",
        fixes: |_| {
            fixes([
                "Accept the licence on the model's page, then pass a token: `--secret hf-token` with `HF_TOKEN` set",
            ])
        },
    },
    Rule {
        name: "model-missing",
        applies: |evidence| {
            evidence.line_with(&[
                "is not a local folder and is not a valid model identifier",
                "repo id must be in the form",
                "repo id must use alphanumeric",
                "repositorynotfounderror",
                "repository not found for url",
                "404 client error",
                "can't load the configuration of",
                "unable to load vocabulary",
                "incorrect path_or_model_id",
                "model path does not exist",
                "no such model",
                "unable to extract config.json from directory",
            ])
        },
        cause: "The model is neither a directory of the container nor one of Hugging Face",
        fixes: |_| {
            fixes([
                "Check the name, for example `Qwen/Qwen3-0.6B`",
                "Or mount a directory of the host at the path that the command names: `-v /models:/models:ro`",
            ])
        },
    },
    Rule {
        name: "hub-unreachable",
        applies: |evidence| {
            evidence.line_with(&[
                "thrown while requesting head https://huggingface.co",
                "thrown while requesting get https://huggingface.co",
                "couldn't connect to 'https://huggingface.co'",
                "host='huggingface.co'",
                "failed to resolve 'huggingface.co'",
                "sending request for url (https://huggingface.co",
                "localentrynotfounderror",
                "an error happened while trying to locate the file on the hub",
            ])
        },
        cause: "The container cannot reach Hugging Face, from where it would download the model",
        fixes: |_| {
            fixes([
                "Mount the model: `-v /models:/models:ro`, and name its directory there",
                "Use only what the cache has: `-e HF_HUB_OFFLINE=1`",
                "Or let it pass the proxy: `-e HTTPS_PROXY=http://HOST:PORT`, or `proxies` in `~/.docker/config.json`",
            ])
        },
    },
    Rule {
        name: "remote-code",
        applies: |evidence| {
            evidence.line_with(&["contains custom code", "requires you to execute the"])
        },
        cause: "The model comes with code of its own, which is run only on demand",
        fixes: |_| fixes(["If you trust it, add `--trust-remote-code` to the command"]),
    },
    Rule {
        name: "engine-missing",
        applies: |evidence| {
            let line = evidence.line_with(&["no module named"])?;
            module_in(&line).and_then(engine_of).map(|_| line)
        },
        cause: "The image has another engine than the command, or none",
        fixes: |evidence| {
            let line = evidence.line_with(&["no module named"]);
            let engine = line.as_deref().and_then(module_in).and_then(engine_of);
            match engine {
                Some(framework) => vec![format!(
                    "Take the image that has it: `dynrun --framework {framework}`; \
                     `dynbuild --framework {framework}` makes it"
                )],
                None => fixes(["See which images there are: `dynbuild list`"]),
            }
        },
    },
    Rule {
        name: "module-missing",
        applies: |evidence| {
            evidence.line_with(&[
                "no module named",
                "modulenotfounderror",
                "error while finding module",
            ])
        },
        cause: "The image has no Python module of that name",
        fixes: |evidence| {
            let line = evidence.line_with(&["no module named", "error while finding module"]);
            let module = line.as_deref().and_then(module_in);
            let similar = module.and_then(|module| closest(module, MODULES.iter().copied()));
            let mut fixes: Vec<_> = similar
                .map(|similar| format!("Did you mean `python3 -m {similar}`?"))
                .into_iter()
                .collect();
            fixes.push(match evidence.image.as_str() {
                "" => "Take an image that has it: `dynbuild list`".to_owned(),
                image => {
                    format!("See what is in the image: `dynrun run {image} python3 -m pip list`")
                }
            });
            fixes
        },
    },
    Rule {
        name: "program-missing",
        applies: |evidence| missing_program(evidence).map(|(_, line)| line),
        cause: "The image has no program of that name",
        fixes: program_fixes,
    },
    Rule {
        name: "option-unknown",
        applies: |evidence| {
            let line = evidence.line_with(&[
                "error: unrecognized arguments",
                "unknown arguments specified",
                "error: unexpected argument",
                "no such option",
            ]);
            line.filter(|_| evidence.engine.is_none())
        },
        cause: "The command does not know an option that it was given",
        fixes: |_| fixes(["List those that it has: give the command `--help`"]),
    },
    Rule {
        name: "etcd-unreachable",
        applies: |evidence| {
            let said = evidence.line_with(&[
                "check etcd server status",
                "failed to connect to etcd",
                "unable to connect to etcd",
                "etcd connection",
                "etcd not ready",
                "waiting for etcd",
                "could not connect to etcd",
            ]);
            // Whoever uses it says so at the beginning, and may end for another reason.
            let named = || evidence.line_with(&[":2379"]);
            said.or_else(|| named().filter(|line| !line.contains(" INFO ")))
        },
        cause: "It waits for etcd, through which Dynamo's parts find each other, and etcd does not answer",
        fixes: |_| {
            fixes([
                "Do without it on one machine: `-e DYN_DISCOVERY_BACKEND=file` for all parts, which share a directory",
                "Or say where it is: `-e ETCD_ENDPOINTS=http://HOST:2379`",
            ])
        },
    },
    Rule {
        name: "nats-unreachable",
        applies: |evidence| {
            evidence.line_with(&[
                "failed to connect to nats",
                "unable to connect to nats",
                "nats connection",
                "nats: connection refused",
                "waiting for nats",
                "async_nats",
                ":4222",
            ])
        },
        cause: "It waits for NATS, which carries Dynamo's requests and events, and NATS does not answer",
        fixes: |_| {
            fixes([
                "Do without it: `-e DYN_REQUEST_PLANE=tcp -e DYN_EVENT_PLANE=zmq` for all parts",
                "Or say where it is: `-e NATS_SERVER=nats://HOST:4222`",
            ])
        },
    },
    Rule {
        name: "device-type-unknown",
        applies: |evidence| {
            evidence.line_with(&[
                "failed to infer device type",
                "no cuda gpus are available",
                "found no nvidia driver",
                "cuda driver version is insufficient",
            ])
        },
        cause: "The container sees no GPU that the framework can use",
        fixes: |_| {
            fixes([
                "Give it GPUs: `--gpus all`",
                "Or look what the engine can give: `dynbuild doctor`",
            ])
        },
    },
    Rule {
        name: "device-missing",
        applies: |evidence| evidence.line_with(&["error gathering device information"]),
        cause: "The engine's machine has no such device file",
        fixes: |_| {
            fixes([
                "Look for it: `ls -l /dev`; for NVIDIA GPUs write `--gpus all` instead of device files",
            ])
        },
    },
    Rule {
        name: "network-missing",
        applies: |evidence| {
            // Containers say such things of other networks.
            let said = evidence.engine.as_ref()?;
            (said.contains("network ") && said.contains("not found")).then(|| said.clone())
        },
        cause: "The engine has no network of that name",
        fixes: |_| {
            fixes(["List them: `docker network ls`; create one with `docker network create`"])
        },
    },
    Rule {
        name: "path-refused",
        applies: |evidence| {
            let line = evidence.line_with(&[
                "permissionerror: [errno 13]",
                "cannot open for writing: permission denied",
                "cannot create directory",
            ]);
            line.filter(|line| line.to_lowercase().contains("permission denied"))
        },
        cause: "The container's user may not use a directory that it needs",
        fixes: |_| {
            fixes([
                "If it is yours, run the container as you: `--user host`",
                "Or let everybody write to it: `chmod -R a+rwX DIR`",
            ])
        },
    },
    Rule {
        name: "mount-source-missing",
        applies: |evidence| evidence.line_with(&["bind source path does not exist"]),
        cause: "A directory that `--mount` names does not exist on the engine's machine",
        fixes: |_| fixes(["Create it, or add `,bind-create-src`"]),
    },
    Rule {
        name: "user-missing",
        applies: |evidence| {
            evidence.line_with(&["unable to find user", "no matching entries in passwd file"])
        },
        cause: "The image has no user of that name",
        fixes: |_| fixes(["Use a number: `--user 1000`"]),
    },
    Rule {
        name: "killed",
        applies: |evidence| {
            let killed = evidence.code == Some(137) && evidence.out_of_memory == Some(false);
            killed.then(String::new)
        },
        cause: "It was killed (SIGKILL), and the engine saw it reach no limit of memory",
        fixes: |_| fixes([WHO_KILLED]),
    },
    Rule {
        name: "killed-unseen",
        applies: |evidence| (evidence.code == Some(137)).then(String::new),
        cause: "It was killed (SIGKILL), and the engine cannot say whether it reached a limit of memory",
        fixes: |_| fixes([WHO_KILLED]),
    },
];

#[cfg(test)]
mod tests {
    use super::super::{Evidence, diagnose};
    use test_case::test_case;

    fn engine_said(text: &str) -> Evidence {
        Evidence {
            engine: Some(text.to_owned()),
            image: "dynamo:latest-vllm".to_owned(),
            ..Evidence::default()
        }
    }

    #[test_case(
        "could not select device driver \"\" with capabilities: [[gpu]]",
        "gpu-driver-missing"
    )]
    #[test_case(
        "could not select device driver \"cdi\" with capabilities: []",
        "cdi-disabled"
    )]
    #[test_case("unknown or invalid runtime name: nvidia", "gpu-runtime-missing"; "28.5")]
    #[test_case("Unknown runtime specified nvidia", "gpu-runtime-missing"; "20.10")]
    #[test_case(
        "CDI device injection failed: unresolvable CDI devices example.com/gpu=9",
        "cdi-device-missing"
    )]
    #[test_case(
        "error setting rlimits for ready process: error setting rlimit type 7: operation not permitted",
        "limit"
    )]
    #[test_case(
        "Bind for 0.0.0.0:8000 failed: port is already allocated",
        "port-taken"
    )]
    #[test_case("No such image: dynamo:latest-vllm", "image-missing")]
    #[test_case(
        "failed to set up container networking: network x not found",
        "network-missing"
    )]
    #[test_case(
        "error gathering device information while adding custom device \"/dev/x\": no such file or directory",
        "device-missing"
    )]
    #[test_case(
        "error running prestart hook #0: exit status 1, stdout: , stderr: boom",
        "gpu-hook-failed"
    )]
    #[test_case("nvml error: driver/library version mismatch", "gpu-driver-mismatch")]
    #[test_case("write /var/lib/docker/x: no space left on device", "no-space")]
    #[test_case(
        "unable to find user dynamo: no matching entries in passwd file",
        "user-missing"
    )]
    #[test_case(
        "invalid mount config for type \"bind\": bind source path does not exist: /x",
        "mount-source-missing"
    )]
    fn what_engines_say_is_known(text: &str, name: &str) {
        let diagnosis = diagnose(&engine_said(text)).unwrap();
        assert_eq!(diagnosis.name, name);
        assert_eq!(diagnosis.evidence.as_deref(), Some(text));
        assert!(!diagnosis.fixes.is_empty());
    }

    #[test_case(
        "OSError: /models/qwen is not a local folder and is not a valid model identifier listed on",
        "model-missing"
    )]
    #[test_case(
        "/usr/bin/python3: Error while finding module specification for 'dynamo.vlm' (ModuleNotFoundError: No module named 'dynamo.vlm')",
        "module-missing"
    )]
    #[test_case("python3: No module named dynamo.fronted", "module-missing"; "from python itself")]
    #[test_case("ModuleNotFoundError: No module named 'vllm'", "engine-missing"; "an engine")]
    #[test_case("ModuleNotFoundError: No module named 'tensorrt_llm.llmapi'", "engine-missing"; "a part of an engine")]
    #[test_case("'[Errno -2] Name or service not known' thrown while requesting HEAD https://huggingface.co/m/x/resolve/main/config.json", "hub-unreachable"; "no name")]
    #[test_case("MaxRetryError: HTTPSConnectionPool(host='huggingface.co', port=443): Max retries exceeded", "hub-unreachable"; "no network")]
    #[test_case("OSError: We couldn't connect to 'https://huggingface.co' to load the files", "hub-unreachable"; "transformers")]
    #[test_case("ValueError: To serve at least one request with the model's max seq len (40960), (4.38 GiB KV cache is needed, which is larger than the available KV cache memory (1.97 GiB).", "cache-too-small"; "vllm")]
    #[test_case("ValueError: Free memory on device (1.2/79.1 GiB) on startup is less than desired GPU memory utilization (0.9, 71.2 GiB).", "gpu-memory-taken"; "a GPU in use")]
    #[test_case("ValueError: The repository for m/x contains custom code. Please pass the argument `trust_remote_code=True`", "remote-code"; "code of the model")]
    #[test_case("PermissionError: [Errno 13] Permission denied: '/home/dynamo/.cache/huggingface/hub'", "path-refused"; "a cache of another user")]
    #[test_case(
        "frontend.py: error: unrecognized arguments: --htp-port 8000",
        "option-unknown"
    )]
    #[test_case(
        "Unable to create lease. Check etcd server status at http://localhost:2379",
        "etcd-unreachable"
    )]
    #[test_case(
        "Failed to connect to NATS: IO error: Connection refused",
        "nats-unreachable"
    )]
    #[test_case("RuntimeError: Failed to infer device type", "device-type-unknown")]
    fn what_servers_say_is_known(line: &str, name: &str) {
        let evidence = Evidence {
            log: vec!["starting".to_owned(), line.to_owned()],
            code: Some(1),
            ..Evidence::default()
        };
        let diagnosis = diagnose(&evidence).unwrap();
        assert_eq!(diagnosis.name, name);
        assert_eq!(diagnosis.evidence.as_deref(), Some(line));
    }

    #[test]
    fn etcd_is_not_blamed_for_being_used() {
        let evidence = Evidence {
            log: vec![
                "2026-11-29T20:24:09.194737Z  INFO dynamo_runtime::distributed: Initializing KV store \
                 discovery backend: Etcd(http://bench-etcd-0:2379)"
                    .to_owned(),
                "Exception: something else".to_owned(),
            ],
            code: Some(1),
            ..Evidence::default()
        };
        assert_eq!(diagnose(&evidence), None);
    }

    #[test]
    fn the_framework_whose_image_has_the_engine_is_named() {
        let evidence = Evidence {
            log: vec!["ModuleNotFoundError: No module named 'tensorrt_llm'".to_owned()],
            ..Evidence::default()
        };
        let fixes = diagnose(&evidence).unwrap().fixes;
        assert!(
            fixes[0].contains("`dynrun --framework trtllm`"),
            "{fixes:?}"
        );
    }

    #[test_case("No module named dynamo.vlm" => "Did you mean `python3 -m dynamo.vllm`?")]
    #[test_case("No module named 'dynamo.fronted')" => "Did you mean `python3 -m dynamo.frontend`?")]
    fn the_module_that_was_meant_is_named(line: &str) -> String {
        let evidence = Evidence {
            log: vec![line.to_owned()],
            ..Evidence::default()
        };
        diagnose(&evidence).unwrap().fixes.remove(0)
    }

    #[test]
    fn the_container_that_has_the_name_is_named() {
        let said =
            "Conflict. The container name \"/front\" is already in use by container \"0123\"";
        let fixes = diagnose(&engine_said(said)).unwrap().fixes;
        assert_eq!(
            fixes,
            ["Remove it: `docker rm --force front`, or choose another `--name`"]
        );
    }

    #[test]
    fn every_fix_starts_with_a_capital_letter() {
        for rule in super::RULES {
            for fix in (rule.fixes)(&Evidence::default()) {
                assert!(fix.starts_with(char::is_uppercase), "{fix}");
            }
        }
    }

    #[test]
    fn killed_for_memory_and_killed_by_hand_differ() {
        let killed = |out_of_memory| Evidence {
            code: Some(137),
            out_of_memory,
            ..Evidence::default()
        };
        assert_eq!(diagnose(&killed(Some(true))).unwrap().name, "out-of-memory");
        assert_eq!(diagnose(&killed(Some(false))).unwrap().name, "killed");
        assert_eq!(diagnose(&killed(None)).unwrap().name, "killed-unseen");
    }

    #[test]
    fn the_last_line_of_the_log_counts() {
        let log = [
            "starting",
            "401 Client Error: Unauthorized for url x",
            "403 Client Error: y",
            "bye",
        ];
        let evidence = Evidence {
            log: log.map(str::to_owned).to_vec(),
            code: Some(1),
            ..Evidence::default()
        };
        let diagnosis = diagnose(&evidence).unwrap();
        assert_eq!(diagnosis.name, "gated-model");
        assert_eq!(diagnosis.evidence.as_deref(), Some("403 Client Error: y"));
    }

    #[test]
    fn a_missing_image_of_ours_names_the_build() {
        let evidence = Evidence {
            build_line: Some("dynbuild --framework vllm".to_owned()),
            ..engine_said("No such image: dynamo:latest-vllm")
        };
        let fixes = diagnose(&evidence).unwrap().fixes;
        assert_eq!(fixes, ["Build it: `dynbuild --framework vllm`"]);
    }

    #[test]
    fn an_unknown_failure_stays_unexplained() {
        assert_eq!(diagnose(&engine_said("something else")), None);
    }
}
