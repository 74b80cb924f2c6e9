//! What real programs write when they fail, and what is said about it.

use std::path::Path;

use dynbuild::internals::report::diagnose;

struct Case {
    name: String,
    expected: String,
    error: String,
    lines: Vec<String>,
}

fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("=== ") {
            cases.push(Case {
                name: name.to_owned(),
                expected: String::new(),
                error: String::new(),
                lines: Vec::new(),
            });
            continue;
        }
        let case = cases.last_mut().expect("a case");
        if let Some(text) = line.strip_prefix("expect: ") {
            text.clone_into(&mut case.expected);
        } else if let Some(text) = line.strip_prefix("error: ") {
            text.clone_into(&mut case.error);
        } else if let Some(text) = line.strip_prefix('|') {
            let text = text.strip_prefix(' ').unwrap_or(text);
            case.lines.push(text.to_owned());
        } else {
            assert_eq!(line.trim_end(), "expect:", "not understood");
        }
    }
    cases
}

#[test]
fn every_failure_gets_the_diagnosis_of_its_class() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/failures");
    let mut wrong = Vec::new();
    let mut tried = 0;
    for entry in fs_err::read_dir(directory).expect("the corpus") {
        let path = entry.expect("an entry").path();
        let Some("txt") = path.extension().and_then(|extension| extension.to_str()) else {
            continue;
        };
        let class = path.file_stem().and_then(|stem| stem.to_str());
        let class = class.filter(|class| *class != "unknown");
        for case in cases(&fs_err::read_to_string(&path).expect("text")) {
            tried += 1;
            let lines: Vec<_> = case.lines.iter().map(String::as_str).collect();
            let found = diagnose(&case.error, &lines);
            let said = found
                .as_ref()
                .map(|found| format!("{}\n{}", found.cause, found.fix));
            let is_right = found.as_ref().map(|found| found.class) == class
                && said
                    .as_ref()
                    .is_none_or(|said| said.contains(&case.expected));
            if !is_right {
                wrong.push(format!(
                    "{}, {}: expected `{}`\n{found:#?}",
                    path.display(),
                    case.name,
                    case.expected
                ));
            }
            if let Some(text) = &said {
                assert!(
                    !text.contains(['[', ']', '$'])
                        || text.contains("$HOME")
                        || text.contains("$oauthtoken")
                        || text.contains("[cu13]")
                        || text.contains("[vllm]"),
                    "{text}"
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(tried > 100, "only {tried} cases were found");
}
