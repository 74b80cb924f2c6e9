//! Several frameworks and devices as one plan.

use std::collections::BTreeMap;

use super::*;

/// A second framework, without `cuda13.0`.
const OTHER: &str = r#"
framework = "sglang"
default-device = "cuda12.9"
default-target = "dev"
default-source = "wheel"
[devices."cuda12.9"]
platforms = ["linux/amd64"]
base-image = "example.com/devel:12.9"
runtime-image = "example.com/runtime:12.9"
[devices.xpu]
[targets.base]
[targets.runtime]
fragment = "runtime/vllm"
needs = ["base"]
[targets.dev]
needs = ["runtime", "base"]
[features.kvbm]
"#;

fn candidates() -> BTreeMap<String, Candidate> {
    let other = Profile::parse(&SourceFile::new("profiles/sglang.toml", OTHER)).unwrap();
    [("vllm", profile()), ("sglang", other)]
        .map(|(name, profile)| {
            let facts = facts();
            (name.to_owned(), Candidate { profile, facts })
        })
        .into()
}

fn product(frameworks: &[&str], devices: &[&str], targets: &[&str]) -> Product {
    Product {
        frameworks: asked("--framework", frameworks),
        devices: asked("--device", devices),
        targets: asked("--target", targets),
        platforms: Vec::new(),
    }
}

/// Plans products; returns the resolution and what was left out.
fn planned(
    products: &[Product],
    settings: &Settings,
) -> Result<(Resolution, Vec<String>), Problems> {
    let candidates = candidates();
    let Expansion { families, left_out } = expand(products, settings, &candidates)?;
    Ok((resolve_all(&families)?, left_out))
}

fn names(resolution: &Resolution) -> Vec<&str> {
    let targets = resolution.plan.targets.iter();
    targets.map(|target| target.name.as_str()).collect()
}

