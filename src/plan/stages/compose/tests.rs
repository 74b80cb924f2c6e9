//! What joining keeps, and what it refuses.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::*;
use test_case::test_case;

use super::*;
use crate::dockerfile::Dockerfile;
use crate::plan::stages::{Inputs, StageGraph};

fn compose(parts: &[(&str, &str)]) -> Result<Composition, Vec<StagesError>> {
    Composition::new(parts.iter().map(|(name, text)| {
        let file = format!("dockerfiles/{name}.Dockerfile");
        Arc::new(Fragment::new(*name, file, *text))
    }))
}

fn joined(parts: &[(&str, &str)]) -> String {
    compose(parts).unwrap().join().text
}

fn refused(parts: &[(&str, &str)]) -> Vec<String> {
    let errors = compose(parts).unwrap_err();
    let place = |error: StagesError| {
        let problem = crate::problem::Problem::from(error);
        let places = problem.excerpts.iter();
        let places = places.map(|at| format!("{}:{}", at.name, at.line_column().0));
        format!(
            "{} ({})",
            problem.message,
            places.collect::<Vec<_>>().join(", ")
        )
    };
    errors.into_iter().map(place).collect()
}

#[test]
fn global_arguments_move_to_the_top_in_their_order() {
    let text = joined(&[
        (
            "one",
            "# About one.\nARG IMAGE\nARG SOURCE=wheel\n\nFROM $IMAGE AS one\n",
        ),
        (
            "two",
            "ARG SOURCE\n# IMAGE is the image\nARG IMAGE=b:1\nFROM one_$SOURCE AS two\nARG SOURCE\n",
        ),
    ]);
    insta::assert_snapshot!(text, @r"
    # check=skip=InvalidDefaultArgInFrom
    ARG IMAGE
    ARG SOURCE=wheel
    # IMAGE is the image
    ARG IMAGE=b:1

    # dockerfiles/one.Dockerfile
    # About one.

    FROM $IMAGE AS one

    # dockerfiles/two.Dockerfile
    FROM one_$SOURCE AS two
    ARG SOURCE
    ");
}

#[test_case("FROM a:1\n", "FROM a:1 AS app\n"; "one stage")]
#[test_case("FROM a:1", "FROM a:1 AS app\n"; "without a line end")]
#[test_case("FROM a:1\r\nRUN x\r\n", "FROM a:1 AS app\r\nRUN x\r\n"; "line ends of Windows")]
#[test_case("FROM --platform=$P \\\n  a:1\nRUN x\n", "FROM --platform=$P \\\n  a:1 AS app\nRUN x\n"; "continued")]
#[test_case("FROM a:1 \\", "FROM a:1 AS app \n"; "an open end")]
#[test_case("\u{feff}FROM a:1\n", "FROM a:1 AS app\n"; "a byte order mark")]
#[test_case("FROM a:1\nFROM a:1\nCOPY --from=0 / /\n", "FROM a:1\nFROM a:1 AS app\nCOPY --from=1 / /\n"; "the last of several")]
#[test_case("FROM a:1 AS app\nFROM app\n", "FROM a:1 AS app\nFROM app\n"; "another stage has the name")]
fn a_last_stage_without_a_name_has_that_of_its_file(text: &str, expected: &str) {
    let text = joined(&[
        ("first", "FROM z:1\n"),
        ("engines/App", text),
        ("end", "FROM b:1\n"),
    ]);
    let (_, own) = text
        .split_once("# dockerfiles/engines/App.Dockerfile\n")
        .unwrap();
    let (own, _) = own.split_once("\n# dockerfiles/end").unwrap();
    assert_eq!(own, expected);
}

#[test]
fn a_name_that_two_last_stages_would_get_is_given_to_none() {
    let text = joined(&[("one/app", "FROM a:1\n"), ("app", "FROM b:1\n")]);
    assert!(!text.contains(" AS "), "{text}");
}

#[test_case("9"; "a digit")]
#[test_case("a b"; "a blank")]
fn a_name_that_no_stage_can_have_is_given_to_none(file: &str) {
    assert!(joined(&[(file, "FROM b:1\n")]).ends_with("\nFROM b:1\n"));
}

#[test_case("{# Copyright #}\n"; "a comment")]
#[test_case("{% if device %}\n"; "a statement")]
fn a_template_is_called_one(start: &str) {
    let errors = compose(&[("app", &format!("{start}FROM a:1 AS app\n"))]).unwrap_err();
    let [error] = <[_; 1]>::try_from(errors).unwrap();
    let problem = crate::problem::Problem::from(error);
    assert!(problem.hints[0].contains("a Jinja template"), "{problem:?}");
}

#[test]
fn a_default_may_depend_on_what_its_own_fragment_says_above() {
    let text = joined(&[
        ("first", "ARG EXTRA\nFROM a:1 AS first\n"),
        (
            "app",
            "ARG T=1.37 EXTRA\nARG EXTRA=busybox:${T}\nARG T2=1 \\\n  T3=2\nFROM $EXTRA AS app\n",
        ),
        ("last", "ARG T3=2 T4\nFROM $T4 AS last\n"),
    ]);
    let globals: Vec<_> = text
        .lines()
        .skip(1)
        .take_while(|line| !line.is_empty())
        .collect();
    assert_eq!(
        globals,
        [
            "ARG EXTRA",
            "ARG T=1.37 EXTRA",
            "ARG EXTRA=busybox:${T}",
            "ARG T2=1 \\",
            "  T3=2",
            "ARG T4"
        ]
    );
}

#[test]
fn directives_stand_at_the_top() {
    let text = joined(&[
        ("one", "#!/usr/bin/env x\n# check=skip=A\nFROM a:1 AS one\n"),
        (
            "two",
            "\u{feff}# syntax=docker/dockerfile:1\r\n# check=error=true\r\nFROM one AS two\r\nRUN x\r\n",
        ),
    ]);
    insta::assert_snapshot!(text.replace('\r', "<CR>"), @r"
    # syntax=docker/dockerfile:1
    # check=skip=A,InvalidDefaultArgInFrom;error=true

    # dockerfiles/one.Dockerfile
    #!/usr/bin/env x
    FROM a:1 AS one

    # dockerfiles/two.Dockerfile
    FROM one AS two<CR>
    RUN x<CR>
    ");
    let text = joined(&[
        ("one", "# escape=`\nFROM a:1 AS one\nRUN x `\n  y\n"),
        ("two", "# escape=`\nFROM one AS two\n"),
    ]);
    assert!(
        text.starts_with("# check=skip=InvalidDefaultArgInFrom\n# escape=`\n\n"),
        "{text}"
    );
}

#[test_case("FROM a:1 AS x\nRUN true && \\\n", "RUN true && \n"; "at its end")]
#[test_case("FROM a:1 AS x\nRUN true \\", "RUN true \n"; "without a line end")]
#[test_case("FROM a:1 AS x\nRUN true \\\n# end\n\n", "RUN true \n# end\n\n"; "before comments")]
#[test_case("FROM a:1 AS x\nRUN true \\\n  \\\n", "RUN true \n  \n"; "twice")]
#[test_case("FROM a:1 AS x\nRUN <<E cat\nx\nE", "RUN <<E cat\nx\nE\n"; "a here-document without a line end")]
fn a_fragment_swallows_nothing_of_the_next(text: &str, expected: &str) {
    let text = joined(&[("x", text), ("y", "FROM x AS y\n")]);
    assert!(text.contains(expected), "{text}");
    let reread = Dockerfile::parse(&text).unwrap();
    assert_eq!(reread.stages.len(), 2, "{text}");
}

#[test]
fn a_byte_order_mark_stays_at_no_place() {
    let text = joined(&[
        ("x", "\u{feff}FROM a:1 AS x\n"),
        ("y", "\u{feff}\nFROM x AS y\n"),
        ("z", "\u{feff}ARG Z=1\nFROM x AS z\n"),
    ]);
    assert!(!text.contains('\u{feff}'), "{text}");
}

#[test]
fn stages_by_number_are_those_of_the_fragment() {
    let parts = [
        ("one", "FROM a:1\nFROM b:1 AS one\nCOPY --from=0 /x /\n"),
        (
            "two",
            "FROM c:1\nFROM d:1 AS two\nCOPY --chown=1 --from=\"0\" /x /\n",
        ),
    ];
    let composition = compose(&parts).unwrap();
    let text = composition.join().text;
    assert!(text.contains("COPY --from=0 /x /"), "{text}");
    assert!(text.contains("COPY --chown=1 --from=2 /x /"), "{text}");
    let given = BTreeMap::new();
    let graph = StageGraph::new(&composition, Inputs::of_args(&given));
    assert_eq!(graph.needs(3).collect::<Vec<_>>(), [2]);
}

#[test]
fn what_cannot_mean_the_same_is_refused_with_its_line() {
    let found = refused(&[
        ("one", "# syntax=a:1\nARG A=1\nFROM x:1 AS base\n"),
        (
            "two",
            "# syntax=b:1\nARG A=2\nFROM x:1 AS Base\nCOPY --from=3 / /\n",
        ),
        (
            "three",
            "# escape=`\n# check=skipp=all\nFROM x:1\nONBUILD COPY --from=0 / /\n",
        ),
        ("four", "RUN before from\n"),
    ]);
    insta::assert_snapshot!(found.join("\n"), @r"
    Cannot parse the Dockerfile fragment: only `ARG` may stand before the first `FROM`, not `RUN` (dockerfiles/four.Dockerfile:1)
    Two fragments give the argument `A` different defaults (dockerfiles/two.Dockerfile:2, dockerfiles/one.Dockerfile:2)
    The stage `Base` is defined twice (dockerfiles/two.Dockerfile:3, dockerfiles/one.Dockerfile:3)
    Two fragments have different `syntax` directives (dockerfiles/two.Dockerfile:1, dockerfiles/one.Dockerfile:1)
    The `check` directive is not one that BuildKit takes (dockerfiles/three.Dockerfile:2)
    Two fragments have different `escape` directives (dockerfiles/three.Dockerfile:1, dockerfiles/one.Dockerfile:1)
    The stage number 3 is not clear: this fragment has 1 of the stages (dockerfiles/two.Dockerfile:4)
    The stage number 0 is not clear: this fragment has 1 of the stages (dockerfiles/three.Dockerfile:4)
    ");
}

#[test_case("RUN\\ \\", 2; "at once")]
#[test_case("RUN x \\ \\\n", 2; "with a line end")]
#[test_case("RUN x \\\t\\\n  \\\n# c\n\n", 2; "before lines that say nothing")]
fn an_end_that_stays_open_is_refused_unless_nothing_follows(end: &str, line: usize) {
    let open = format!("FROM a:1 AS x\n{end}");
    assert_eq!(
        refused(&[("x", &open), ("y", "FROM x AS y\n")]),
        [format!(
            "The fragment ends in a continued line that cannot be closed (dockerfiles/x.Dockerfile:{line})"
        )]
    );
    let text = joined(&[("y", "FROM a:1 AS y\n"), ("x", &open)]);
    assert!(text.contains(end), "{text}");
}

#[test]
fn stages_of_one_fragment_may_share_a_name() {
    compose(&[("one", "FROM a:1 AS x\nFROM b:1 AS x\n")]).unwrap();
}

#[test]
fn every_line_knows_where_it_comes_from() {
    let composition = compose(&[
        ("one", "ARG A=1\n# text\nFROM a AS one\nRUN x \\\n  y\n"),
        (
            "two",
            "# syntax=docker/dockerfile:1\nARG B\nFROM one AS two\n",
        ),
    ])
    .unwrap();
    let joined = composition.join();
    for (index, line) in joined.text.lines().enumerate() {
        let Some(origin) = joined.source_map.locate(index + 1) else {
            assert!(line.is_empty() || line.starts_with('#'), "{line}");
            continue;
        };
        let original = origin.fragment.text.lines().nth(origin.line - 1);
        assert_eq!(original, Some(line), "{}", origin.describe());
    }
    let run = joined
        .text
        .lines()
        .position(|line| line.starts_with("RUN"))
        .unwrap()
        + 1;
    let place = joined.source_map.excerpt(run..=run + 1).unwrap();
    assert_eq!(place.name, "dockerfiles/one.Dockerfile");
    assert_eq!(place.line_column(), (4, 1));
    assert_eq!(&place.text[place.span], "RUN x \\\n  y");
    assert_eq!(joined.source_map.locate(0), None);
    assert_eq!(joined.source_map.locate(1000), None);
}

#[test]
fn declared_arguments_are_listed_with_those_of_triggers() {
    let composition = compose(&[("one", "ARG A\nFROM x:1\nARG B=\nONBUILD ARG C\n")]).unwrap();
    let declared = Vec::from_iter(composition.declared_args());
    assert_eq!(declared, ["A", "B", "C"]);
}

#[test]
fn what_we_do_not_know_is_left_to_buildkit() {
    let composition = compose(&[("one", "FROM --x=1 a:1\nRUNN x\nRUN --new=1 y\n")]).unwrap();
    let found = composition.unknown();
    let shown: Vec<_> = found
        .iter()
        .map(|found| {
            (
                found.message.as_str(),
                found.at.line_column().0,
                found.similar,
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("dynbuild does not know the flag `--x` of `FROM`", 1, None),
            (
                "dynbuild does not know the instruction `RUNN`",
                2,
                Some("RUN")
            ),
            ("dynbuild does not know the flag `--new` of `RUN`", 3, None),
        ]
    );
}

static SPAN: LazyLock<regex::Regex> =
    LazyLock::new(|| regex::Regex::new(r"span: \d+\.\.\d+").unwrap());

/// The instructions of a file without their places.
fn meaning(file: &Dockerfile) -> Vec<(String, Vec<String>)> {
    let stages = file.stages.iter();
    stages
        .map(|stage| {
            let instructions = stage.instructions.iter();
            let shown = instructions.map(|instruction| {
                let text = format!("{:?}", instruction.kind);
                SPAN.replace_all(&text, "").into_owned()
            });
            (stage.image.value.clone(), shown.collect())
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 100_000, ..ProptestConfig::default() })]
    #[test]
    fn joined_fragments_mean_what_they_meant(
        first in r"(\x{feff})?(ARG A=1(\r)?\n)?FROM a AS x\n((RUN|ENV B=|COPY c|#|WORKDIR) ?([a-z<\\$ ]|<<E|\nE\n|\\\n){0,8}(\r)?\n?){0,4}",
        second in r"(\x{feff})?(# c\n)?FROM b AS y\n((RUN|ENV B=|COPY c|#|WORKDIR) ?([a-z<\\$ ]|<<E|\nE\n|\\\n){0,8}\n?){0,4}",
    ) {
        let (Ok(one), Ok(two)) = (Dockerfile::parse(&first), Dockerfile::parse(&second)) else {
            return Err(TestCaseError::reject("no Dockerfiles"));
        };
        let text = match compose(&[("one", &first), ("two", &second)]) {
            Ok(composition) => composition.join().text,
            Err(errors) => {
                prop_assert!(matches!(errors[..], [StagesError::OpenEnd { .. }]), "{:?}", errors);
                prop_assert!(first.trim_end().ends_with('\\'), "{:?}", first);
                return Ok(());
            }
        };
        let both = Dockerfile::parse(&text).unwrap_or_else(|error| panic!("{error} in {text:?}"));
        let expected = [meaning(&one), meaning(&two)].concat();
        // A last line without an end is given one, also inside of the last here-document.
        prop_assert_eq!(meaning(&both), expected, "{:?}", text);
    }
}
