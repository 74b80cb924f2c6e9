//! Finds profiles by the name of a framework and completes them with what they inherit.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::document::Profile;
use super::embedded::EMBEDDED;
use super::error::ProfileError;
use super::inheritance::{Entry, inherited};
use super::validate::{validate, values};
use crate::problem::{Problem, Problems};
use crate::text_file;
use crate::toml_file::{FileError, Located, SourceFile};

/// Every profile at hand. A file of a directory replaces the compiled-in one of the same name.
#[derive(Debug)]
pub struct Store {
    entries: Vec<Entry>,
}

impl Store {
    /// Returns the profiles that are compiled in.
    pub fn embedded() -> Self {
        Self::of(EMBEDDED)
    }

    /// Returns profiles of these names and texts.
    fn of(files: &[(&str, &str)]) -> Self {
        let mut store = Self {
            entries: Vec::new(),
        };
        for (name, text) in files {
            let file = SourceFile::new(format!("profiles/{name}.toml"), *text);
            store.insert(name, &file);
        }
        store
    }

    /// Adds the `*.toml` files of a directory; those that are there already are replaced.
    pub fn overlay(mut self, directory: &Path) -> Result<Self, FileError> {
        for (name, file) in read_directory(directory)? {
            self.insert(&name, &file);
        }
        Ok(self)
    }

    fn insert(&mut self, name: &str, file: &Arc<SourceFile>) {
        self.entries.retain(|entry| entry.name != name);
        let (profile, errors) = Profile::parse_recoverable(file);
        self.entries.push(Entry {
            name: name.to_owned(),
            profile,
            problems: errors.into_iter().map(Problem::from).collect(),
        });
        self.entries.sort_by(|a, b| a.name.cmp(&b.name));
    }

    /// Returns the names of the frameworks.
    pub fn frameworks(&self) -> Vec<&str> {
        let profiles = self.entries.iter().map(|entry| &entry.profile);
        profiles
            .filter_map(|profile| profile.framework.as_ref())
            .map(Located::as_str)
            .collect()
    }

    /// Returns whether there is a file for a framework, be it one with mistakes.
    pub fn has(&self, framework: &str) -> bool {
        self.entry(framework)
            .is_some_and(|entry| !entry.is_parent_only())
    }

    /// Returns the complete profile of a framework, given its name or an alias in any case.
    pub fn load(&self, framework: &str) -> Result<Profile, Problems> {
        self.complete(self.find(framework)?)
    }

    fn complete(&self, entry: &Entry) -> Result<Profile, Problems> {
        let (profile, mut problems) = inherited(&self.entries, entry);
        // Names that a broken file would define must not be called unknown.
        let wrong = if problems.is_empty() {
            validate(&profile)
        } else {
            values(&profile)
        };
        let name = check_name(&entry.name, &profile);
        problems.extend(name.map(Problem::from));
        problems.extend(wrong.into_iter().map(Problem::from));
        Problems(problems).or(profile)
    }

    /// Returns the complete profiles of all frameworks, or what is wrong with any of them.
    pub fn load_all(&self) -> Result<Vec<Profile>, Problems> {
        let mut profiles = Vec::new();
        let mut problems: Vec<Problem> = Vec::new();
        for entry in self.entries.iter().filter(|entry| !entry.is_parent_only()) {
            match self.complete(entry) {
                Ok(profile) => profiles.push(profile),
                Err(found) => problems.extend(found.0),
            }
        }
        // A mistake in a file that several profiles inherit is one mistake.
        let mut told: Vec<Problem> = Vec::new();
        for problem in problems {
            if !told.contains(&problem) {
                told.push(problem);
            }
        }
        Problems(told).or(profiles)
    }

    fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// Returns the file that describes a framework.
    fn find(&self, framework: &str) -> Result<&Entry, Problems> {
        let is_file =
            |entry: &&Entry| entry.name.eq_ignore_ascii_case(framework) && !entry.is_parent_only();
        if let Some(entry) = self.entries.iter().find(is_file) {
            return Ok(entry);
        }
        let claims = |profile: &Profile| {
            let aliases = profile.aliases.iter().flatten();
            aliases
                .chain(&profile.framework)
                .find(|alias| alias.value.eq_ignore_ascii_case(framework))
                .cloned()
        };
        let mut found = self
            .entries
            .iter()
            .filter_map(|entry| Some((entry, claims(&entry.profile)?)));
        match (found.next(), found.next()) {
            (Some((entry, _)), None) => Ok(entry),
            (Some((first, _)), Some((second, alias))) => Err(ProfileError::AmbiguousName {
                name: alias.value,
                first: first.name.clone(),
                second: second.name.clone(),
                at: alias.at,
            }
            .into()),
            (None, _) => Err(self.not_found(framework)),
        }
    }

