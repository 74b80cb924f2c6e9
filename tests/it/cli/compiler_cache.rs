//! Compiler caches as they are planned: arguments, secrets, and what is told of both.

use serde_json::{Value, json};
use test_case::test_case;

use super::test_env::TestEnv;

/// A framework that compiles in the stage `runtime` and takes every secret of S3 and Redis there.
fn compiling() -> TestEnv {
    let env = TestEnv::new();
    env.edit(
        "config/profiles/demo.toml",
        "[tags]\n",
        "[secrets.aws-key-id]\nenv = \"AWS_ACCESS_KEY_ID\"\n\
         [secrets.aws-secret-id]\nenv = \"AWS_SECRET_ACCESS_KEY\"\n\
         [secrets.aws-role-arn]\nenv = \"AWS_ROLE_ARN\"\n\
         [secrets.aws-web-identity-token]\nfile = \"/nonexistent/token\"\n\
         [secrets.sccache-redis-password]\nenv = \"SCCACHE_REDIS_PASSWORD\"\n\
         [tags]\n",
    );
    env.write(
        "config/dockerfiles/demo/runtime.Dockerfile",
        "FROM base AS runtime\n\
         ARG USE_SCCACHE\nARG SCCACHE_BACKEND=\nARG SCCACHE_BUCKET=\nARG SCCACHE_REGION=\n\
         ARG SCCACHE_ENDPOINT=\nARG SCCACHE_S3_USE_SSL=\nARG SCCACHE_PREFIX=\n\
         ARG ENABLE_KVBM\nARG ENABLE_GPU_MEMORY_SERVICE\nARG ENABLE_MEDIA_NIXL\n\
         ARG ENABLE_MEDIA_FFMPEG\nARG MAX_JOBS\n\
         RUN --mount=type=secret,id=aws-key-id --mount=type=secret,id=aws-secret-id \
             --mount=type=secret,id=aws-role-arn \
             --mount=type=secret,id=aws-web-identity-token \
             --mount=type=secret,id=sccache-redis-password \
             compile make\n",
    );
    env
}

fn with_keys() -> TestEnv {
    compiling()
        .with("AWS_ACCESS_KEY_ID", "key")
        .with("AWS_SECRET_ACCESS_KEY", "secret")
        .with("SCCACHE_REDIS_PASSWORD", "password")
}

fn target(env: &TestEnv, options: &str) -> Value {
    let text = env.run(&format!("plan --format json {options}")).result();
    let plan: Value = serde_json::from_str(&text).expect("JSON");
    plan["targets"][0].clone()
}

const S3: &str = "--use-sccache --sccache-bucket b --sccache-region r";

#[test_case("", &json!({ "USE_SCCACHE": "false" }); "the engine's own")]
#[test_case("--sccache-backend off", &json!({ "USE_SCCACHE": "false", "SCCACHE_BACKEND": "off" }); "none")]
#[test_case(S3, &json!({ "USE_SCCACHE": "true", "SCCACHE_BACKEND": "s3", "SCCACHE_BUCKET": "b", "SCCACHE_REGION": "r" }); "s3")]
#[test_case("--sccache-backend s3 --sccache-bucket b --sccache-region r --sccache-endpoint minio:9000 --sccache-key-prefix ci", &json!({ "USE_SCCACHE": "true", "SCCACHE_BACKEND": "s3", "SCCACHE_BUCKET": "b", "SCCACHE_REGION": "r", "SCCACHE_ENDPOINT": "minio:9000", "SCCACHE_S3_USE_SSL": "true", "SCCACHE_PREFIX": "ci" }); "s3 elsewhere")]
#[test_case("--sccache-backend redis --sccache-endpoint redis://cache", &json!({ "USE_SCCACHE": "true", "SCCACHE_BACKEND": "redis", "SCCACHE_ENDPOINT": "redis://cache" }); "redis")]
#[test_case("--sccache-backend webdav --sccache-endpoint https://dav/x", &json!({ "USE_SCCACHE": "true", "SCCACHE_BACKEND": "webdav", "SCCACHE_ENDPOINT": "https://dav/x" }); "webdav")]
#[test_case("--sccache-backend gha --sccache-key-prefix 2", &json!({ "USE_SCCACHE": "true", "SCCACHE_BACKEND": "gha", "SCCACHE_PREFIX": "2" }); "github")]
fn each_backend_reaches_the_stage(options: &str, expected: &Value) {
    let target = target(&compiling(), options);
    let args = target["build_args"].as_object().expect("arguments");
    let own = args.iter().filter(|(name, _)| name.contains("SCCACHE"));
    let own: serde_json::Map<_, _> = own
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    assert_eq!(Value::Object(own), *expected);
}

