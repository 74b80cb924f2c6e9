//! A planned build as one command line for `docker buildx build`.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::super::build_plan::{BuildPlan, PlannedSecret, PlannedTarget};
use super::super::secret_source::SecretSource;
use super::super::steps::each;
use crate::docker::csv;
use crate::docker::platform::Platform;

/// Returns one line that a shell understands: it renders the Dockerfile and pipes it into
/// `docker buildx build`.
///
/// Secrets appear by id and place, and credentials of caches as `****`; their values never do.
pub fn buildx_line(plan: &BuildPlan, target: &PlannedTarget) -> String {
    format!(
        "{} | {}",
        shell_line(&render_command(plan, target)),
        shell_line(&build_command(target))
    )
}

/// Returns words as one command that every POSIX shell splits into the same words. Line breaks in a
/// word stay line breaks: dash, the `sh` of Debian and Ubuntu, has no other way to write them.
pub fn shell_line(words: &[String]) -> String {
    shell_words::join(words)
}

/// Returns the command that prints the Dockerfile of a planned build.
pub fn render_command(plan: &BuildPlan, target: &PlannedTarget) -> Vec<String> {
    let mut words = vec!["dynbuild".to_owned(), "render".to_owned()];
    let mut option = |name: &str, value: &str| words.extend([name.to_owned(), value.to_owned()]);
    option("--framework", &target.framework);
    option("--device", &target.device);
    option("--source", target.source.as_str());
    option("--target", &target.target);
    // Which targets there are can depend on it.
    option("--platform", &list(&target.platforms));
    option("--context", &target.context);
    if let Some(directory) = &plan.profile_dir {
        option("--profile-dir", &directory.display().to_string());
    }
    words
}

fn list(platforms: &[Platform]) -> String {
    let names: Vec<_> = platforms.iter().map(ToString::to_string).collect();
    names.join(",")
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
        tags: _,
        build_args,
        labels,
        secrets,
        context,
        contexts,
        ssh,
        cache_from,
        cache_to,
        outputs: _,
        attestations,
        // Nothing of buildx does it.
        smoke: _,
        // Not what the image is, but how fast it is moved.
        compression: _,
        memory_per_job: _,
        complete_logs: _,
        no_cache,
        pull,
        steps,
        dockerfile,
    } = target;
    let (tags, outputs) = target.names_and_outputs();
    let mut options = each("--target", [&dockerfile.stage]);
    options.extend(each("--platform", [list(platforms)]));
    options.extend(each("--build-arg", pairs(build_args)));
    options.extend(each("--tag", tags));
    options.extend(each("--label", pairs(labels)));
    options.extend(each("--secret", secrets.iter().map(secret_value)));
    options.extend(each("--build-context", pairs(contexts)));
    options.extend(steps.flags());
    options.extend(each("--ssh", ssh));
    options.extend(each("--cache-from", cache_from));
    options.extend(each("--cache-to", cache_to));
    options.extend(each("--output", outputs));
    options.extend(each("--attest", attestations));
    let mut words: Vec<String> = ["docker", "buildx", "build", "-f", "-"]
        .map(str::to_owned)
        .into();
    for (flag, value) in options {
        words.extend([flag.to_owned(), value]);
    }
    // buildx adds one by itself.
    words.extend((!target.has_provenance()).then(|| "--provenance=false".to_owned()));
    words.extend(no_cache.then(|| "--no-cache".to_owned()));
    words.extend(pull.then(|| "--pull".to_owned()));
    words.push(context.clone());
    words
}

fn pairs<V: Display>(values: &BTreeMap<String, V>) -> impl Iterator<Item = String> {
    let values = values.iter();
    values.map(|(name, value)| format!("{name}={value}"))
}

