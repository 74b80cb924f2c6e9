//! Docker's own parsers against ours, row by row (`tests/data/docker-cli`).
#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::fmt::Write as _;
use std::path::Path;

use dynbuild::docker::gpus::DeviceRequest;
use dynbuild::docker::size::ByteSize;
use dynbuild::docker::ulimit::Ulimit;
use serde_json::{Value, json};

/// Inputs on which we differ from docker on purpose, with the reason. Empty so far.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

/// Compares the answers of one parser for all its rows: what is refused, and what results.
fn check<E: ToString>(parser: &str, ours: impl Fn(&str) -> Result<Value, E>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/docker-cli");
    let rows = fs_err::read_to_string(path.join(parser).with_extension("jsonl")).unwrap();
    let mut differences = String::new();
    let (mut count, mut differing) = (0, 0);
    for row in rows.lines() {
        let row: Value = serde_json::from_str(row).unwrap();
        let input = row["in"]["s"].as_str().unwrap();
        count += 1;
        let ours = ours(input).map_err(|error| error.to_string());
        let same = match (&ours, row.get("ok")) {
            (Ok(ours), Some(theirs)) => ours == theirs,
            (Err(_), None) => true,
            _ => false,
        };
        let excepted = EXCEPTIONS
            .iter()
            .any(|(of, text, _)| (*of, *text) == (parser, input));
        if same == excepted {
            differing += 1;
            writeln!(
                differences,
                "{input:?}\n  docker: {row}\n  ours:   {ours:?}"
            )
            .unwrap();
        }
    }
    assert!(count > 0, "no rows for {parser}");
    assert!(
        differing == 0,
        "{differing} of {count} rows of {parser} differ:\n{differences}"
    );
}

#[test]
fn sizes() {
    check("ram", |text| {
        text.parse().map(|size: ByteSize| json!(size.get()))
    });
}

#[test]
fn ulimits() {
    check("ulimit", |text| {
        text.parse().map(|ulimit: Ulimit| {
            json!({"Name": ulimit.name().as_str(), "Hard": ulimit.hard(), "Soft": ulimit.soft()})
        })
    });
}

#[test]
fn gpus() {
    check("gpus", |text| {
        text.parse().map(|request: DeviceRequest| {
            let ids = (!request.device_ids.is_empty()).then_some(request.device_ids);
            json!([{
                "Driver": request.driver,
                "Count": request.count,
                "DeviceIDs": ids,
                "Capabilities": request.capabilities,
                "Options": request.options,
            }])
        })
    });
}