#[test_case("", &[]; "the engine's own")]
#[test_case(S3, &["aws-key-id", "aws-secret-id"]; "s3")]
#[test_case("--build-arg USE_SCCACHE=true", &["aws-key-id", "aws-secret-id"]; "s3 by build argument")]
#[test_case("--sccache-backend redis --sccache-endpoint cache:1", &["sccache-redis-password"]; "redis")]
fn a_build_gets_the_credentials_of_its_own_cache(options: &str, expected: &[&str]) {
    let target = target(&with_keys(), options);
    assert_eq!(target["secrets"], json!(expected));
}

#[test]
fn the_token_of_a_web_identity_is_where_the_variable_says() {
    let env = compiling()
        .with("AWS_ROLE_ARN", "arn:aws:iam::1:role/ci")
        .with("AWS_WEB_IDENTITY_TOKEN_FILE", "token");
    env.write("repository/token", "it");
    let ran = env.run(&format!("--dry-run {S3}"));
    let secret = "--secret 'id=aws-web-identity-token,src=token'";
    assert!(ran.stdout.contains(secret), "{}", ran.stdout);
    assert_eq!(ran.stderr, "");
}

#[test]
fn obstacles_are_noted_where_something_compiles() {
    let s3 = format!("{S3} --sccache-endpoint http://localhost:9");
    let ran = compiling().run(&format!("plan {s3}"));
    insta::assert_snapshot!(ran.stderr, @"
    note: The sccache server `localhost:9` is this machine, which build steps do not reach by that name: give the address at which containers see it
    note: The sccache backend `s3` has no credentials here: set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or `AWS_ROLE_ARN` and `AWS_WEB_IDENTITY_TOKEN_FILE`, unless the engine's machine has a role of its own
    ");
    let ran = compiling().run(&format!("plan --target base {s3}"));
    assert_eq!(ran.stderr, "");
    let gha = compiling().run("plan --sccache-backend gha --sccache-bucket b");
    insta::assert_snapshot!(gha.stderr, @"
    note: `--sccache-bucket` has no effect with the sccache backend `gha`
    note: The sccache backend `gha` has no credentials here: `ACTIONS_RESULTS_URL` and `ACTIONS_RUNTIME_TOKEN` are not set, which only actions see: export them with `actions/github-script` in a step before
    ");
}

#[test]
fn mistakes_are_reported_with_their_fix() {
    let env = compiling();
    let ran = env.run("plan --sccache-backend redis");
    insta::assert_snapshot!(ran.failure(), @"
    exit 2
    stderr:
    error: The sccache backend `redis` needs an endpoint
      because: Set by `--sccache-backend`
      hint: Add `--sccache-endpoint`, or set `endpoint` in `[sccache]`
    ");
    let ran = env.run("plan --sccache-backend webdav --sccache-endpoint dav:80");
    insta::assert_snapshot!(ran.failure(), @"
    exit 2
    stderr:
    error: The endpoint of the sccache backend `webdav` must begin with `http://` or `https://`
      because: Set by `--sccache-endpoint`
      hint: Write it for example as `https://cache.example/sccache`
    ");
    let ran = env.run("plan --sccache-backend disk");
    insta::assert_snapshot!(ran.failure(), @r"
    exit 2
    stderr:
    error: Invalid value `disk` for `--sccache-backend <BACKEND>`
      because: `disk` is no sccache backend; there are local, s3, redis, webdav, gha, off
      hint: Write one of `local`, `s3`, `redis`, `webdav`, `gha`, `off`
    ");
}

#[test]
fn a_login_in_an_endpoint_is_refused_without_showing_it() {
    let env = compiling();
    let ran = env.run("plan --sccache-backend redis --sccache-endpoint redis://:hidden@cache:1");
    insta::assert_snapshot!(ran.failure(), @"
    exit 2
    stderr:
    error: The endpoint of the sccache backend `redis` holds a login, which every image would show as a build argument
      because: Set by `--sccache-endpoint`
      hint: Take the login out of it, and set `SCCACHE_REDIS_USERNAME` and `SCCACHE_REDIS_PASSWORD`, which reach the build as secrets
    ");
    env.write(
        "home/.config/dynbuild/config.toml",
        "[sccache]\nbackend = \"webdav\"\nendpoint = \"https://me:hidden@dav\"\n",
    );
    insta::assert_snapshot!(env.run("plan").failure(), @"
    exit 2
    stderr:
    error: The endpoint of the sccache backend `webdav` holds a login, which every image would show as a build argument
      because: Set in `[DIR]/home/.config/dynbuild/config.toml:3`
      hint: Take the login out of it, and set `SCCACHE_WEBDAV_USERNAME` and `SCCACHE_WEBDAV_PASSWORD`, which reach the build as secrets
    ");
}
