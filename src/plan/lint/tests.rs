//! Texts that trip each rule, and the shipped stages, which trip none.

use std::collections::BTreeMap;
use std::sync::Arc;

use test_case::test_case;

use super::finding::Rule;
use super::*;
use crate::plan::stages::{Composition, Fragment, Inputs, shipped_runtime};

fn findings(composition: &Composition, given: &[(&str, &str)], target: &str) -> Vec<Finding> {
    let given: BTreeMap<String, String> = given
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let contexts = BTreeMap::from([("extra".to_owned(), "/extra".parse().unwrap())]);
    let inputs = Inputs {
        contexts: &contexts,
        ..Inputs::of_args(&given)
    };
    lint(&Subject::new(composition, inputs, target))
}

fn lint_text(text: &str) -> Vec<Finding> {
    let fragment = Fragment::new("test", "dockerfiles/test.Dockerfile", text);
    let composition = Composition::new([Arc::new(fragment)]).unwrap();
    findings(&composition, &[("GIVEN", "1")], "end")
}

/// Rule, line and what the excerpt shows.
fn told(text: &str) -> Vec<(Rule, usize, String)> {
    let found = lint_text(text).into_iter();
    found
        .map(|finding| {
            let excerpt = &finding.excerpt;
            let shown = excerpt.text[excerpt.span.clone()].to_owned();
            (finding.rule, excerpt.line_column().0, shown)
        })
        .collect()
}

#[test_case("ARG MEDIA=true\nFROM a:1 AS end\nRUN build ${MEDIA}\n", Rule::ArgInvisible, 3, "${MEDIA}"; "an argument before FROM")]
#[test_case("FROM a:1 AS x\nARG GIVEN\nRUN $GIVEN\nFROM a:1 AS end\nRUN $GIVEN\nCOPY --from=x / /\n", Rule::ArgInvisible, 5, "$GIVEN"; "an argument of another stage")]
#[test_case("FROM a:1 AS end\nRUN $GIVEN\nARG GIVEN\n", Rule::ArgInvisible, 2, "$GIVEN"; "an argument declared too late")]
#[test_case("FROM a:1 AS end\nRUN echo $TARGETARCH\n", Rule::ArgInvisible, 2, "$TARGETARCH"; "an automatic argument")]
#[test_case("FROM a:$TAG AS end\n", Rule::ArgInvisible, 1, "a:$TAG"; "an argument of FROM")]
#[test_case("FROM a:1 AS end\nARG FREE\nRUN $FREE\n", Rule::ArgNotFed, 2, "FREE"; "an argument without value")]
#[test_case("FROM a:1 AS end\nARG FREE=1\nRUN true # $FREES\n", Rule::ArgUnused, 2, "FREE=1"; "an argument without use")]
#[test_case("FROM a:1 AS end\nARG FREE=1\nCMD echo $FREE\n", Rule::ArgUnused, 2, "FREE=1"; "an argument of the command")]
#[test_case("FROM a:1 AS end\nARG X=1 # as of 3/17\nRUN $X\n", Rule::ArgUnused, 2, "#"; "a remark behind an argument")]
#[test_case("ARG FREE=1\nARG FREE=${FREE}-x\nFROM a:1 AS end\n", Rule::ArgUnused, 1, "FREE=1"; "an argument of itself")]
#[test_case("FROM a:1 AS end\nRUNN x\n", Rule::NotUnderstood, 2, "RUNN"; "an instruction that is not known")]
#[test_case("FROM a:1 AS end\nCOPY <<E /x\n$GIVEN\nE\n", Rule::ArgInvisible, 3, "$GIVEN"; "an argument in a here-document")]
#[test_case("FROM a:1 AS end\nRUN <<'E'\necho $GIVEN\nE\n", Rule::ArgInvisible, 3, "$GIVEN"; "an argument in a script")]
#[test_case("FROM a:1 AS end\nADD https://h/r.git /r\n", Rule::UnpinnedDownload, 2, "ADD https://h/r.git /r"; "a repository without commit")]
#[test_case("FROM a:1 AS base\nFROM bse AS end\n", Rule::UnknownStage, 2, "bse"; "a stage that is not there")]
#[test_case("FROM a:1 AS base\nFROM a:1 AS end\nCOPY --from=bas / /\n", Rule::UnknownStage, 3, "--from=bas"; "a copy from nowhere")]
#[test_case("FROM a:1 AS x\nCOPY --from=end / /\nFROM a:1 AS end\nCOPY --from=x / /\n", Rule::StageCycle, 1, "x"; "a cycle")]
#[test_case("FROM a/b AS end\n", Rule::UnpinnedImage, 1, "a/b"; "an image without tag")]
#[test_case("FROM a:latest AS end\n", Rule::UnpinnedImage, 1, "a:latest"; "an image that moves")]
#[test_case("FROM a:1 AS end\nADD https://h/f /f\n", Rule::UnpinnedDownload, 2, "ADD https://h/f /f"; "an unchecked ADD")]
#[test_case("FROM a:1 AS end\nRUN curl -O https://h/f\n", Rule::UnpinnedDownload, 2, "RUN curl -O https://h/f"; "an unchecked curl")]
#[test_case("FROM a:1 AS end\nRUN git clone https://h/r\n", Rule::UnpinnedDownload, 2, "RUN git clone https://h/r"; "a clone of a branch")]
#[test_case("FROM a:1 AS end\nARG HF_TOKEN=\nRUN $HF_TOKEN\n", Rule::SecretInVariable, 2, "ARG HF_TOKEN="; "a token in an argument")]
#[test_case("FROM a:1 AS end\nENV AWS_SECRET=x\n", Rule::SecretInVariable, 2, "ENV AWS_SECRET=x"; "a key in the environment")]
fn trips(text: &str, rule: Rule, line: usize, shown: &str) {
    assert_eq!(told(text), [(rule, line, shown.to_owned())]);
}

