//! What real programs write when they fail, and what is said about it.

use std::path::Path;

use dynbuild::internals::diagnosis::{Evidence, Setting, diagnose};

struct Case {
    /// The class that is expected, and what the cause or a fix has to say.
    class: Option<String>,
    expected: String,
    name: String,
    evidence: Evidence,
}

impl Case {
    fn new(class: &str, name: &str) -> Self {
        Self {
            class: (class != "unknown").then(|| class.to_owned()),
            expected: String::new(),
            name: format!("{class}, {name}"),
            evidence: Evidence::new(Setting::Step, ""),
        }
    }

    fn read(&mut self, line: &str) {
        let evidence = &mut self.evidence;
        if let Some(text) = line.strip_prefix('|') {
            let text = text.strip_prefix(' ').unwrap_or(text);
            evidence.log.push(text.to_owned());
            return;
        }
        let (key, value) = line.split_once(':').expect("a key");
        let value = value.trim().to_owned();
        match key {
            "expect" => self.expected = value,
            "in" => evidence.setting = setting(&value),
            "error" => evidence.error = value,
            "code" => evidence.code = Some(value.parse().expect("an exit code")),
            "memory" => evidence.out_of_memory = Some(value == "reached"),
            "image" => evidence.image = value,
            "build" => evidence.build_line = Some(value),
            _ => panic!("not understood: {line}"),
        }
    }
}

fn setting(name: &str) -> Setting {
    match name {
        "step" => Setting::Step,
        "container" => Setting::Container,
        "waiting" => Setting::Waiting,
        "engine" => Setting::Engine,
        _ => panic!("no setting: {name}"),
    }
}

fn corpus() -> Vec<Case> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/failures");
    let mut cases: Vec<Case> = Vec::new();
    for entry in fs_err::read_dir(directory).expect("the corpus") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        let class = path.file_stem().expect("a name").to_string_lossy();
        for line in fs_err::read_to_string(&path).expect("text").lines() {
            match line.strip_prefix("=== ") {
                Some(name) => cases.push(Case::new(&class, name)),
                None => cases.last_mut().expect("a case").read(line),
            }
        }
    }
    cases
}

#[test]
fn every_failure_gets_the_diagnosis_of_its_class() {
    let mut wrong = Vec::new();
    let cases = corpus();
    for case in &cases {
        let found = diagnose(&case.evidence);
        let said = found.as_ref().map(|found| {
            let fixes = found.fixes.join("\n");
            format!("{}\n{fixes}", found.cause)
        });
        let is_right = found.as_ref().map(|found| found.class) == case.class.as_deref()
            && said
                .as_ref()
                .is_none_or(|said| said.contains(&case.expected));
        if !is_right {
            let Case { name, expected, .. } = case;
            wrong.push(format!("{name}: expected `{expected}`\n{found:#?}"));
        }
        for text in found.iter().flat_map(|found| &found.fixes) {
            assert!(
                text.starts_with(|c: char| c.is_uppercase() || c == '`'),
                "{text}"
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(cases.len() > 200, "only {} cases were found", cases.len());
}

/// A failure has one name, in whichever program it is met: what a step of a build writes is known
/// by the same name where a container writes it, if it is known there.
#[test]
fn a_failure_has_the_same_class_in_builds_and_in_containers() {
    let mut wrong = Vec::new();
    let mut shared = 0;
    for case in corpus() {
        if case.evidence.setting == Setting::Engine || case.evidence.log.is_empty() {
            continue;
        }
        let class = |setting, code| {
            let evidence = Evidence {
                setting,
                code,
                ..case.evidence.clone()
            };
            diagnose(&evidence).map(|found| found.class)
        };
        let step = class(Setting::Step, None);
        let container = class(Setting::Container, Some(127));
        if step.is_some() && step == container {
            shared += 1;
        } else if let (Some(step), Some(container)) = (step, container) {
            wrong.push(format!(
                "{}: {step} in a build, {container} in a container",
                case.name
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(shared > 50, "only {shared} failures are known in both");
}
