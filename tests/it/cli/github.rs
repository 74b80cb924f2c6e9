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

#[test]
fn a_cache_of_github_needs_a_job_that_says_where_it_is() {
    let env = TestEnv::new().with("ACTIONS_RUNTIME_TOKEN", "canary");
    insta::assert_snapshot!(env.run("--cache-to type=gha").failure(), @"
    exit 2
    stderr:
    error: Cache type `gha` needs a job of GitHub Actions: `ACTIONS_RESULTS_URL` is not set
      hint: Only actions see these variables: export them in a step before, with `actions/github-script`
    ");
    // With both, it is the engine that is not there.
    let env = env.with("ACTIONS_RESULTS_URL", "https://results.example/");
    let ran = env.run("--cache-to type=gha");
    assert_eq!(ran.code, Some(3), "{ran}");
}
