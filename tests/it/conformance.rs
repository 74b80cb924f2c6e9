//! Docker's own parsers against ours, row by row (`tests/data/docker-cli`).
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::fmt::Write as _;
use std::path::Path;

use dynbuild::internals::docker::ByteSize;
use dynbuild::internals::docker::DeviceRequest;
use dynbuild::internals::docker::EnvVar;
use dynbuild::internals::docker::Platform;
use dynbuild::internals::docker::Reference;
use dynbuild::internals::docker::Ulimit;
use dynbuild::internals::docker::Volume;
use dynbuild::internals::docker::{BindOptions, BindRecursion, Mount, MountKind, VolumeOptions};
use dynbuild::internals::docker::{PortMapping, port};
use serde_json::{Value, json};

/// Inputs on which we differ from docker on purpose, with the reason. Empty so far.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

/// Compares the answers of one parser for all its rows: what is refused, and what results.
fn check<E: ToString>(parser: &str, ours: impl Fn(&str) -> Result<Value, E>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/docker-cli");
    let rows = fs_err::read_to_string(path.join(parser).with_extension("jsonl")).unwrap();
    let mut differences = String::new();
    let (mut count, mut differing) = (0, 0);
    for row in rows.lines() {
        let row: Value = serde_json::from_str(row).unwrap();
        let input = row["in"]["s"].as_str().unwrap();
        count += 1;
        let ours = ours(input).map_err(|error| error.to_string());
        let same = match (&ours, row.get("ok")) {
            (Ok(ours), Some(theirs)) => ours == theirs,
            (Err(_), None) => true,
            _ => false,
        };
        let excepted = EXCEPTIONS
            .iter()
            .any(|(of, text, _)| (*of, *text) == (parser, input));
        if same == excepted {
            differing += 1;
            writeln!(
                differences,
                "{input:?}\n  docker: {row}\n  ours:   {ours:?}"
            )
            .unwrap();
        }
    }
    assert!(count > 0, "no rows for {parser}");
    assert!(
        differing == 0,
        "{differing} of {count} rows of {parser} differ:\n{differences}"
    );
}

#[test]
fn sizes() {
    check("ram", |text| {
        text.parse().map(|size: ByteSize| json!(size.get()))
    });
}

#[test]
fn ulimits() {
    check("ulimit", |text| {
        text.parse().map(|ulimit: Ulimit| {
            json!({"Name": ulimit.name().as_str(), "Hard": ulimit.hard(), "Soft": ulimit.soft()})
        })
    });
}

#[test]
fn gpus() {
    check("gpus", |text| {
        text.parse().map(|request: DeviceRequest| {
            let ids = (!request.device_ids.is_empty()).then_some(request.device_ids);
            json!([{
                "Driver": request.driver,
                "Count": request.count,
                "DeviceIDs": ids,
                "Capabilities": request.capabilities,
                "Options": request.options,
            }])
        })
    });
}

/// Removes what docker's client leaves out: null, false, zero, and empty text and objects (but not
/// the empty values of a user's own keys).
fn without_empty(value: Value) -> Value {
    let empty = [json!(null), json!(false), json!(""), json!(0), json!({})];
    let Value::Object(map) = value else {
        return value;
    };
    let cleaned = map.into_iter().map(|(key, value)| match key.as_str() {
        "Labels" | "Options" => (key, value),
        _ => (key, without_empty(value)),
    });
    Value::Object(
        cleaned
            .filter(|(_, value)| !empty.contains(value))
            .collect(),
    )
}

fn bind_options(bind: &BindOptions) -> Value {
    json!({
        "Propagation": bind.propagation,
        "NonRecursive": bind.recursion == BindRecursion::Disabled,
        "ReadOnlyNonRecursive": bind.recursion == BindRecursion::Writable,
        "ReadOnlyForceRecursive": bind.recursion == BindRecursion::ReadOnly,
        "CreateMountpoint": bind.create_source,
    })
}

fn volume_options(volume: &VolumeOptions) -> Value {
    let driver = volume.driver.as_ref();
    json!({
        "NoCopy": volume.no_copy,
        "Subpath": volume.subpath,
        "Labels": volume.labels,
        "DriverConfig": driver.map(|driver| json!({"Name": driver.name, "Options": driver.options})),
    })
}

#[test]
fn mounts() {
    check("mount", |text| {
        text.parse().map(|mount: Mount| {
            let options = match &mount.kind {
                MountKind::Bind(bind) => json!({"BindOptions": bind_options(bind)}),
                MountKind::Volume(volume) => json!({"VolumeOptions": volume_options(volume)}),
                MountKind::Image(image) => json!({"ImageOptions": {"Subpath": image.subpath}}),
                MountKind::Tmpfs(tmpfs) => json!({"TmpfsOptions": {
                    "SizeBytes": tmpfs.size.map(ByteSize::get), "Mode": tmpfs.mode,
                }}),
                MountKind::Npipe | MountKind::Cluster | MountKind::Other(_) => json!({}),
            };
            let mut value = json!({
                "Type": mount.kind.as_str(),
                "Source": mount.source,
                "Target": mount.target,
                "ReadOnly": mount.read_only,
                "Consistency": mount.consistency,
            });
            let options = options.as_object().unwrap().clone();
            value.as_object_mut().unwrap().extend(options);
            json!([without_empty(value)])
        })
    });
}

#[test]
fn volumes() {
    check("volume", |text| {
        text.parse().map(|volume: Volume| {
            let options = volume.options();
            without_empty(json!({
                "type": if volume.is_bind() { "bind" } else { "volume" },
                "source": volume.source(),
                "target": volume.target(),
                "read_only": options.read_only,
                "bind": {"propagation": options.propagation},
                "volume": {"nocopy": options.no_copy},
            }))
        })
    });
}

#[test]
fn ports() {
    check("port", |text| {
        port::publish(text).map(|mappings| {
            let mut answer = json!({"bindings": {}, "exposed": {}});
            for PortMapping {
                container,
                host_ip,
                host,
            } in mappings
            {
                let ip = host_ip.map(|ip| ip.to_string()).unwrap_or_default();
                let binding = json!([{"HostIp": ip, "HostPort": host.to_string()}]);
                answer["bindings"][container.to_string()] = binding;
                answer["exposed"][container.to_string()] = json!({});
            }
            answer
        })
    });
}

#[test]
fn references() {
    check("ref", |text| {
        text.parse().map(|reference: Reference| {
            without_empty(json!({
                "domain": reference.domain(),
                "path": reference.path(),
                "tag": reference.tag().map(ToString::to_string),
                "digest": reference.digest(),
                "familiar": reference.to_string(),
                "string": reference.normalized(),
                "tagged": reference.tagged().normalized(),
            }))
        })
    });
}

fn platform_parts(platform: &Platform) -> Value {
    without_empty(json!({
        "os": platform.os,
        "os.version": platform.os_version,
        "architecture": platform.architecture,
        "variant": platform.variant,
    }))
}

#[test]
fn platforms() {
    check("platform", |text| {
        text.parse().map(|platform: Platform| {
            json!({
                "fmt": platform.to_string(),
                "p": platform_parts(&platform),
                "norm": platform_parts(&platform.normalized()),
            })
        })
    });
}

#[test]
fn variables() {
    let lookup = |name: &str| (name == "HOME").then(|| "/home/u".to_owned());
    check("env", |text| {
        text.parse()
            .map(|variable: EnvVar| json!(variable.or_from(lookup).to_string()))
    });
}
