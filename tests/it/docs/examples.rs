//! Every line of the documents that calls one of our programs, run.
//!
//! Builds and launches are run dry. Commands that ask an engine find none: that they get as far as
//! asking shows that the line is right.

use std::process::{Command, Output};

use regex::Regex;

use super::{documents, read};

/// A line of an example.
struct Example {
    document: String,
    line: String,
    /// What the document says that it prints, if that is an error.
    error: Option<String>,
}

#[test]
fn every_example_is_right() {
    let directory = tempfile::tempdir().unwrap();
    for below in [
        "home",
        "checkout/their-repository/profiles",
        "checkout/tiny",
    ] {
        fs_err::create_dir_all(directory.path().join(below)).unwrap();
    }
    let (mut tried, mut wrong) = (0, Vec::new());
    for example in examples() {
        for mut words in calls(&example.line) {
            let program = words.remove(0);
            let answer = Answer::of(&program, &words);
            let output = run(&program, &answer.words, directory.path());
            tried += 1;
            if let Err(why) = answer.check(&output, example.error.as_deref()) {
                let Example { document, line, .. } = &example;
                wrong.push(format!("{document}: {line}\n  {why}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tried > 30, "only {tried} examples were found");
}

/// What is run, and what comes of it.
struct Answer {
    words: Vec<String>,
    asks_an_engine: bool,
}

impl Answer {
    fn of(program: &str, words: &[String]) -> Self {
        let verb = words.first().map_or("", String::as_str);
        let engine = match program {
            "dynbuild" => &["doctor"][..],
            _ => &[
                "down", "scale", "wait", "ps", "logs", "stop", "exec", "attach", "gc",
            ],
        };
        let other = match program {
            "dynbuild" => &[
                "list",
                "plan",
                "render",
                "explain",
                "lint",
                "import",
                "schema",
                "env",
                "context",
                "completions",
                "man",
            ][..],
            _ => &[
                "explain",
                "plan",
                "list",
                "export",
                "import",
                "init",
                "help",
                "version",
                "completions",
                "man",
            ],
        };
        let mut words = words.to_vec();
        let is_verb = engine.contains(&verb) || other.contains(&verb);
        if !is_verb && !words.contains(&"--dry-run".to_owned()) {
            words.insert(0, "--dry-run".to_owned());
        }
        Self {
            asks_an_engine: engine.contains(&verb),
            words,
        }
    }

    fn check(&self, output: &Output, error: Option<&str>) -> Result<(), String> {
        let shown = String::from_utf8_lossy(&output.stderr);
        let is_right = match (error, self.asks_an_engine) {
            (Some(error), _) => shown.contains(error) && !output.status.success(),
            (None, true) => shown.contains("no-engine.sock"),
            (None, false) => output.status.success(),
        };
        let end = output.status;
        is_right.then_some(()).ok_or(format!("{end}: {shown}"))
    }
}

fn run(program: &str, words: &[String], directory: &std::path::Path) -> Output {
    let path = match program {
        "dynbuild" => env!("CARGO_BIN_EXE_dynbuild"),
        _ => env!("CARGO_BIN_EXE_dynrun"),
    };
    let socket = directory.join("no-engine.sock");
    Command::new(path)
        .args(words)
        .current_dir(directory.join("checkout"))
        .env_clear()
        .env("HOME", directory.join("home"))
        .env("HF_TOKEN", "hf_example")
        .env("PATH", "/usr/bin:/bin")
        .env("DOCKER_HOST", format!("unix://{}", socket.display()))
        .stdin(std::process::Stdio::null())
        .output()
        .expect("the program starts")
}

/// Returns the lines of all fenced examples.
fn examples() -> Vec<Example> {
    let mut examples = Vec::new();
    for document in documents() {
        let text = read(&document);
        for (kind, lines) in fenced(&text) {
            let is_console = kind == "console";
            for (index, line) in lines.iter().enumerate() {
                let typed = if is_console {
                    line.strip_prefix("$ ")
                } else {
                    Some(line.as_str())
                };
                let next = lines.get(index + 1).filter(|_| is_console);
                let error = next.and_then(|next| next.strip_prefix("error: "));
                examples.extend(typed.map(|typed| Example {
                    document: document.display().to_string(),
                    line: typed.to_owned(),
                    error: error.map(str::to_owned),
                }));
            }
        }
    }
    // What is abridged is no line to paste.
    examples.retain(|example| !example.line.contains('…'));
    examples
}

/// Returns the blocks of shell in a document, continued lines in one.
fn fenced(text: &str) -> Vec<(String, Vec<String>)> {
    let continued = Regex::new(r"\\\n\s*").expect("the pattern is right");
    let mut blocks = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines().map(str::trim_start) {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(kind)) => open = Some((kind.to_owned(), String::new())),
            (None, None) => {}
            (Some((_, body)), None) => body.extend([line, "\n"]),
            (Some(_), Some(_)) => blocks.extend(open.take()),
        }
    }
    blocks.retain(|(kind, _)| ["", "sh", "console"].contains(&kind.as_str()));
    let lines = |body: String| {
        let body = continued.replace_all(&body, " ");
        body.lines().map(str::to_owned).collect()
    };
    let blocks = blocks.into_iter();
    blocks.map(|(kind, body)| (kind, lines(body))).collect()
}

/// Returns the words of each call of our programs in a line of shell.
fn calls(line: &str) -> Vec<Vec<String>> {
    let comment = Regex::new(r"(^|\s)#.*$").expect("the pattern is right");
    let redirected = Regex::new(r"\s\d?[<>]\s*\S+").expect("the pattern is right");
    let line = comment.replace(line, "");
    let line = match line.strip_prefix("source <(") {
        Some(inner) => inner.trim_end().trim_end_matches(')'),
        None => &line,
    };
    let parts = line
        .split(" | ")
        .map(|part| redirected.replace_all(part, ""));
    let words = parts.filter_map(|part| shell_words::split(&part).ok());
    let ours = |words: &Vec<String>| {
        let program = words.first().map(String::as_str);
        matches!(program, Some("dynbuild" | "dynrun"))
    };
    words.filter(ours).collect()
}
