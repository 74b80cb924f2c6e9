//! What an engine refuses of a launch, and what GPUs want of it.

use crate::diagnosis::rule::Rule;

/// What makes GPUs reach containers through NVIDIA's hook.
pub(crate) const INSTALL_TOOLKIT: &str = "Install the NVIDIA container toolkit, then `sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker`";

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "cdi-disabled",
        &[r#"(?i)could not select device driver "cdi""#],
        "The engine does not read CDI specifications, by which the device is asked for",
    )
    .engine(&[
        "Switch it on (Docker 25 and newer; from 28.2 on it is on): `{\"features\": {\"cdi\": true}}` in `/etc/docker/daemon.json`, then `sudo systemctl restart docker`",
        "Or ask for GPUs through NVIDIA's hook: `--gpus`",
    ]),
    Rule::new(
        "gpu-driver-missing",
        &[r"(?i)could not select device driver"],
        "The engine has no driver for GPUs: NVIDIA's container toolkit is not installed for it",
    )
    .engine(&[INSTALL_TOOLKIT, "Or run without GPU: `--gpus none`"]),
    Rule::new(
        "gpu-runtime-missing",
        &[r"(?i)unknown or invalid runtime name|unknown runtime specified"],
        "The engine does not know the runtime that was asked for",
    )
    .engine(&[
        "Leave `--runtime` out: `--gpus` does not need it",
        "Or register it: `sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker`",
    ]),
    Rule::new(
        "cdi-device-missing",
        &[r"(?i)unresolvable cdi devices|cdi device injection failed"],
        "No CDI specification of the engine has the device",
    )
    .engine(&["Generate the specification again: `sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml`"]),
    Rule::new(
        "gpu-driver-mismatch",
        &[r"(?i)driver/library version mismatch|nvml: driver|failed to initialize nvml"],
        "The kernel runs another version of the NVIDIA driver than is installed",
    )
    .launch(&["Restart the machine, or reload the driver: `sudo rmmod nvidia_uvm nvidia && sudo modprobe nvidia`"]),
    Rule::new(
        "gpu-hook-failed",
        &[r"(?i)error running prestart hook|nvidia-container-cli"],
        "NVIDIA's hook failed while the container was prepared",
    )
    .engine(&["Ask it directly: `nvidia-container-cli info`"]),
    Rule::new(
        "limit",
        &[r"(?i)error setting rlimit"],
        "The engine may not raise a limit as high as `--ulimit` asks",
    )
    .engine(&[
        "Take what is possible: `--ulimit-policy clamp`",
        "Or give the engine the right: `LimitMEMLOCK=infinity` and `LimitNOFILE=infinity` in its service",
    ]),
    Rule::new(
        "port-taken",
        &[
            r"(?i)port is already allocated|address already in use|ports are not available",
        ],
        "Something else listens on a port that the container needs",
    )
    .launch(&[
        "Find it: `sudo ss -ltnp`, or `dynrun ps` if it is a container of dynrun",
        "Or take another port: of the host with `-p 8001:8000`, of Dynamo's frontend with `--http-port 8001`",
    ]),
    Rule::new(
        "name-taken",
        &[
            r#"(?i)(?:container name "/?(?P<name>[^"]+)" )?is already in use by container"#,
        ],
        "Another container has the name",
    )
    .engine(&["[Remove it: `docker rm --force $name`, or choose|Choose] another `--name`"]),
    Rule::new(
        "device-missing",
        &[r"(?i)error gathering device information"],
        "The engine's machine has no such device file",
    )
    .engine(&["Look for it: `ls -l /dev`; for NVIDIA GPUs write `--gpus all` instead of device files"]),
    Rule::new(
        "network-missing",
        &[r"network .*not found"],
        "The engine has no network of that name",
    )
    .engine(&["List them: `docker network ls`; create one with `docker network create`"]),
    Rule::new(
        "mount-source-missing",
        &[r"(?i)bind source path does not exist"],
        "A directory that `--mount` names does not exist on the engine's machine",
    )
    .engine(&["Create it, or add `,bind-create-src`"]),
    Rule::new(
        "user-missing",
        &[r"(?i)unable to find user|no matching entries in passwd file"],
        "The image has no user of that name",
    )
    .engine(&["Use a number: `--user 1000`"]),
];
