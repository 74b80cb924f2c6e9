//! `dynrun --no-defaults` against docker's own answers for `docker run`, row by row.
//!
//! The rows were measured on the parser that `docker run` and `docker create` share, so flags that
//! only `docker run` has (`--name`, `-d`, `--pull`, `--platform`) are unknown there; the comparison
//! takes the same table of flags.

use std::path::Path;

use dynbuild::internals::docker::{CONTAINER, FlagTable};
use dynbuild::internals::launch::HostFacts;
use dynbuild::internals::launch::apply;
use dynbuild::internals::launch::create_request;
use dynbuild::internals::launch::docker_flags;
use dynbuild::internals::launch::{Chosen, Reason};
use dynbuild::internals::problem::Problems;
use serde_json::{Map, Value};

/// Rows on which we differ on purpose: what is in the row, and why.
const EXCEPTIONS: &[(&str, &str)] = &[];

#[test]
fn create_requests_are_dockers() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/docker-cli/run.jsonl");
    let rows = fs_err::read_to_string(path).unwrap();
    let (mut count, mut differences) = (0, Vec::new());
    for line in rows.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let argv: Vec<String> = serde_json::from_value(row["in"]["argv"].clone()).unwrap();
        count += 1;
        let excepted = EXCEPTIONS.iter().any(|(text, _)| line.contains(text));
        let ours = request(&argv).map(|request| normal(nested(request)));
        let same = match (&ours, row.get("ok")) {
            (Ok(ours), Some(theirs)) => *ours == normal(theirs.clone()),
            (Err(_), None) => true,
            _ => false,
        };
        if same == excepted {
            differences.push(format!("{argv:?}\n  docker: {row}\n  ours:   {ours:?}"));
        }
    }
    assert!(count > 1000, "only {count} rows");
    assert!(
        differences.is_empty(),
        "{} of {count} rows differ:\n{}",
        differences.len(),
        differences.join("\n")
    );
}

/// What dynrun sends for docker's flags, an image and a command, without defaults.
fn request(argv: &[String]) -> Result<Value, Problems> {
    let parsed = FlagTable::new(&[CONTAINER]).parse(argv)?;
    let host = HostFacts {
        env: [("HOME".to_owned(), "/home/u".to_owned())].into(),
        cwd: "/home/u".into(),
        ..HostFacts::default()
    };
    let mut words = parsed.positionals.iter().cloned();
    let chosen = Chosen {
        image: words.next().unwrap_or_default(),
        command: words.collect(),
        reason: Reason::Named,
    };
    let spec = apply::specification(&docker_flags(&parsed), &host, &chosen)?;
    Ok(create_request(&spec))
}

/// The rows keep the container's configuration apart, which the API has at the top level.
fn nested(request: Value) -> Value {
    let mut config = object(request);
    let mut nested = Map::new();
    for key in ["HostConfig", "NetworkingConfig"] {
        nested.extend(config.remove(key).map(|value| (key.to_owned(), value)));
    }
    nested.insert("Config".to_owned(), Value::Object(config));
    Value::Object(nested)
}

/// Leaves out values that are zero, as the rows do, and sorts `Binds`, which docker does not.
fn normal(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(key, value)| (key, normal(value)))
                .filter(|(_, value)| !is_zero(value))
                .collect(),
        ),
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(normal).collect();
            if items
                .iter()
                .all(|item| item.as_str().is_some_and(|text| text.contains(":/")))
            {
                items.sort_by_key(ToString::to_string);
            }
            Value::Array(items)
        }
        value => value,
    }
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(on) => !on,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => panic!("not an object: {other}"),
    }
}