fn secret_value(secret: &PlannedSecret) -> String {
    let id = format!("id={}", secret.id);
    let place = match &secret.source {
        SecretSource::Environment(name) => format!("env={name}"),
        SecretSource::File(path) => format!("src={path}"),
    };
    csv::join(&[id, place])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::build_plan::PlannedDockerfile;
    use super::super::super::steps::PlannedSteps;
    use super::*;
    use crate::docker::cache::{CacheSpec, CacheUse};
    use crate::profile::Source;

    fn target(
        build_args: BTreeMap<String, String>,
        labels: BTreeMap<String, String>,
    ) -> PlannedTarget {
        PlannedTarget {
            name: "a-b".into(),
            framework: "a".into(),
            target: "b".into(),
            device: "cpu".into(),
            source: Source::Wheel,
            version: "v1".into(),
            platforms: ["linux/amd64", "linux/arm64"]
                .map(|name| name.parse().unwrap())
                .into(),
            tags: vec!["a:1".into()],
            build_args,
            labels,
            secrets: Vec::new(),
            context: "a b/$c".into(),
            contexts: BTreeMap::new(),
            ssh: Vec::new(),
            cache_from: Vec::new(),
            cache_to: Vec::new(),
            outputs: vec!["type=docker".parse().unwrap()],
            attestations: Vec::new(),
            smoke: Vec::new(),
            compression: None,
            memory_per_job: BTreeMap::new(),
            complete_logs: false,
            no_cache: true,
            pull: false,
            steps: PlannedSteps::default(),
            dockerfile: PlannedDockerfile {
                fragments: Vec::new(),
                stage: "b".into(),
            },
        }
    }

    fn line(target: &PlannedTarget) -> String {
        let plan = BuildPlan {
            schema_version: 1,
            profile_dir: Some("my profiles".into()),
            targets: Vec::new(),
        };
        buildx_line(&plan, target)
    }

    /// Returns the values of an option in a line that was split into words.
    fn values<'w>(words: &'w [String], option: &str) -> Vec<&'w str> {
        let pairs = words.windows(2).filter(|pair| pair[0] == option);
        pairs.map(|pair| pair[1].as_str()).collect()
    }

    #[test]
    fn every_field_reaches_the_line() {
        let mut target = target(BTreeMap::new(), BTreeMap::new());
        let secret = |id: &str, source| PlannedSecret {
            id: id.into(),
            source,
        };
        let cache = |usage, text| CacheSpec::parse(usage, text).unwrap();
        target.secrets = vec![
            secret("token", SecretSource::Environment("TOKEN".into())),
            secret("netrc", SecretSource::File("/a,\"b".into())),
        ];
        target
            .contexts
            .insert("wheel".into(), "./w".parse().unwrap());
        target.ssh = vec!["default".into()];
        target.cache_from = vec![cache(CacheUse::Read, "type=gha,token=canary")];
        target.cache_to = vec![cache(CacheUse::Write, "type=inline")];
        target.attestations = vec!["type=sbom".parse().unwrap()];
        insta::assert_snapshot!(line(&target), @r#"dynbuild render --framework a --device cpu --source wheel --target b --platform linux/amd64,linux/arm64 --context 'a b/$c' --profile-dir 'my profiles' | docker buildx build -f - --target b --platform linux/amd64,linux/arm64 --tag a:1 --secret 'id=token,env=TOKEN' --secret 'id=netrc,"src=/a,""b"' --build-context 'wheel=./w' --ssh default --cache-from 'type=gha,token=****' --cache-to 'type=inline' --output 'type=docker' --attest 'type=sbom' '--provenance=false' --no-cache 'a b/$c'"#);
    }

    /// What `sh` of this machine, which is dash on Debian and Ubuntu, makes of the words.
    fn read_by_sh(words: &[String]) -> String {
        let line = format!("printf '<%s>' {}", shell_line(words));
        let output = std::process::Command::new("sh")
            .arg("-c")
            .arg(line)
            .output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    }

    #[test]
    fn every_shell_reads_back_line_breaks_and_quotes() {
        let words = [
            "a=one\ntwo",
            "it's",
            "\\",
            "$HOME `id` \"x\"",
            "\r\t!*?~#",
            "",
        ];
        let words = words.map(str::to_owned);
        let expected = format!("<{}>", words.join("><"));
        assert_eq!(read_by_sh(&words), expected);
    }

    proptest! {
        #[test]
        fn a_shell_reads_back_every_value(
            args in prop::collection::btree_map("[A-Z]{1,3}", "[^\0]{0,12}", 0..4),
            labels in prop::collection::btree_map("[a-z.]{1,3}", "[^\0]{0,12}", 0..4),
        ) {
            let target = target(args.clone(), labels.clone());
            let words = shell_words::split(&line(&target)).unwrap();
            let of = |map: &BTreeMap<String, String>| pairs(map).collect::<Vec<_>>();
            prop_assert_eq!(values(&words, "--build-arg"), of(&args));
            prop_assert_eq!(values(&words, "--label"), of(&labels));
            prop_assert_eq!(words.last().map(String::as_str), Some("a b/$c"));
            prop_assert_eq!(words.iter().filter(|word| *word == "|").count(), 1);
        }
    }
}
