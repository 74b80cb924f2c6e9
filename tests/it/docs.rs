//! The documents: links lead somewhere, tables say what the programs say, examples are read.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use dynbuild::internals::plan::Settings;
use dynbuild::internals::problem::{Problem, Problems};
use dynbuild::internals::profile::Store;
use dynbuild::internals::toml_file::SourceFile;

use regex::Regex;

mod examples;
mod nightly;

/// What stands above the tables that are compared with the programs.
const CHECKED: &str = "<!-- checked by tests/it/docs.rs -->";

#[test]
fn relative_links_lead_to_files_and_headings() {
    let mut broken = Vec::new();
    for document in documents() {
        let directory = document.parent().unwrap();
        for link in links(&read(&document)) {
            let (path, heading) = link.split_once('#').unwrap_or((&link, ""));
            let target = match path {
                "" => document.clone(),
                path => directory.join(path),
            };
            let found = target.exists()
                && (heading.is_empty() || headings(&read(&target)).contains(heading));
            if !found {
                broken.push(format!("{}: {link}", document.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_page_of_docs_can_be_reached_from_the_readme() {
    let readme: BTreeSet<String> = links(&read(&root().join("README.md")))
        .into_iter()
        .collect();
    for page in fs_err::read_dir(root().join("docs")).unwrap() {
        let page = page.unwrap();
        let name = page.file_name().into_string().unwrap();
        if page.path().is_dir() {
            continue;
        }
        assert!(readme.contains(&format!("docs/{name}")), "docs/{name}");
    }
}

#[test]
fn the_table_of_variables_is_what_dynbuild_env_prints() {
    let wide = Regex::new(" {2,}").unwrap();
    let printed: Vec<Vec<String>> = dynbuild(&["env"])
        .lines()
        .skip(1)
        .map(|line| wide.splitn(line, 2).map(str::to_owned).collect())
        .collect();
    let [table] = checked_tables("docs/dynbuild.md").try_into().unwrap();
    let written: Vec<Vec<String>> = table
        .into_iter()
        .map(|row| vec![unquoted(&row[0]), row[1].clone()])
        .collect();
    assert_eq!(written, printed);
}

#[test]
fn the_tables_of_the_migration_are_those_of_the_import() {
    let wide = Regex::new(" {2,}").unwrap();
    let list = dynbuild(&["import", "--list"]);
    let printed: Vec<Vec<String>> = list
        .lines()
        .skip(1)
        .map(|line| wide.splitn(line, 3).map(str::to_owned).collect())
        .collect();
    let [options, variables] = checked_tables("docs/migration.md").try_into().unwrap();
    let written: Vec<Vec<String>> = options
        .into_iter()
        .map(|row| vec![unquoted(&row[0]), unquoted(&row[1]), row[2].clone()])
        .collect();
    assert_eq!(written, printed);
    let source = read(&root().join("src/cli/dynbuild/leaks.rs"));
    let leak = Regex::new(r#"leak\("(\w+)", "([a-z-]+)"\)"#).unwrap();
    let leaks: Vec<Vec<String>> = leak
        .captures_iter(&source)
        .map(|found| found.extract::<2>().1.map(str::to_owned).to_vec())
        .collect();
    let written: Vec<Vec<String>> = variables
        .into_iter()
        .map(|row| vec![unquoted(&row[0]), unquoted(&row[1])])
        .collect();
    assert_eq!(written, leaks);
}

#[test]
fn the_table_of_commands_names_exactly_the_commands() {
    let help = dynbuild(&["--help"]);
    let commands: BTreeSet<&str> = section(&help, "Commands:")
        .filter_map(|line| line.split_whitespace().next())
        .filter(|command| *command != "help")
        .collect();
    let page = read(&root().join("docs/dynbuild.md"));
    let named = Regex::new(r"(?m)^\| (?:`dynbuild`, )?`dynbuild ([a-z]+)` \|").unwrap();
    let named: BTreeSet<&str> = named
        .captures_iter(&page)
        .map(|found| found.extract::<1>().1[0])
        .collect();
    assert_eq!(named, commands);
}

#[test]
fn the_references_are_what_the_programs_take() {
    reference_is_fresh("dynbuild", &dynbuild::cli::dynbuild_reference());
    reference_is_fresh("dynrun", &dynbuild::cli::dynrun_reference());
}

/// Compares a page of the reference, or writes it if snapshots are to be renewed.
#[expect(clippy::disallowed_methods, reason = "tests are no commands of ours")]
fn reference_is_fresh(program: &str, expected: &str) {
    let page = root().join(format!("docs/reference/{program}.md"));
    if std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always") {
        fs_err::create_dir_all(page.parent().expect("a directory")).expect("created");
        fs_err::write(&page, expected).expect("written");
    }
    let written = fs_err::read_to_string(&page).unwrap_or_default();
    assert!(
        written == expected,
        "stale: run `INSTA_UPDATE=always cargo test --test it docs::`"
    );
}

#[test]
fn the_table_of_dynrun_names_exactly_its_commands() {
    let help = output(env!("CARGO_BIN_EXE_dynrun"), &["--help"]);
    let commands: BTreeSet<&str> = section(&help, "Commands:")
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let named = Regex::new(r"`dynrun ([a-z]+)`").unwrap();
    let page = read(&root().join("docs/dynrun.md"));
    let first_cells = page
        .lines()
        .filter(|line| line.starts_with("| `dynrun"))
        .filter_map(|line| line.split(" | ").next());
    let listed: BTreeSet<&str> = first_cells
        .flat_map(|cell| named.captures_iter(cell))
        .map(|found| found.extract::<1>().1[0])
        .collect();
    assert_eq!(listed, commands);
}

#[test]
fn every_option_of_a_build_is_listed_and_no_other() {
    let option = Regex::new(r"--[a-z][a-z-]+").unwrap();
    let help = dynbuild(&["--help"]);
    let defined = Regex::new(r"(?m)^ +(?:-., )?(--[a-z-]+)").unwrap();
    let defined: BTreeSet<&str> = defined
        .captures_iter(&help)
        .map(|found| found.extract::<1>().1[0])
        .filter(|name| !["--help", "--version"].contains(name))
        .collect();
    let page = read(&root().join("docs/dynbuild.md"));
    let listed: BTreeSet<&str> = page
        .lines()
        .filter(|line| line.starts_with("| `--"))
        .filter_map(|line| line.split(" | ").next())
        .flat_map(|cell| option.find_iter(cell))
        .map(|found| found.as_str())
        .collect();
    assert_eq!(listed, defined);
}

#[test]
fn exit_codes_are_those_of_the_help() {
    let help = dynbuild(&["--help"]);
    let codes: Vec<String> = section(&help, "Exit codes:")
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect();
    let row = Regex::new(r"(?m)^\| (\d+) \|").unwrap();
    let page = read(&root().join("docs/dynbuild.md"));
    let written: Vec<String> = row
        .captures_iter(&page)
        .map(|found| found.extract::<1>().1[0].to_owned())
        .collect();
    assert_eq!(written, codes);
}

#[test]
fn example_profiles_are_read_and_fit_together() {
    let examples = examples("# profiles/");
    assert!(!examples.is_empty());
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in &examples {
        fs_err::write(directory.path().join(name), text).unwrap();
    }
    let store = Store::embedded().overlay(directory.path()).unwrap();
    for (name, _) in &examples {
        let loaded = store.load(name.strip_suffix(".toml").unwrap());
        if let Err(problems) = loaded {
            panic!("profiles/{name}: {}", messages(&problems));
        }
    }
}

#[test]
fn the_example_of_the_users_own_file_is_read() {
    for (name, text) in examples("# config.toml") {
        let read = Settings::from_user_file(&SourceFile::new(name, text));
        let errors = read.err().into_iter().flatten().map(Problem::from);
        let problems = Problems(errors.collect());
        assert!(problems.0.is_empty(), "{}", messages(&problems));
    }
}

#[test]
fn every_key_of_a_profile_is_told() {
    let schema = dynbuild(&["schema"]);
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let page = read(&root().join("docs/profiles.md"));
    let keys = schema["properties"].as_object().unwrap().keys();
    let missing: Vec<_> = keys.filter(|key| !page.contains(key.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn template_names_are_those_that_templates_know() {
    let [table] = checked_tables("docs/profiles.md").try_into().unwrap();
    for row in table {
        let template = format!("{{{}}}", unquoted(&row[0]));
        assert!(
            dynbuild::internals::profile::Template::parse(&template).is_ok(),
            "{template}"
        );
    }
}

#[test]
fn rules_of_the_lint_are_told() {
    let page = read(&root().join("docs/dockerfiles.md"));
    let [table] = checked_tables("docs/dockerfiles.md").try_into().unwrap();
    let source = read(&root().join("src/plan/lint/finding.rs"));
    let names = Regex::new(r#"=> "([a-z-]+)""#).unwrap();
    let names: Vec<&str> = names
        .captures_iter(&source)
        .map(|found| found.extract::<1>().1[0])
        .collect();
    let written: Vec<String> = table.iter().map(|row| unquoted(&row[0])).collect();
    assert_eq!(written, names, "{page}");
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs_err::read_to_string(path).expect("a document is text")
}

/// The documents at the top of the repository and in `docs/`.
fn documents() -> Vec<PathBuf> {
    [root(), root().join("docs")]
        .iter()
        .flat_map(|directory| fs_err::read_dir(directory).expect("the directory is there"))
        .map(|entry| entry.expect("the directory can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect()
}

/// Links that name no other host.
fn links(text: &str) -> Vec<String> {
    let link = Regex::new(r"\]\(([^)\s]+)\)").expect("the pattern is right");
    link.captures_iter(text)
        .map(|found| found.extract::<1>().1[0].to_owned())
        .filter(|link| !link.contains("://"))
        .collect()
}

/// Headings as a link names them.
fn headings(text: &str) -> BTreeSet<String> {
    let kept = |c: char| c.is_alphanumeric() || c == ' ' || c == '-' || c == '_';
    text.lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches('#').trim().to_lowercase())
        .map(|title| title.chars().filter(|c| kept(*c)).collect::<String>())
        .map(|title| title.replace(' ', "-"))
        .collect()
}

/// The rows of the tables below a mark that says so, without their heads.
fn checked_tables(document: &str) -> Vec<Vec<Vec<String>>> {
    let text = read(&root().join(document));
    let table = |part: &str| {
        let rows = part
            .lines()
            .skip(3)
            .take_while(|line| line.starts_with('|'));
        rows.map(cells).collect()
    };
    text.split(CHECKED).skip(1).map(table).collect()
}

fn cells(row: &str) -> Vec<String> {
    let inner = row.trim_matches('|').split(" | ");
    inner.map(|cell| cell.trim().to_owned()).collect()
}

fn unquoted(cell: &str) -> String {
    cell.trim_matches('`').to_owned()
}

/// Fenced examples whose first line starts with `mark`, by the name of the file that they show.
fn examples(mark: &str) -> Vec<(String, String)> {
    let fence = Regex::new(r"(?s)```toml\n(.*?)```").expect("the pattern is right");
    let mut found = Vec::new();
    for document in documents() {
        for fenced in fence.captures_iter(&read(&document)) {
            let text = fenced.extract::<1>().1[0];
            let first = text.lines().next().unwrap_or_default();
            if first.starts_with(mark) {
                let name = first.rsplit(['/', ' ']).next().unwrap_or(first);
                found.push((name.to_owned(), text.to_owned()));
            }
        }
    }
    found
}

/// The lines below a title, up to an empty one.
fn section<'a>(help: &'a str, title: &'a str) -> impl Iterator<Item = &'a str> {
    let below = help.lines().skip_while(move |line| *line != title).skip(1);
    below.take_while(|line| !line.is_empty())
}

fn messages(problems: &Problems) -> String {
    let texts: Vec<_> = problems.0.iter().map(ToString::to_string).collect();
    texts.join("; ")
}

fn dynbuild(arguments: &[&str]) -> String {
    output(env!("CARGO_BIN_EXE_dynbuild"), arguments)
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .env("COLUMNS", "200")
        .output()
        .expect("the program starts");
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("the program writes text")
}
