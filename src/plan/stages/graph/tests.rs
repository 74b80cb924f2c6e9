//! What stages need and read, for texts and for the shipped stages.

use std::collections::BTreeMap;

use test_case::test_case;

use super::*;
use crate::plan::stages::shipped_runtime;
use crate::plan::stages::{Composition, Inputs};

fn composition(text: &str) -> Composition {
    Composition::new([Arc::new(Fragment::new("test", "test", text))]).unwrap()
}

fn args(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// Looks at the graph of a text with these build arguments.
fn look<T>(text: &str, given: &[(&str, &str)], look: impl FnOnce(&StageGraph<'_>) -> T) -> T {
    let (composition, given) = (composition(text), args(given));
    look(&StageGraph::new(&composition, Inputs::of_args(&given)))
}

fn only(paths: &[&str]) -> ContextPaths {
    ContextPaths::Only(paths.iter().map(|path| (*path).to_owned()).collect())
}

/// The names of the stages that the last one needs.
fn needed(text: &str, given: &[(&str, &str)]) -> Vec<String> {
    let composition = composition(text);
    let given = args(given);
    let platforms = ["linux/arm64".parse().unwrap()];
    let inputs = Inputs {
        platforms: &platforms,
        ..Inputs::of_args(&given)
    };
    let graph = StageGraph::new(&composition, inputs);
    let needed = graph.needed(graph.count() - 1).into_iter();
    let name = |id| {
        let name = graph.stage(id).1.name.as_ref();
        name.map_or_else(|| id.to_string(), |name| name.value.clone())
    };
    needed.map(name).collect()
}

fn secrets(steps: &str, given: &[(&str, &str)]) -> (Vec<String>, bool) {
    let text = format!("FROM a:1 AS s\n{steps}\n");
    let ids = look(&text, given, |graph| graph.secrets(graph.count() - 1));
    (ids.known.into_iter().collect(), ids.others)
}

#[test_case("ARG K=\"b\"\nFROM a:1 AS a_b\nFROM a_${K} AS z\n", &[], &["a_b", "z"]; "a quoted default")]
#[test_case("ARG K=b\nARG F=${K}\nFROM a:1 AS a_b\nFROM a_$F AS z\n", &[], &["a_b", "z"]; "a nested argument")]
#[test_case("ARG V=12.8-x\nFROM a:1 AS a_12.8\nFROM a_${V%%-*} AS z\n", &[], &["a_12.8", "z"]; "without a suffix")]
#[test_case("ARG V=v1\nFROM a:1 AS a_1\nFROM a_${V#v} AS z\n", &[("V", "v1")], &["a_1", "z"]; "without a prefix")]
#[test_case("FROM a:1 AS a_arm64\nFROM a_$TARGETARCH AS z\n", &[], &["a_arm64", "z"]; "the platform")]
#[test_case("FROM a:1 AS a_b\nFROM a_$BUILDARCH AS z\n", &[], &["z"]; "not known")]
#[test_case("ARG K\nFROM a:1 AS a_x\nFROM a_${K:-x} AS z\n", &[], &["a_x", "z"]; "the default of a substitution")]
#[test_case("ARG X\nARG Y=a_p$X\nARG X=2\nFROM a:1 AS a_p\nFROM a:1 AS a_p2\nFROM $Y AS z\n", &[], &["a_p", "z"]; "what is known at that line")]
#[test_case("ARG X=1\nARG X=${X}-y\nFROM a:1 AS a_1-y\nFROM a_$X AS z\n", &[], &["a_1-y", "z"]; "refined in steps")]
#[test_case("FROM a:1 AS x\nFROM b:1 AS x\nFROM x AS z\n", &[], &["x", "z"]; "the nearest of two")]
#[test_case("FROM a:1 AS x\nFROM b:1 AS z\nCOPY --from=0 / /\n", &[], &["x", "z"]; "by number")]
#[test_case("FROM a:1 AS x\nFROM b:1 AS z\nRUN --mount=from=X,target=/x y\n", &[], &["x", "z"]; "by mount")]
#[test_case("FROM a:1 AS x\nFROM b:1 AS y\nONBUILD COPY --from=x / /\nFROM y AS z\n", &[], &["x", "y", "z"]; "by trigger")]
#[test_case("FROM a:1 AS x\nFROM b:1 AS y\nONBUILD COPY --from=x / /\nFROM y AS w\nFROM w AS z\n", &[], &["x", "y", "w", "z"]; "a trigger of a parent runs")]
fn stages_are_chosen_as_buildkit_does(text: &str, given: &[(&str, &str)], expected: &[&str]) {
    assert_eq!(needed(text, given), expected);
}

#[test]
fn a_stage_chosen_by_an_argument_is_followed() {
    let text = "ARG SOURCE=wheel\nFROM a:1 AS base\nFROM base AS b_wheel\nFROM base AS b_tree\nCOPY lib /\nFROM b_${SOURCE} AS b\nFROM c:1 AS end\nRUN --mount=from=b,target=/b true\n";
    for (source, stages, paths) in [
        ("wheel", vec![0, 1, 3, 4], vec![]),
        ("tree", vec![0, 2, 3, 4], vec!["lib"]),
    ] {
        look(text, &[("SOURCE", source)], |graph| {
            let target = graph.target("end").unwrap();
            assert_eq!(graph.needed(target).into_iter().collect::<Vec<_>>(), stages);
            assert_eq!(graph.context_paths(target), only(&paths));
        });
    }
}

#[test_case("COPY . /x", &ContextPaths::All; "everything")]
#[test_case("RUN --mount=target=/x true", &ContextPaths::All; "everything mounted")]
#[test_case("COPY $WHAT /x", &ContextPaths::All; "not known")]
#[test_case("ARG A=lib\nENV B=$A/b\nCOPY ./$A/ ../up /x", &only(&["lib", "up"]); "cleaned")]
#[test_case("ARG A=lib\nENV B=$A/b\nRUN --mount=type=bind,source=$B,target=/x true", &only(&["lib/b"]); "expanded")]
#[test_case("COPY --from=other /a /x\nADD https://h/x /x", &only(&[]); "nothing")]
#[test_case("ARG A=x\nCOPY $A /\nARG A=y\nCOPY $A /", &only(&["x", "y"]); "in order")]
#[test_case("COPY <<a <<b /x/\na\nb", &only(&[]); "here-documents")]
#[test_case("COPY [\"a b\", \"c\", \"/x/\"]", &only(&["a b", "c"]); "a list")]
#[test_case("NEWONE x", &ContextPaths::All; "an instruction that is not known")]
fn reads(text: &str, expected: &ContextPaths) {
    let text = format!("FROM a:1 AS s\n{text}\n");
    let found = look(&text, &[], |graph| graph.context_paths(0));
    assert_eq!(&found, expected);
}

#[test_case("RUN --mount=type=secret,source=tok x", &["tok"], false; "source")]
#[test_case("RUN --mount=type=secret,target=/run/secrets/tok x", &["tok"], false; "target")]
#[test_case("RUN --mount=type=secret,\"id=tok\" x", &["tok"], false; "quoted")]
#[test_case("RUN --mount=TYPE=secret,ID=tok x", &["tok"], false; "upper case")]
#[test_case("ARG W=tok\nRUN --mount=type=secret,id=${W} x", &["tok"], false; "a default")]
#[test_case("ARG W\nRUN --mount=type=secret,id=${W:-other} x", &["given"], false; "an argument")]
#[test_case("RUN --mount=type=secret,id=$FROM_IMAGE x", &[], true; "a variable of the image")]
#[test_case("RUN --mount=type=$KIND,id=x y", &[], true; "a type of the image")]
#[test_case("RUN --mount=type=bind,target=/x y", &[], false; "no secret")]
#[test_case("ONBUILD RUN --mount=type=secret,id=tok x\nFROM s", &["tok"], false; "a trigger")]
#[test_case("ONBUILD RUN --mount=type=secret,id=tok x", &[], false; "a trigger of nobody here")]
#[test_case("RUN --mount=type=secret,id=a --mount=type=secret,id=b \\\n # c\n  x", &["a", "b"], false; "several")]
fn the_secrets_of_steps(text: &str, known: &[&str], others: bool) {
    let (found, rest) = secrets(
        text,
        &[("W", if text.contains("W\n") { "given" } else { "tok" })],
    );
    assert_eq!(
        (found, rest),
        (known.iter().map(|id| (*id).to_owned()).collect(), others)
    );
}

#[test]
fn a_context_takes_the_place_of_a_stage() {
    let composition = composition(
        "FROM a:1 AS x\nFROM x AS data\nRUN --mount=type=secret,id=s y\nCOPY lib /\nFROM b:1 AS end\nCOPY --from=data / /\n",
    );
    let given = BTreeMap::new();
    let contexts = BTreeMap::from([("data".to_owned(), "/data".parse().unwrap())]);
    let inputs = Inputs {
        contexts: &contexts,
        ..Inputs::of_args(&given)
    };
    let graph = StageGraph::new(&composition, inputs);
    let target = graph.target("end").unwrap();
    assert_eq!(graph.needed(target).into_iter().collect::<Vec<_>>(), [1, 2]);
    assert_eq!(graph.context_paths(target), only(&[]));
    assert_eq!(graph.secrets(target), Ids::default());
}

#[test]
fn a_variable_that_is_made_of_itself_ends() {
    let composition = composition(
        "FROM a:1 AS s\nENV OLD=$P\nENV P=/x:$OLD\nENV Q=$Q:y\nENV A=lib\nENV B=$A/$A\nENV A=1 C=$A\nCOPY $P $B /\n",
    );
    let given = BTreeMap::new();
    let graph = StageGraph::new(&composition, Inputs::of_args(&given));
    let set = |text: &str| Variable::Set(text.to_owned());
    assert_eq!(graph.variable(0, "B"), set("lib/lib"));
    assert_eq!(graph.variable(0, "C"), set("lib"));
    for name in ["P", "OLD", "Q", "OTHER"] {
        assert_eq!(graph.variable(0, name), Variable::Unknown, "{name}");
    }
    assert_eq!(graph.context_paths(0), ContextPaths::All);
}

#[test]
fn a_cycle_is_found_once_and_does_not_hang() {
    let text =
        "FROM a:1 AS x\nCOPY --from=y /a /\nFROM a:1 AS y\nCOPY --from=x /a /\nFROM x AS z\n";
    let (cycles, needed) = look(text, &[], |graph| (graph.cycles(), graph.needed(2)));
    assert_eq!(cycles, [[0, 1]]);
    assert_eq!(needed.len(), 3);
}

#[test]
fn long_chains_end() {
    let stages = (1..5_000).map(|index| {
        let below = index - 1;
        format!(
            "FROM s{below} AS s{index}\nARG A{index}=$NONE\nCOPY --from=s{below} /x$A{below} /\n"
        )
    });
    let text = "FROM a:1 AS s0\n".to_owned() + &stages.collect::<String>();
    let (cycles, needed) = look(&text, &[], |graph| (graph.cycles(), graph.needed(4_999)));
    assert_eq!(needed.len(), 5_000);
    assert_eq!(cycles, [[0; 0]; 0]);
}

#[test]
fn an_unknown_target_is_answered_with_the_closest() {
    let error = look("FROM a:1 AS runtime\n", &[], |graph| graph.target("runtme"));
    let error = error.unwrap_err();
    assert!(
        matches!(error, StagesError::UnknownStage { closest: Some(name), .. } if name == "runtime")
    );
}

#[test]
fn released_wheels_need_no_context() {
    let composition = shipped_runtime([]);
    let given = args(&[("DYNAMO_SOURCE", "wheel")]);
    let graph = StageGraph::new(&composition, Inputs::of_args(&given));
    let target = graph.target("runtime").unwrap();
    assert_eq!(graph.context_paths(target), only(&[]));
    let given = args(&[("DYNAMO_SOURCE", "tree")]);
    let graph = StageGraph::new(&composition, Inputs::of_args(&given));
    let ContextPaths::Only(paths) = graph.context_paths(target) else {
        panic!()
    };
    assert!(paths.contains("lib") && paths.contains("components"));
}

#[test_case("ENV A=5\nARG A=6\nARG B=$A\nFROM s AS t\nARG END=$A$B", "56"; "ENV is what the image has")]
#[test_case("ENV A=5\nARG A=6\nFROM s AS m\nARG A=7\nFROM m AS t\nARG END=$A", "5"; "also further up")]
#[test_case("ARG A=6\nENV A=5\nFROM s AS t\nARG A=7\nARG END=$A", "7"; "an ARG of its own comes later")]
#[test_case("ARG A=6\nFROM s AS m\nFROM m AS t\nARG END=$A", "6"; "an ARG alone comes along")]
fn stages_inherit_variables_as_the_image_has_them(steps: &str, expected: &str) {
    let text = format!("FROM scratch AS s\n{steps}\n");
    let found = look(&text, &[], |graph| graph.variable(graph.count() - 1, "END"));
    assert_eq!(found, Variable::Set(expected.to_owned()));
}
