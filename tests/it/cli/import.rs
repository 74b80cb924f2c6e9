//! `dynbuild import`: lines of build.sh in, lines of dynbuild out.

use std::io::Write as _;
use std::process::Stdio;

use super::test_env::{Ran, TestEnv};

fn import(env: &TestEnv, line: &str) -> Ran {
    let words = shell_words::split(line).expect("words");
    let arguments = ["import", "--"].map(str::to_owned).into_iter().chain(words);
    env.finish(&mut env.command(arguments))
}

#[test]
fn a_line_of_a_pipeline() {
    let ran = import(
        &TestEnv::new(),
        "./container/build.sh --tag r.example/dynamo:abc --target runtime --vllm-max-jobs 10 \
         --framework VLLM --platform linux/amd64 --use-sccache --sccache-bucket b \
         --sccache-region us-east-2 --push --no-tag-latest --build-arg 'NOTE=a b'",
    );
    insta::assert_snapshot!(ran, @"
    exit 0
    stdout:
    dynbuild --tag r.example/dynamo:abc --target runtime --vllm-max-jobs 10 --framework vllm --platform linux/amd64 --use-sccache --sccache-bucket b --sccache-region us-east-2 --push --no-tag-latest --build-arg 'NOTE=a b' --source tree
    stderr:
    note: build.sh built for CUDA 12.9, and this line for 13.0; `--cuda-version 12.9` keeps the older one
    note: `--tag`: names stay as written for every target
    note: `--platform`: each of several platforms is built with its own arguments
    note: `--use-sccache`: credentials are build secrets, the session token too; without it, objects are kept in the engine
    note: `--push`: names of one word are left out of the push, with a note
    note: `--build-arg`: wins over everything; refused where no stage declares it; what is an option now becomes one
    warning: dynbuild refuses this line: No stage of `runtime` declares the build argument `NOTE`
    ");
}

#[test]
fn the_printed_line_is_one_that_dynbuild_takes() {
    let env = TestEnv::new();
    let line = import(
        &env,
        "build.sh --framework DEMO --target base --build-arg 'GREETING=a * \"b\" $c'",
    )
    .result();
    let words = shell_words::split(&line).expect("a shell line");
    assert_eq!(words[0], "dynbuild");
    let planned = env.finish(
        env.command(&words[1..])
            .args(["--dry-run", "--no-tag-latest"]),
    );
    let planned = planned.result();
    assert!(planned.contains("'GREETING=a * \"b\" $c'"), "{planned}");
}

#[test]
fn a_line_may_be_words_or_one_word() {
    let env = TestEnv::new();
    let expected = import(&env, "container/build.sh --framework vllm --target runtime").result();
    let lines = [
        "import container/build.sh --framework vllm --target runtime",
        "import 'cd x && container/build.sh --framework vllm --target runtime'",
        "import -- 'container/build.sh --framework vllm --target runtime | tee log'",
        "import --framework vllm --target runtime",
    ];
    for line in lines {
        assert_eq!(env.run(line).result(), expected, "{line}");
    }
    let other = env.run("import docker build .").failure();
    assert!(other.contains("neither build.sh, run.sh nor"), "{other}");
    let variable = env.run("import 'build.sh --framework $FW'").result();
    assert!(variable.contains("$FW"), "{variable}");
}

/// What the scripts built and no profile has: the printed line would end with an error.
#[test]
fn a_line_that_dynbuild_refuses_is_reported_with_it() {
    let env = TestEnv::new().without("DYNBUILD_PROFILE_DIR");
    let refused = |line: &str| import(&env, line).to_string();
    let device = refused("container/render.py --framework=sglang --device=xpu");
    assert!(
        device.contains(
            "warning: dynbuild refuses this line: Unknown device `xpu` for framework `sglang`"
        ),
        "{device}"
    );
    let target = refused("build.sh --framework vllm --target ci_minimum");
    assert!(
        target.contains("refuses this line: Unknown target `ci_minimum`"),
        "{target}"
    );
    for taken in [
        "build.sh --framework none --target dev --make-efa",
        "build.sh --framework kvbm",
        "build.sh --framework trtllm --cuda-version 12.8",
        "container/render.py --framework=dynamo --target=planner",
        "container/render.py --show-result",
        "container/run.sh --device xpu -it",
    ] {
        let ran = refused(taken);
        assert!(!ran.contains("refuses"), "{taken}: {ran}");
    }
}

/// The two lines that upstream's README has.
#[test]
fn render_py_and_docker_build_are_one_line() {
    let lines = "container/render.py --framework=dynamo --target=frontend --output-short-filename\n\
                 # Then:\n\
                 docker build -t mine:1 \\\n  --build-arg EPP_IMAGE=x -f container/rendered.Dockerfile .\n\
                 container/run.sh --image mine:1 -it\n";
    let env = TestEnv::new().without("DYNBUILD_PROFILE_DIR");
    let ran = env.finish(&mut env.command(["import", lines]));
    insta::assert_snapshot!(ran, @"
    exit 0
    stdout:
    dynbuild --framework dynamo --target frontend --source tree --tag mine:1 --build-arg 'EPP_IMAGE=x'
    stderr:
    note: `container/run.sh --image mine:1 -it` is another command of the line, and left out
    note: dynbuild builds at once, so the `docker build` behind render.py is not needed; `dynbuild render --framework dynamo --target frontend --source tree` prints the Dockerfile
    ");
}

#[test]
fn a_line_on_standard_input() {
    let env = TestEnv::new();
    let read = |text: &str| {
        let mut command = env.command(["import"]);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("dynbuild runs");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(text.as_bytes()).expect("written");
        drop(stdin);
        let output = child.wait_with_output().expect("it ends");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (text(output.stdout), text(output.stderr))
    };
    let (line, notes) =
        read("container/build.sh --framework sglang \\\n  --target dev --no-cache\n");
    assert_eq!(
        line,
        "dynbuild --framework sglang --target dev --no-cache --source tree\n"
    );
    assert!(!notes.contains("warning"), "{notes}");
    let (line, notes) = read("build.sh --target dev --tag $TAG");
    assert_eq!(
        line,
        "dynbuild --framework vllm --target dev --tag '$TAG' --source tree\n"
    );
    insta::assert_snapshot!(notes, @"
    warning: Variables and commands in the line are taken literally; behind `--`, your shell fills them in first
    note: `--framework vllm` was build.sh's default
    note: build.sh built for CUDA 12.9, and this line for 13.0; `--cuda-version 12.9` keeps the older one
    note: `--tag`: names stay as written for every target
    ");
    let (line, problems) = read("");
    assert_eq!(line, "");
    insta::assert_snapshot!(problems, @"
    error: There is no line to import
      hint: Put it behind `--`: `dynbuild import -- container/build.sh --framework vllm`
    ");
}

#[test]
fn what_build_sh_would_have_refused() {
    let ran = import(
        &TestEnv::new(),
        "build.sh --framwork vllm --target --no-cache",
    );
    insta::assert_snapshot!(ran.failure(), @"
    exit 2
    stderr:
    error: build.sh has no option `--framwork`
      hint: Did you mean `--framework`?
      hint: Its options: `dynbuild import --list`

    error: build.sh has no option `vllm`
      hint: Its options: `dynbuild import --list`

    error: The value of `--target` is missing
      hint: Its options: `dynbuild import --list`

    3 problems found
    ");
}
