//! The `docker build` behind render.py, whose options are dynbuild's as well.

use super::call::Call;
use super::translate::build_arguments;

/// Options with a value that both have, by every name of docker's.
const VALUES: &[(&str, &str)] = &[
    ("-t", "--tag"),
    ("--tag", "--tag"),
    ("-o", "--output"),
    ("--output", "--output"),
    ("--add-host", "--add-host"),
    ("--allow", "--allow"),
    ("--annotation", "--annotation"),
    ("--attest", "--attest"),
    ("--build-context", "--build-context"),
    ("--builder", "--builder"),
    ("--cache-from", "--cache-from"),
    ("--cache-to", "--cache-to"),
    ("--iidfile", "--iidfile"),
    ("--label", "--label"),
    ("--metadata-file", "--metadata-file"),
    ("--network", "--network"),
    ("--no-cache-filter", "--no-cache-filter"),
    ("--progress", "--progress"),
    ("--secret", "--secret"),
    ("--shm-size", "--shm-size"),
    ("--ssh", "--ssh"),
    ("--ulimit", "--ulimit"),
];

/// Switches that both have.
const SWITCHES: &[&str] = &["--load", "--push", "--no-cache", "--pull", "-q", "--quiet"];

/// What was said to `docker build`.
#[derive(Debug, Default)]
pub(super) struct Built {
    /// The options in dynbuild's words.
    pub(super) words: Vec<String>,
    pub(super) platform: Option<String>,
    pub(super) notes: Vec<String>,
}

/// Takes the build of the Dockerfile that render.py wrote out of the other commands of its line.
pub(super) fn take(call: &mut Call, framework: &str) -> Built {
    let mut built = Built::default();
    let mut arguments = Vec::new();
    call.others.retain(|command| match options(command) {
        Some(options) => {
            built.read(options, &mut arguments);
            false
        }
        None => true,
    });
    let (words, notes) = build_arguments(framework, arguments);
    built.words.extend(words);
    built.notes.extend(notes);
    built
}

/// Returns what stands behind `docker build`, however that is called.
fn options(command: &[String]) -> Option<&[String]> {
    let (program, rest) = command.split_first()?;
    let rest = match (program.as_str(), rest) {
        ("sudo", [program, rest @ ..]) if program == "docker" => rest,
        ("docker" | "podman" | "nerdctl", rest) => rest,
        _ => return None,
    };
    match rest {
        [group, build, options @ ..]
            if ["buildx", "builder", "image"].contains(&group.as_str()) && build == "build" =>
        {
            Some(options)
        }
        [build, options @ ..] if build == "build" => Some(options),
        _ => None,
    }
}

impl Built {
    fn read(&mut self, options: &[String], arguments: &mut Vec<String>) {
        let mut rest = options.iter();
        while let Some(word) = rest.next() {
            let (name, own) = match word.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name, Some(value.to_owned())),
                _ => (word.as_str(), None),
            };
            if SWITCHES.contains(&name) {
                self.words.push(word.clone());
                continue;
            }
            let mut value = || {
                own.clone()
                    .or_else(|| rest.next().cloned())
                    .unwrap_or_default()
            };
            match name {
                // The file and the stage are render.py's, the context is the tree.
                "-f" | "--file" | "--target" => {
                    value();
                }
                "--platform" => self.platform = Some(value()),
                "--build-arg" => arguments.push(value()),
                name => match VALUES.iter().find(|(docker, _)| *docker == name) {
                    Some((_, ours)) => self.words.extend([(*ours).to_owned(), value()]),
                    None if name.starts_with('-') => self
                        .notes
                        .push(format!("`{word}` of `docker build` is left out")),
                    None => {}
                },
            }
        }
    }
}
