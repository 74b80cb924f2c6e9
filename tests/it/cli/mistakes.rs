//! Wrong input of every kind: what is said, and that the exit code is 2.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use super::test_env::TestEnv;

#[test]
fn numbers_that_are_none() {
    let env = TestEnv::new();
    for (options, reason) in [
        ("--jobs 0", "it has to be at least 1"),
        ("--jobs two", "it is not a whole number"),
        ("--retries=-1", "it is not between 0 and 4294967295"),
        ("--retries 1.5", "it is not a whole number"),
        (
            "--retries 99999999999",
            "it is not between 0 and 4294967295",
        ),
        ("--retries 99999999999999999999", "the number is too large"),
    ] {
        let said = env.run(&format!("--dry-run {options}")).failure();
        let reason = format!("because: {reason}\n");
        assert!(said.contains(&reason), "{options}: {said}");
    }
}

#[test]
fn names_that_do_not_exist() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run("--dry-run --framework dema").failure(), @"
    exit 2
    stderr:
    error: Unknown framework `dema`
      because: Set by `--framework`
      hint: Did you mean `demo`?
      hint: Frameworks: `demo`, `dynamo`, `sglang`, `trtllm`, `vllm`
    ");
    insta::assert_snapshot!(env.run("--dry-run --target runtme --device cuda13 --enable kvmb").failure(), @"
    exit 2
    stderr:
    error: Unknown feature `kvmb` for framework `demo`
      because: Set by `--enable`
      hint: Did you mean `kvbm`?
      hint: Valid features: `kvbm`, `gpu-memory-service`, `media-nixl`, `media-ffmpeg`

    error: Unknown device `cuda13` for framework `demo`
      because: Set by `--device`
      hint: Did you mean `cuda13.0`?
      hint: Valid devices: `cpu`, `cuda13.0`

    error: Unknown target `runtme` for framework `demo`
      because: Set by `--target`
      hint: Did you mean `runtime`?
      hint: Valid targets: `base`, `runtime`

    3 problems found
    ");
    insta::assert_snapshot!(env.run("--dry-run --platform linux/riscv64 --build-arg GREETNG=1").failure(), @"
    exit 2
    stderr:
    error: Unknown platform `linux/riscv64` for framework `demo`
      because: Set by `--platform`
      hint: Did you mean `linux/arm64`?
      hint: Valid platforms: `linux/amd64`, `linux/arm64`
    ");
    insta::assert_snapshot!(env.run("--dry-run --source whel").failure(), @"
    exit 2
    stderr:
    error: Unknown source `whel`
      because: Set by `--source`
      hint: Did you mean `wheel`?
      hint: Valid sources: `wheel`, `tree`
    ");
    insta::assert_snapshot!(env.run("explain greetin").failure(), @"
    exit 2
    stderr:
    error: Nothing in the plan is called `greetin`
      hint: Did you mean `GREETING`?
    ");
}

#[test]
fn names_in_the_environment_that_do_not_exist() {
    let env = TestEnv::new()
        .with("DYNBUILD_DEVICE", "cpux")
        .with("DYNBUILD_PROGRESS", "tyy");
    insta::assert_snapshot!(env.run("plan").failure(), @"
    exit 2
    stderr:
    error: Unknown device `cpux` for framework `demo`
      because: Set by `$DYNBUILD_DEVICE`
      hint: Did you mean `cpu`?
      hint: Valid devices: `cpu`, `cuda13.0`
    ");
    insta::assert_snapshot!(env.run("").failure(), @r"
    exit 2
    stderr:
    error: Invalid value `tyy` for `DYNBUILD_PROGRESS`
      because: Unknown kind of progress `tyy`; the kinds are `auto`, `tty`, `plain`, `rawjson`, `quiet` and `none`
      hint: Unset it: `unset DYNBUILD_PROGRESS`
    ");
}

#[test]
fn forms_that_are_wrong_are_told_together() {
    let ran = TestEnv::new().run("--dry-run --label x --build-context y --secret src=a");
    insta::assert_snapshot!(ran.failure(), @"
    exit 2
    stderr:
    error: `--build-context y` is not of the form `NAME=PATH`
      hint: Write it as `--build-context NAME=PATH`

    error: The value of `--secret` is wrong: the id is missing, as in `id=hf-token,env=HF_TOKEN`

    error: `--label x` is not of the form `KEY=VALUE`
      hint: Write it as `--label KEY=VALUE`

    3 problems found
    ");
}

#[test]
fn outputs_and_caches_are_checked_before_anything_runs() {
    let ran = TestEnv::new().run(
        "--dry-run --output type=lokal,dest=x --cache-from type=regstry,ref=x --cache-to mode=max",
    );
    insta::assert_snapshot!(ran.failure(), @"
    exit 2
    stderr:
    error: Unknown output type `lokal`
      because: Set by `--output`
      hint: Did you mean `local`?

    error: Unknown cache type `regstry`
      because: Set by `--cache-from`
      hint: Did you mean `registry`?

    error: Cache type `registry` needs `ref=…`
      because: Set by `--cache-to`
      hint: Write `type=registry,ref=…`

    3 problems found
    ");
}

#[test]
fn image_names() {
    let ran = TestEnv::new().run("--dry-run --tag UPPER:1 --tag x:y:z");
    insta::assert_snapshot!(ran.failure(), @"
    exit 2
    stderr:
    error: Image name `UPPER:1` has upper-case letters
      because: Set by `--tag`
      hint: Write `upper:1`

    error: Image name `x:y:z` has a wrong tag: tag `y:z` holds a ':'
      because: Set by `--tag`
      hint: Write `y-z`

    2 problems found
    ");
}

#[test]
fn unknown_commands_and_flags() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run("explian").failure(), @r"
    exit 2
    stderr:
    error: Unknown command `explian`
      hint: Did you mean `explain`?
    ");
    insta::assert_snapshot!(env.run("--targt x").failure(), @r"
    exit 2
    stderr:
    error: Unknown option `--targt`
      hint: Did you mean `--target`?
    ");
}

#[test]
fn a_context_that_is_missing() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run("--dry-run --context nowhere").failure(), @"
    exit 2
    stderr:
    error: The build context `[DIR]/repository/nowhere` cannot be read
      because: No such file or directory (os error 2)
      hint: Name a directory: `--context DIR`
    ");
    insta::assert_snapshot!(env.run("--dry-run --context notes.log").failure(), @"
    exit 2
    stderr:
    error: The build context `[DIR]/repository/notes.log` is not a directory
      hint: Name a directory: `--context DIR`
    ");
}

#[test]
fn a_secret_without_its_file() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run("--secret id=token,src=nowhere").failure(), @"
    exit 2
    stderr:
    error: Secret `token` is required, but the file `nowhere` is missing
      because: Set by `--secret`
      hint: Create the file, or name another one with `--secret id=token,src=…`
    ");
}

#[test]
fn a_place_for_metadata_that_cannot_be_written() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run("--metadata-file nowhere/out.json").failure(), @"
    exit 2
    stderr:
    error: The metadata cannot be written to `[DIR]/repository/nowhere/out.json`
      because: There is no directory `[DIR]/repository/nowhere`
      hint: Create it: `mkdir -p [DIR]/repository/nowhere`
    ");
    insta::assert_snapshot!(env.run("--metadata-file src").failure(), @"
    exit 2
    stderr:
    error: The metadata cannot be written to `[DIR]/repository/src`
      because: `[DIR]/repository/src` is a directory
      hint: Name another place: `--metadata-file FILE`
    ");
}

#[test]
fn an_epoch_that_is_no_number() {
    let env = TestEnv::new().with("SOURCE_DATE_EPOCH", "yesterday");
    insta::assert_snapshot!(env.run("plan").failure(), @"
    exit 2
    stderr:
    error: `SOURCE_DATE_EPOCH` is `yesterday`, not a number of seconds
      hint: Set it with `export SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)`, or unset it
    ");
}

#[test]
fn empty_variables_count_as_unset() {
    let mut env = TestEnv::new();
    let usual = env.run("plan").result();
    for name in [
        "DYNBUILD_TARGET",
        "DYNBUILD_DEVICE",
        "DYNBUILD_SOURCE",
        "DYNBUILD_CONFIG",
        "XDG_CONFIG_HOME",
        "DOCKER_CONTEXT",
    ] {
        env = env.with(name, "");
    }
    assert_eq!(env.run("plan").result(), usual);
}

#[test]
fn arguments_that_are_not_utf8() {
    let env = TestEnv::new();
    let ran = env.finish(&mut env.command([OsStr::new("--target"), OsStr::from_bytes(b"\xff")]));
    insta::assert_snapshot!(ran.failure(), @r"
    exit 2
    stderr:
    error: Invalid UTF-8 was detected in one or more arguments
      hint: Read `dynbuild --help`
    ");
}

#[test]
fn variables_that_are_not_utf8_are_ignored_with_a_warning() {
    let env = TestEnv::new();
    let mut command = env.command(["list", "demo"]);
    command.env("DYNBUILD_DEVICE", OsStr::from_bytes(b"\xff"));
    command.env("SOMETHING_ELSE", OsStr::from_bytes(b"\xff"));
    let ran = env.finish(&mut command);
    assert_eq!(ran.code, Some(0));
    insta::assert_snapshot!(ran.stderr, @"warning: The environment variable `DYNBUILD_DEVICE` is ignored: its value is not UTF-8");
}

#[test]
fn a_working_directory_that_is_gone() {
    let env = TestEnv::new();
    let mut command = std::process::Command::new("sh");
    command
        .env_clear()
        .current_dir(env.path("repository/src"))
        .args([
            "-c",
            "rm -r ../src && exec \"$0\" plan",
            env!("CARGO_BIN_EXE_dynbuild"),
        ]);
    insta::assert_snapshot!(env.finish(&mut command).failure(), @"
    exit 2
    stderr:
    error: The working directory cannot be read
      because: No such file or directory (os error 2)
      hint: Change into a directory that exists: `cd`
    ");
}

#[test]
fn credentials_of_caches_are_not_repeated() {
    let env = TestEnv::new();
    env.write(
        "home/.config/dynbuild/config.toml",
        "[cache]\nfrom = [\"type=gha,token=canary-1\"]\n",
    );
    let cache = "--cache-to type=s3,bucket=b,region=r,secret_access_key=canary-2";
    for command in [
        "plan",
        "plan --format json",
        "plan --format bake",
        "--dry-run",
        "explain",
    ] {
        let ran = env.run(&format!("{command} {cache}"));
        assert_eq!(ran.code, Some(0), "{ran}");
        assert!(!ran.to_string().contains("canary"), "{ran}");
        let repeats = ran.stdout.contains("secret_access_key=****");
        assert_eq!(repeats, command != "explain", "{ran}");
    }
    let ran = env.run(&format!("--dry-run {cache}"));
    insta::assert_snapshot!(ran.stderr, @"note: Values that look like secrets are printed as `****`: replace them before you run the line");
    let ran = env.run("plan --cache-to type=s3,secret_access_key=canary,canary-3,bucket={b");
    insta::assert_snapshot!(ran.failure(), @"
    exit 2
    stderr:
    error: Invalid cache `type=s3,secret_access_key=****,****,bucket={b`: a `{` is not closed
      because: Set by `--cache-to`
    ");
    let ran = env.run("plan --cache-to type=s3,secret_access_key=canary,canary-3");
    insta::assert_snapshot!(ran.failure(), @"
    exit 2
    stderr:
    error: Invalid cache `type=s3,secret_access_key=****,****`: `****` is not of the form `key=value`
      because: Set by `--cache-to`
      hint: Write it as `type=registry,ref=NAME`
    ");
}

#[test]
fn a_context_that_no_plan_can_name() {
    let env = TestEnv::new();
    let name = OsStr::from_bytes(b"caf\xe9");
    fs_err::create_dir(env.path("repository").join(name)).expect("created");
    let ran = env.finish(&mut env.command([OsStr::new("plan"), OsStr::new("-C"), name]));
    insta::assert_snapshot!(ran.failure(), @r#"
    exit 2
    stderr:
    error: The build context `[DIR]/repository/caf�` has a name that is not UTF-8
      hint: Rename it: `mv "$(printf '[DIR]/repository/caf\351')" [DIR]/repository/caf_`
    "#);
}