#[test]
fn the_product_of_what_exists_is_planned_and_the_rest_is_said() {
    let product = product(
        &["vllm", "sglang"],
        &["cuda12.9", "cuda13.0", "xpu"],
        &["runtime", "frontend"],
    );
    let settings = Settings {
        allow_unknown_build_arg: true,
        ..Settings::default()
    };
    let candidates = candidates();
    let expansion = expand(&[product], &settings, &candidates).unwrap();
    let families = expansion.families.iter().map(|family| {
        let settings = &family.settings;
        let targets = settings.targets.iter().map(|target| target.value.as_str());
        let (framework, device) = (&settings.frameworks[0].value, &settings.devices[0].value);
        format!(
            "{framework} {device}: {}",
            targets.collect::<Vec<_>>().join(" ")
        )
    });
    assert_snapshot!(families.collect::<Vec<_>>().join("\n"), @"
    vllm cuda12.9: runtime
    vllm cuda13.0: runtime
    vllm xpu: runtime frontend
    sglang cuda12.9: runtime
    sglang xpu: runtime
    ");
    assert_snapshot!(expansion.left_out.join("\n"), @"
    Left out for `vllm`: Target `frontend` does not exist for device `cuda12.9`
    Left out for `vllm`: Target `frontend` does not exist for device `cuda13.0`
    Left out for `sglang`: Unknown target `frontend` for framework `sglang`
    Left out for `sglang`: Unknown device `cuda13.0` for framework `sglang`
    ");
}

#[test]
fn names_and_tags_tell_devices_apart() {
    let product = product(&["vllm"], &["cuda12.9", "cuda13.0"], &["runtime", "dev"]);
    let (resolution, left_out) = planned(&[product], &Settings::default()).unwrap();
    assert!(left_out.is_empty());
    let lines = resolution
        .plan
        .targets
        .iter()
        .map(|target| format!("{}: {}", target.name, target.tags.join(" ")));
    assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @"
    vllm-cuda12.9-runtime: dynamo:v0.9.0.dev.0123456-vllm-runtime dynamo:latest-vllm-runtime
    vllm-cuda12.9-dev: dynamo:v0.9.0.dev.0123456-vllm-dev dynamo:latest-vllm
    vllm-cuda13.0-runtime: dynamo:v0.9.0.dev.0123456-vllm-runtime-cuda13.0 dynamo:latest-vllm-runtime-cuda13.0
    vllm-cuda13.0-dev: dynamo:v0.9.0.dev.0123456-vllm-dev-cuda13.0 dynamo:latest-vllm-cuda13.0
    ");
    let explained = resolution.explanation.find("CUDA_VERSION").unwrap();
    assert_eq!(
        explained[0].target.as_deref(),
        Some("vllm-cuda12.9-runtime")
    );
}

#[test]
fn what_fits_nowhere_is_an_error() {
    let nowhere = |product: Product| draw(planned(&[product], &Settings::default()).unwrap_err());
    let everywhere = ["vllm", "sglang"];
    assert_snapshot!(nowhere(product(&everywhere, &["cuda12.9", "cuda14"], &["dev"])), @"
    Unknown device `cuda14` for framework `vllm`
      because: Set by `--device`
      hint: Did you mean `cuda13.0`?
      hint: Valid devices: `cuda12.9`, `cuda13.0`, `xpu`
    ");
    assert_snapshot!(nowhere(product(&everywhere, &["cuda13.0"], &["dev"])), @"
    Unknown device `cuda13.0` for framework `sglang`
      because: Set by `--device`
      hint: Did you mean `cuda12.9`?
      hint: Valid devices: `cuda12.9`, `xpu`
    ");
}

#[test]
fn platforms_are_those_that_a_device_has() {
    let mut product = product(&["vllm", "sglang"], &["cuda12.9"], &["dev"]);
    product.platforms = asked("--platform", &["linux/amd64", "linux/arm64"]);
    let (resolution, left_out) = planned(&[product], &Settings::default()).unwrap();
    let counts = resolution
        .plan
        .targets
        .iter()
        .map(|target| target.platforms.len());
    assert_eq!(counts.collect::<Vec<_>>(), [2, 1]);
    assert_snapshot!(left_out.join("\n"), @"
    Left out for `sglang`: Platform `linux/arm64` does not exist for device `cuda12.9`
    ");
}

#[test]
fn an_argument_needs_a_stage_of_one_framework_only() {
    let settings = Settings {
        features: vec![Setting::flag(Named::new("media", false), "--disable")],
        ..Settings::default()
    };
    let both = product(&["vllm", "sglang"], &["cuda12.9"], &["dev"]);
    let (resolution, _) = planned(std::slice::from_ref(&both), &settings).unwrap();
    assert_eq!(names(&resolution), ["vllm-dev", "sglang-dev"]);
    let unknown = Settings {
        features: vec![Setting::flag(Named::new("medai", false), "--disable")],
        ..Settings::default()
    };
    assert!(planned(&[both], &unknown).is_err());
}

#[test]
fn one_tag_for_two_images_is_refused_before_anything() {
    let settings = Settings {
        tags: asked("--tag", &["r.example/x:1"]),
        ..Settings::default()
    };
    let both = product(&["vllm", "sglang"], &["cuda12.9"], &["dev"]);
    assert_snapshot!(draw(planned(&[both], &settings).unwrap_err()), @"
    The image name `r.example/x:1` would go to several images: vllm-dev, sglang-dev
      because: Set by `--tag`
      hint: Write a template that distinguishes them, for example `--tag registry.example/name:{version}-{framework}-{device}-{target}`, and leave the moving name out with `--no-tag-latest`
    ");
}

#[test]
fn what_two_entries_have_in_common_is_built_once() {
    let one = product(&["vllm", "sglang"], &["cuda12.9"], &["dev"]);
    let (resolution, _) = planned(&[one.clone(), one], &Settings::default()).unwrap();
    assert_eq!(names(&resolution), ["vllm-dev", "sglang-dev"]);
}

#[test]
fn a_nightly_of_24_images_is_planned_in_no_time() {
    let settings = Settings::default();
    let shipped = Store::embedded();
    let candidates: BTreeMap<_, _> = ["vllm", "sglang"]
        .map(|name| {
            let facts = shipped_facts();
            let profile = shipped.load(name).unwrap();
            (name.to_owned(), Candidate { profile, facts })
        })
        .into();
    let product = product(
        &["vllm", "sglang"],
        &["cuda12.9", "cuda13.0"],
        &[
            "runtime",
            "dev",
            "local-dev",
            "aws",
            "dev-aws",
            "local-dev-aws",
        ],
    );
    let expansion = expand(&[product], &settings, &candidates).unwrap();
    let resolution = resolve_all(&expansion.families).unwrap();
    assert_eq!(
        resolution.plan.targets.len(),
        24,
        "{:?}",
        names(&resolution)
    );
}
