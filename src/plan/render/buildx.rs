//! A planned build as one command line for `docker buildx build`.

use super::super::build_plan::{BuildPlan, PlannedSecret, PlannedTarget};
use super::super::settings::SecretSource;
use crate::docker::csv;

/// Returns one line that a shell understands: it renders the Dockerfile and pipes it into
/// `docker buildx build`.
///
/// Secrets appear by id and place; their values never do.
pub fn buildx_line(plan: &BuildPlan, target: &PlannedTarget) -> String {
    format!(
        "{} | {}",
        shell_words::join(render_command(plan, target)),
        shell_words::join(build_command(target))
    )
}

/// Returns the command that prints the Dockerfile of a planned build.
pub fn render_command(plan: &BuildPlan, target: &PlannedTarget) -> Vec<String> {
    let mut words = vec!["dynbuild".to_owned(), "render".to_owned()];
    let mut option = |name: &str, value: &str| words.extend([name.to_owned(), value.to_owned()]);
    option("--framework", &target.framework);
    option("--device", &target.device);
    option("--source", target.source.as_str());
    option("--target", &target.target);
    option("--context", &target.context);
    if let Some(directory) = &plan.profile_dir {
        option("--profile-dir", &directory.display().to_string());
    }
    words
}

fn build_command(target: &PlannedTarget) -> Vec<String> {
    // Destructured, so that a field that is added to the plan cannot be forgotten here.
    let PlannedTarget {
        name: _,
        framework: _,
        target: _,
        device: _,
        source: _,
        version: _,
        platforms,
        tags,
        build_args,
        labels,
        secrets,
        context,
        contexts,
        cache_from,
        cache_to,
        outputs,
        no_cache,
        pull,
        dockerfile,
    } = target;
    let mut words: Vec<String> = ["docker", "buildx", "build", "-f", "-"]
        .map(str::to_owned)
        .into();
    let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
    option("--target", dockerfile.stage.clone());
    option("--platform", platforms.join(","));
    for (name, value) in build_args {
        option("--build-arg", format!("{name}={value}"));
    }
    for tag in tags {
        option("--tag", tag.clone());
    }
    for (name, value) in labels {
        option("--label", format!("{name}={value}"));
    }
    for secret in secrets {
        option("--secret", secret_value(secret));
    }
    for (name, place) in contexts {
        option("--build-context", format!("{name}={place}"));
    }
    for cache in cache_from {
        option("--cache-from", cache.clone());
    }
    for cache in cache_to {
        option("--cache-to", cache.clone());
    }
    for output in outputs {
        option("--output", output.clone());
    }
    words.extend(no_cache.then(|| "--no-cache".to_owned()));
    words.extend(pull.then(|| "--pull".to_owned()));
    words.push(context.clone());
    words
}

fn secret_value(secret: &PlannedSecret) -> String {
    let id = format!("id={}", secret.id);
    let place = match &secret.source {
        SecretSource::Environment(name) => format!("env={name}"),
        SecretSource::File(path) => format!("src={path}"),
    };
    csv::join(&[id, place])
}
