//! What GitHub Actions is told: problems as annotations, at the lines of the files of the workspace.

use super::test_env::TestEnv;

fn on_github() -> TestEnv {
    let env = TestEnv::new();
    let workspace = env.root();
    env.edit(
        "config/profiles/demo.toml",
        "MAX_JOBS = 4",
        "MAX_JOBS = [4]",
    );
    env.with("GITHUB_ACTIONS", "true")
        .with("GITHUB_WORKSPACE", &workspace)
}

fn annotations(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.starts_with("::")).collect()
}

#[test]
fn a_problem_becomes_an_annotation_at_its_line() {
    let ran = on_github().run("plan");
    assert_eq!(ran.code, Some(2), "{ran}");
    let [line] = annotations(&ran.stderr)[..] else {
        panic!("{ran}");
    };
    let start = "::error title=dynbuild,file=config/profiles/demo.toml,line=28,endLine=28::";
    assert!(line.starts_with(start), "{line}");
    assert!(line.contains("MAX_JOBS"), "{line}");
    assert!(
        ran.stderr.contains("error: "),
        "people read it as well: {ran}"
    );
    assert_eq!(ran.stdout, "");
}

#[test]
fn nobody_else_gets_annotations() {
    let ran = on_github().run("plan --no-annotations");
    assert_eq!(annotations(&ran.stderr), [""; 0], "{ran}");
    let ran = on_github().with("GITHUB_ACTIONS", "false").run("plan");
    assert_eq!(annotations(&ran.stderr), [""; 0], "{ran}");
}
