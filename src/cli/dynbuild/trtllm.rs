//! Where TensorRT-LLM comes from: exactly one of a wheel, a directory with one, and a repository.

use std::path::Path;

use super::args::TrtllmArgs;
use crate::cli::environment::Environment;
use crate::plan::{Named, Setting, Settings};
use crate::problem::Problem;

/// The named context that a directory with a wheel is given as.
const CONTEXT: &str = "trtllm_wheel";

/// The build argument that says which of the places it is.
const SOURCE: &str = "TENSORRTLLM_SOURCE";

const WHEEL: &str = "--tensorrtllm-pip-wheel";
const INDEX: &str = "--tensorrtllm-index-url";
const DIRECTORY: &str = "--tensorrtllm-pip-wheel-dir";
const REPOSITORY: &str = "--tensorrtllm-git-url";
const COMMIT: &str = "--tensorrtllm-commit";

/// Adds what the flags say to the settings, and returns what is wrong with them.
///
/// Without any of them the profile decides, which takes the released image.
pub(super) fn trtllm_into(
    args: &TrtllmArgs,
    environment: &Environment,
    settings: &mut Settings,
) -> Vec<Problem> {
    let problems = conflicts(args);
    if !problems.is_empty() {
        return problems;
    }
    let TrtllmArgs {
        pip_wheel: wheel,
        index_url: index,
        pip_wheel_dir: directory,
        git_url: repository,
        commit,
    } = args;
    let commit = commit.as_deref().map(tag_of_version);
    let source = |given: bool, source: &'static str| given.then_some(source);
    let options = [
        (WHEEL, SOURCE, source(wheel.is_some(), "wheel")),
        (WHEEL, "TENSORRTLLM_PIP_WHEEL", wheel.as_deref()),
        (INDEX, "TENSORRTLLM_INDEX_URL", index.as_deref()),
        (DIRECTORY, SOURCE, source(directory.is_some(), "directory")),
        (REPOSITORY, SOURCE, source(repository.is_some(), "git")),
        (REPOSITORY, "TENSORRTLLM_GIT_URL", repository.as_deref()),
        (COMMIT, "GITHUB_TRTLLM_COMMIT", commit.as_deref()),
    ];
    settings.options.extend(
        options
            .into_iter()
            .filter_map(|(flag, name, value)| Some(Setting::flag(Named::new(name, value?), flag))),
    );
    let Some(directory) = directory else {
        return Vec::new();
    };
    let place = environment.working_directory().join(directory);
    let context = Named::new(CONTEXT, place.display().to_string());
    settings.contexts.push(Setting::flag(context, DIRECTORY));
    missing_wheel(&place).into_iter().collect()
}

fn conflicts(args: &TrtllmArgs) -> Vec<Problem> {
    let origins = [
        (WHEEL, args.pip_wheel.is_some()),
        (DIRECTORY, args.pip_wheel_dir.is_some()),
        (REPOSITORY, args.git_url.is_some()),
    ];
    let given: Vec<_> = origins
        .into_iter()
        .filter(|(_, given)| *given)
        .map(|(flag, _)| format!("`{flag}`"))
        .collect();
    let mut problems = Vec::new();
    let mut wrong = |message: String, hint: &str| {
        problems.push(Problem::usage(message).hint(hint));
    };
    if given.len() > 1 {
        wrong(
            format!(
                "TensorRT-LLM comes from one place, but {} were given",
                given.join(" and ")
            ),
            "Keep one: a released wheel, a directory with a wheel, or a repository to compile",
        );
    }
    if args.index_url.is_some() && args.pip_wheel.is_none() {
        wrong(
            "`--tensorrtllm-index-url` is the index of a wheel, but none was given".into(),
            "Add it: `--tensorrtllm-pip-wheel tensorrt-llm==VERSION`",
        );
    }
    if args.git_url.is_some() && args.commit.is_none() {
        wrong(
            "`--tensorrtllm-git-url` does not say what to compile".into(),
            "Add a tag or a commit: `--tensorrtllm-commit REF`",
        );
    }
    problems
}

/// The releases of TensorRT-LLM are tagged with a `v` before the version.
fn tag_of_version(commit: &str) -> String {
    let parts: Vec<&str> = commit.splitn(3, '.').collect();
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let is_version = matches!(parts.as_slice(), [major, minor, patch]
        if is_number(major) && is_number(minor) && patch.starts_with(|c: char| c.is_ascii_digit()));
    let v = if is_version { "v" } else { "" };
    format!("{v}{commit}")
}

fn missing_wheel(directory: &Path) -> Option<Problem> {
    let why = match has_wheel(directory) {
        Ok(true) => return None,
        Ok(false) => "It has no `*.whl`, not even deeper down".to_owned(),
        Err(error) => error.to_string(),
    };
    let message = format!("No wheel of TensorRT-LLM in `{}`", directory.display());
    let mut problem = Problem::usage(message);
    problem.causes.push(why);
    Some(problem.hint("Name a directory that has one: `--tensorrtllm-pip-wheel-dir DIR`"))
}

fn has_wheel(directory: &Path) -> std::io::Result<bool> {
    for entry in fs_err::read_dir(directory)? {
        let entry = entry?;
        let path = entry.path();
        let found = if entry.file_type()?.is_dir() {
            has_wheel(&path)?
        } else {
            path.extension().is_some_and(|extension| extension == "whl")
        };
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("1.3.0rc1" => "v1.3.0rc1")]
    #[test_case("1.2.0.post1" => "v1.2.0.post1")]
    #[test_case("v1.2.0" => "v1.2.0")]
    #[test_case("main" => "main")]
    #[test_case("0123456789abcdef" => "0123456789abcdef")]
    #[test_case("1.2" => "1.2"; "no whole version")]
    fn a_version_names_its_tag(commit: &str) -> String {
        tag_of_version(commit)
    }

    #[test]
    fn a_wheel_is_found_deeper_down() {
        let directory = tempfile::tempdir().unwrap();
        assert!(missing_wheel(&directory.path().join("none")).is_some());
        assert!(missing_wheel(directory.path()).is_some());
        fs_err::create_dir(directory.path().join("a")).unwrap();
        fs_err::write(directory.path().join("a/t.whl"), "").unwrap();
        assert_eq!(missing_wheel(directory.path()), None);
    }
}
