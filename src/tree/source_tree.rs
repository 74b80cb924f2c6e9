//! Whether a directory holds the sources of Dynamo.

use std::path::{Path, PathBuf};

use super::python::RequiresPython;
use super::toolchain::{Toolchain, read_toml};

/// The Python project at the top of Dynamo's sources.
const PROJECT: &str = "ai-dynamo";

/// Crates of Dynamo's own workspace; a program that uses Dynamo takes them from elsewhere.
const CRATES: [&str; 2] = ["dynamo-runtime", "dynamo-llm"];

/// The sources of Dynamo, as their own files describe them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceTree {
    /// `project.version` of the tree's `pyproject.toml`.
    pub version: Option<String>,
    /// The Rust that it is compiled with.
    pub toolchain: Option<Toolchain>,
    /// The Python that its packages run on.
    pub requires_python: Option<RequiresPython>,
}

impl SourceTree {
    /// Reads the tree whose top is `directory`; `None` if those are not the sources of Dynamo.
    ///
    /// The directory's name says nothing: what counts is a Cargo workspace that has Dynamo's Python
    /// project, or its crates, in it.
    pub fn read(directory: &Path) -> Option<Self> {
        let cargo = read_toml(&directory.join("Cargo.toml"))?;
        let workspace = cargo.get("workspace")?.as_table()?;
        let python = read_toml(&directory.join("pyproject.toml")).unwrap_or_default();
        let project = python.get("project").and_then(toml::Value::as_table);
        let text = |key: &str| project?.get(key)?.as_str();
        let is_project = text("name").is_some_and(|name| normalized(name) == PROJECT);
        (is_project || has_crates(workspace)).then(|| Self {
            version: text("version").map(str::to_owned),
            toolchain: Toolchain::read(directory, &cargo),
            requires_python: text("requires-python").map(RequiresPython::new),
        })
    }
}

/// Returns the top of the sources of Dynamo around `directory`, which need not be a repository.
pub fn top(directory: &Path) -> Option<PathBuf> {
    let mut around = directory.ancestors();
    let found = around.find(|above| SourceTree::read(above).is_some());
    found.map(Path::to_owned)
}

fn has_crates(workspace: &toml::Table) -> bool {
    let is_own = |name: &str| {
        let dependency = workspace.get("dependencies")?.get(name)?;
        dependency.get("path")
    };
    CRATES.into_iter().any(|name| is_own(name).is_some())
}

/// Spells the name of a Python project as indexes do.
fn normalized(name: &str) -> String {
    let words = name.split(['-', '_', '.']).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_lowercase()
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    const WORKSPACE: &str = "[workspace]\nmembers = []\n";

    fn read(cargo: Option<&str>, python: Option<&str>) -> Option<SourceTree> {
        let directory = tempfile::tempdir().unwrap();
        let files = [("Cargo.toml", cargo), ("pyproject.toml", python)];
        for (name, text) in files {
            if let Some(text) = text {
                fs_err::write(directory.path().join(name), text).unwrap();
            }
        }
        SourceTree::read(directory.path())
    }

    #[test_case("ai-dynamo" => true)]
    #[test_case("AI_Dynamo" => true; "spelled otherwise")]
    #[test_case("ai-dynamo-runtime" => false; "a part of it")]
    #[test_case("dynamo" => false; "another project of that name")]
    #[test_case("dynbuild" => false)]
    fn a_tree_is_known_by_its_project(name: &str) -> bool {
        let python = format!("[project]\nname = \"{name}\"\n");
        read(Some(WORKSPACE), Some(&python)).is_some()
    }

    #[test_case("dynamo-llm = { path = \"lib/llm\" }" => true; "its own crate")]
    #[test_case("dynamo-llm = \"1.4\"" => false; "a released crate")]
    #[test_case("dynamo = { path = \"lib\" }" => false; "another crate")]
    fn a_tree_is_known_by_its_crates(dependency: &str) -> bool {
        let cargo = format!("{WORKSPACE}[workspace.dependencies]\n{dependency}\n");
        read(Some(&cargo), None).is_some()
    }

    #[test_case(None, Some("[project]\nname = \"ai-dynamo\"\n"); "no workspace")]
    #[test_case(Some("[package]\nname = \"ai-dynamo\"\n"), Some("[project]\nname = \"ai-dynamo\"\n"); "one crate")]
    #[test_case(Some(WORKSPACE), Some("[project]\ndependencies = [\"ai-dynamo\"]\n"); "a user of it")]
    #[test_case(Some("not toml"), Some("[project]\nname = \"ai-dynamo\"\n"); "no TOML")]
    #[test_case(None, None; "nothing")]
    fn other_directories_are_none(cargo: Option<&str>, python: Option<&str>) {
        assert_eq!(read(cargo, python), None);
    }

    #[test]
    fn a_tree_says_what_it_is_compiled_with() {
        let python =
            "[project]\nname = \"ai-dynamo\"\nversion = \"1.4.0\"\nrequires-python = \">=3.10\"\n";
        let tree = read(Some(WORKSPACE), Some(python)).unwrap();
        assert_eq!(tree.version.as_deref(), Some("1.4.0"));
        assert_eq!(tree.requires_python.unwrap().as_str(), ">=3.10");
    }

    #[test]
    fn the_top_is_found_from_below() {
        let directory = tempfile::tempdir().unwrap();
        let below = directory.path().join("lib/llm");
        fs_err::create_dir_all(&below).unwrap();
        assert_eq!(top(&below), None);
        let cargo = format!("{WORKSPACE}[workspace.dependencies]\ndynamo-llm.path = \"lib/llm\"\n");
        fs_err::write(directory.path().join("Cargo.toml"), cargo).unwrap();
        assert_eq!(top(&below).as_deref(), Some(directory.path()));
    }

    #[test]
    fn a_fifo_is_no_file() {
        let directory = tempfile::tempdir().unwrap();
        let fifo = directory.path().join("Cargo.toml");
        let mode = rustix::fs::Mode::RUSR;
        rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        assert_eq!(SourceTree::read(directory.path()), None);
    }
}
