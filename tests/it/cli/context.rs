//! `dynbuild context ls`.

use serde_json::{Value, json};

use super::test_env::TestEnv;

#[test]
fn what_would_be_sent_and_what_not() {
    insta::assert_snapshot!(TestEnv::new().run("context ls"), @"
    exit 0
    stdout:
    2 files, 30 B would be sent
    19 B  1 file  (top)
    11 B  1 file  src/

    left out            by the rule  in
    25.1 kB   29 files  .git         .dockerignore:2
    6 B       1 file    *.log        .dockerignore:3
    ");
}

#[test]
fn for_programs() {
    let text = TestEnv::new().run("context ls --format json").result();
    let listing: Value = serde_json::from_str(&text).expect("JSON");
    let expected = json!({
        "files": [{"path": ".dockerignore", "size": 19}, {"path": "src/lib.rs", "size": 11}],
        "excluded": [
            {"path": ".git", "rule": ".git", "source": ".dockerignore:2"},
            {"path": "notes.log", "rule": "*.log", "source": ".dockerignore:3"},
        ],
        "total_size": 30,
    });
    assert_eq!(listing, expected);
}

#[test]
fn a_pattern_that_is_wrong() {
    let env = TestEnv::new();
    env.write("repository/.dockerignore", "fine\n[a-\n");
    insta::assert_snapshot!(env.run("context ls").failure(), @"
    exit 2
    stderr:
    error: .dockerignore:2: `[a-` is not a valid pattern
    ");
}

#[test]
fn a_directory_that_is_missing() {
    insta::assert_snapshot!(TestEnv::new().run("context ls --context nowhere").failure(), @"
    exit 2
    stderr:
    error: Cannot open the build context `[DIR]/repository/nowhere`
      because: No such file or directory (os error 2)
      hint: Give an existing directory: `--context DIR`
    ");
}