    /// Tells that there is no such framework, and of files that may hide it.
    fn not_found(&self, framework: &str) -> Problems {
        let unknown = ProfileError::UnknownFramework {
            name: framework.to_owned(),
            known: self.frameworks().into_iter().map(str::to_owned).collect(),
        };
        let broken = self.entries.iter().flat_map(|entry| &entry.problems);
        Problems(
            [Problem::from(unknown)]
                .into_iter()
                .chain(broken.cloned())
                .collect(),
        )
    }
}

fn check_name(file: &str, profile: &Profile) -> Option<ProfileError> {
    let framework = profile.framework.as_ref()?;
    (framework.value != file).then(|| ProfileError::NameMismatch {
        framework: framework.value.clone(),
        expected: file.to_owned(),
        at: framework.at.clone(),
    })
}

/// Returns the names and texts of the `*.toml` files of a directory.
fn read_directory(directory: &Path) -> Result<Vec<(String, Arc<SourceFile>)>, FileError> {
    let unreadable = |path: &Path| {
        let path = path.to_owned();
        move |source: io::Error| FileError::Unreadable { path, source }
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(unreadable(directory))? {
        let path = entry.map_err(unreadable(directory))?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let is_toml = path
            .extension()
            .is_some_and(|extension| extension == "toml");
        // `.#name.toml` and `._name.toml` are leftovers of editors and archives.
        let is_hidden = stem.is_some_and(|stem| stem.starts_with('.'));
        if let (Some(stem), true) = (stem, is_toml && !is_hidden) {
            let root = directory.parent().unwrap_or(directory);
            let text = text_file::read_text_within(root, &path).map_err(unreadable(&path))?;
            files.push((
                stem.to_owned(),
                SourceFile::new(path.display().to_string(), text),
            ));
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    /// Draws problems as `place message {hints}`.
    fn draw(problems: Problems) -> String {
        let draw = |problem: Problem| {
            let place = problem.excerpts.first().map(|excerpt| {
                let (line, column) = excerpt.line_column();
                format!("{}:{line}:{column} ", excerpt.name)
            });
            let hints = problem.hints.join(" | ");
            format!(
                "{}{} {{{hints}}}",
                place.unwrap_or_default(),
                problem.message
            )
        };
        problems
            .0
            .into_iter()
            .map(draw)
            .collect::<Vec<_>>()
            .join("\n")
    }

    fn failure(files: &[(&str, &str)], framework: &str) -> String {
        draw(Store::of(files).load(framework).unwrap_err())
    }

    #[test]
    fn the_profiles_compiled_in_are_right() {
        let profiles = Store::embedded().load_all().map_err(draw).unwrap();
        assert!(
            profiles
                .iter()
                .any(|profile| profile.framework.as_ref().unwrap().value == "dynamo")
        );
    }

    #[test]
    fn a_framework_is_found_by_alias_and_in_any_case() {
        let store = Store::of(&[
            ("common", "[args]\nA = 1\n"),
            (
                "dynamo",
                "framework = \"dynamo\"\naliases = [\"none\"]\ninherits = [\"common\"]\n",
            ),
        ]);
        for name in ["dynamo", "DYNAMO", "none", "None"] {
            let profile = store.load(name).unwrap();
            assert_eq!(profile.framework.unwrap().value, "dynamo");
            assert!(profile.args.contains("A"));
        }
        assert_eq!(store.frameworks(), ["dynamo"]);
    }

    #[test]
    fn a_directory_replaces_single_files() {
        let directory = tempfile::tempdir().unwrap();
        fs_err::write(directory.path().join("common.toml"), "[args]\nONLY = 1\n").unwrap();
        fs_err::write(directory.path().join("notes.txt"), "no profile").unwrap();
        let store = Store::embedded().overlay(directory.path()).unwrap();
        let common = &store.entry("common").unwrap().profile;
        assert_eq!(common.args.names().collect::<Vec<_>>(), ["ONLY"]);
        assert!(store.entry("dynamo").is_some() && store.entry("notes").is_none());
    }

    #[test]
    fn leftovers_of_editors_and_archives_are_no_profiles() {
        let directory = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("me@host.1", directory.path().join(".#app.toml")).unwrap();
        fs_err::write(directory.path().join("._app.toml"), [0, 5, 22, 7]).unwrap();
        let store = Store::embedded().overlay(directory.path()).unwrap();
        assert_eq!(store.frameworks(), Store::embedded().frameworks());
    }

    #[test]
    fn a_missing_directory_is_named() {
        let error = Store::embedded()
            .overlay(Path::new("no/such/directory"))
            .unwrap_err();
        assert_snapshot!(error, @"Cannot read the profile `no/such/directory`");
    }

    #[test]
    fn unknown_frameworks_get_suggestions() {
        let files = [
            ("vllm", "framework = \"vllm\""),
            ("common", ""),
            ("bad", "framework = "),
        ];
        assert_snapshot!(failure(&files, "vlm"), @r"
        Unknown framework `vlm` {Did you mean `vllm`? | Frameworks: `vllm`}
        profiles/bad.toml:1:13 `profiles/bad.toml` is not valid TOML: string values must be quoted, expected literal string {}
        ");
        assert_snapshot!(failure(&files, "common"), @r"
        Unknown framework `common` {Frameworks: `vllm`}
        profiles/bad.toml:1:13 `profiles/bad.toml` is not valid TOML: string values must be quoted, expected literal string {}
        ");
    }

    #[test]
    fn cycles_of_inheritance_are_refused() {
        let files = [
            ("a", "framework = \"a\"\ninherits = [\"b\"]"),
            ("b", "inherits = [\"c\"]"),
            ("c", "inherits = [\"b\", \"nothing\"]"),
        ];
        assert_snapshot!(failure(&files, "a"), @r"
        profiles/c.toml:1:13 Profiles inherit each other in a cycle: b → c → b {Remove one of these links}
        profiles/c.toml:1:18 Unknown profile to inherit `nothing` {Valid here: `a`, `b`, `c`}
        ");
    }

    #[test]
    fn mistakes_of_several_files_are_told_together() {
        let files = [
            ("a", "framework = \"b\"\ninherits = [\"b\"]\ntypo = 1"),
            ("b", "tpyo = 1"),
        ];
        assert_snapshot!(failure(&files, "a"), @r#"
        profiles/a.toml:3:1 Unknown key `typo` in the file {Keys here: `framework`, `aliases`, `inherits`, `description`, `default-device`, `default-target`, `default-source`, `sources`, `devices`, `targets`, `args`, `when`, `smoke`, `components`, `features`, `secrets`, `contexts`, `tags`, `labels`, `layers`, `cache`, `sccache`, `export`, `logs`, `memory-per-job`, `run`}
        profiles/b.toml:1:1 Unknown key `tpyo` in the file {Keys here: `framework`, `aliases`, `inherits`, `description`, `default-device`, `default-target`, `default-source`, `sources`, `devices`, `targets`, `args`, `when`, `smoke`, `components`, `features`, `secrets`, `contexts`, `tags`, `labels`, `layers`, `cache`, `sccache`, `export`, `logs`, `memory-per-job`, `run`}
        profiles/a.toml:1:13 `profiles/a.toml` says that its framework is `b` {Write `framework = "a"`, or rename the file}
        "#);
        let files = [("a", "framework = \"b\"\ndefault-target = \"x\"")];
        assert_snapshot!(failure(&files, "a"), @r#"
        profiles/a.toml:1:13 `profiles/a.toml` says that its framework is `b` {Write `framework = "a"`, or rename the file}
        profiles/a.toml:2:18 Unknown target `x` {}
        "#);
    }

    #[test]
    fn two_claims_of_one_alias_are_refused() {
        let files = [
            ("a", "framework = \"a\"\naliases = [\"x\"]"),
            ("b", "framework = \"b\"\naliases = [\"x\"]"),
        ];
        assert_snapshot!(failure(&files, "x"), @"profiles/b.toml:2:12 `x` names two frameworks: `a` and `b` {Give every framework its own name and aliases}");
    }
}