#[test_case("ARG IMAGE=a:1\nFROM $IMAGE AS end\n"; "a global argument in FROM")]
#[test_case("FROM a:1 AS x\nARG GIVEN\nENV B=1\nFROM x AS end\nRUN $GIVEN $B\n"; "inherited")]
#[test_case("FROM a:1 AS end\nRUN for x in a; do echo $x; done; GIVEN=2; echo $GIVEN '$TARGETARCH' $PATH $HTTP_PROXY\n"; "the shell's own variables")]
#[test_case("FROM a:1 AS end\nRUN true \\\n  # about $GIVEN\n  && true\n"; "comments")]
#[test_case("FROM a:1 AS end\nARG SCCACHE_S3_NO_CREDENTIALS=0\nRUN $SCCACHE_S3_NO_CREDENTIALS\n"; "a switch")]
#[test_case("FROM a:1@sha256:0\nFROM a:1 AS end\nCOPY --from=extra / /\nCOPY --from=0 / /\n"; "contexts and numbers")]
#[test_case("FROM a:1 AS end\nRUN curl -O https://h/f && echo 'x f' | sha256sum --check\n"; "checked")]
#[test_case("FROM a:1 AS end\nENV HF_TOKEN_PATH=/x PUBLIC_KEY=y\n"; "paths of secrets")]
#[test_case("ARG F=\"small\"\nFROM a:1 AS f_small\nFROM f_${F} AS end\n"; "a quoted default")]
#[test_case("ARG K=small\nARG F=${K}\nFROM a:1 AS f_small\nFROM f_$F AS end\n"; "a default of a default")]
#[test_case("ARG F=small-1\nFROM a:1 AS f_small\nFROM f_${F%%-*} AS end\n"; "a part of an argument")]
#[test_case("ARG P=linux/amd64\nFROM --platform=$P a:1 AS end\n"; "the platform of a stage")]
#[test_case("FROM a:1 AS end\nARG X=1\nENV Y=$X\nRUN true\n"; "an argument at the end of a line")]
#[test_case("FROM a:1 AS end\nARG WITH_TESTS=1\nRUN make\n"; "an argument that programs read")]
#[test_case("FROM a:1 AS base\nARG WITH_TESTS=1\nFROM base AS end\nRUN ./build.sh\n"; "an argument that programs of the next stage read")]
#[test_case("FROM a:1 AS base\nARG FREE=1\nRUN $FREE\nFROM base AS end\nARG FREE\nRUN $FREE\n"; "a value of the stage below")]
#[test_case("FROM a:1 AS end\nADD https://h/r.git#v1 /r\n"; "a repository with its tag")]
#[test_case("FROM a:1 AS end\nCOPY <<'E' /x\n$GIVEN\nE\nRUN python3 - <<'E'\n$GIVEN\nE\n"; "quoted here-documents")]
#[test_case("FROM a:1 AS end\nCMD echo $GIVEN\nENTRYPOINT [\"x\", \"$GIVEN\"]\n"; "what runs later")]
#[test_case("ARG CUDA_VERSION=1\nFROM a:$CUDA_VERSION AS end\nRUN echo $CUDA_VERSION\n"; "a variable of the image")]
#[test_case("FROM a:1 AS end\nRUN --mount=type=secret,id=a,env=GIVEN echo $GIVEN\n"; "a secret in a variable")]
#[test_case("FROM a:1 AS base\nONBUILD ARG GIVEN\nFROM base AS end\nRUN $GIVEN\n"; "an argument of a trigger")]
#[test_case("FROM a:latest AS other\nRUN $GIVEN\nFROM a:1 AS end\n"; "stages that are not needed")]
fn passes(text: &str) {
    assert_eq!(told(text), []);
}

#[test]
fn a_finding_becomes_a_problem_with_its_rule() {
    let finding = lint_text("FROM a:1 AS base\nFROM bse AS end\n").remove(0);
    let problem = crate::problem::Problem::from(finding);
    assert_eq!(
        problem.message,
        "`bse` is no stage above, and as an image it has no tag [unknown-stage]"
    );
    assert_eq!(problem.hints, ["Did you mean `base`?"]);
}

/// A value with which the stages' names are those of the shipped stages.
fn value<'a>(name: &str, source: &'a str) -> &'a str {
    match name {
        "DYNAMO_SOURCE" => source,
        "NIXL_SOURCE" | "ENGINE_SOURCE" => "wheel",
        "ENABLE_MEDIA_FFMPEG" | "ENABLE_MEDIA_NIXL" | "ENABLE_KVBM" => "true",
        "RUNTIME_ENVIRONMENT" => "cuda",
        "RUNTIME_PARENT" => "framework",
        _ => "1",
    }
}

#[test_case("wheel"; "released wheels")]
#[test_case("tree"; "a tree")]
fn the_shipped_stages_trip_nothing(source: &str) {
    let composition = shipped_runtime(["dev", "local-dev"]);
    // The plan's own test has the profile's arguments; here only the shape matters.
    let declared = composition.declared_args();
    let given: Vec<(&str, &str)> = declared
        .into_iter()
        .map(|name| (name, value(name, source)))
        .collect();
    let found = findings(&composition, &given, "local-dev");
    let told: Vec<_> = found
        .iter()
        .map(|finding| (&finding.message, finding.excerpt.line_column()))
        .collect();
    assert!(told.is_empty(), "{told:#?}");
}
