//! Whole files: what they mean, and what is refused where.

use proptest::prelude::*;
use test_case::test_case;

use super::*;

fn read(text: &str) -> Dockerfile {
    Dockerfile::parse(text).unwrap_or_else(|error| panic!("{error} in {text:?}"))
}

fn instructions(text: &str) -> Vec<Instruction> {
    read(&format!("FROM scratch\n{text}"))
        .stages
        .remove(0)
        .instructions
}

fn only(text: &str) -> Kind {
    let mut found = instructions(text);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0).kind
}

#[test]
fn arguments_before_from_are_global() {
    let file = read(
        "# syntax=a/b:1\n# A what A is\nARG A=1 B\nARG C=\"x y\"\nFROM --platform=$P i:$A AS s\nARG B=2\n",
    );
    let names: Vec<_> = file
        .global_args()
        .map(|arg| {
            (
                arg.name.as_str(),
                arg.default.as_deref(),
                arg.description.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        names,
        [
            ("A", Some("1"), Some("what A is")),
            ("B", None, None),
            ("C", Some("\"x y\""), None)
        ]
    );
    assert_eq!(file.directives.syntax.as_ref().unwrap().value, "a/b:1");
    let stage = &file.stages[0];
    assert_eq!(stage.name.as_ref().unwrap().value, "s");
    assert_eq!(stage.image.value, "i:$A");
    assert_eq!(stage.platform.as_ref().unwrap().value, "$P");
    assert_eq!(stage.args().next().unwrap().name, "B");
}

#[test_case("RUN cat <<CONF > /etc/lab.conf\nport = 8000\nCONF\nENV a=1\n", "cat <<CONF > /etc/lab.conf", &["port = 8000\n"]; "in the middle")]
#[test_case("RUN python3 - <<'PY'\nFROM x\nPY\nENV a=1", "python3 - <<'PY'", &["FROM x\n"]; "a program")]
#[test_case("RUN <<A cat - <<B\nx\nA\ny\nB\nENV a=1", "<<A cat - <<B", &["x\n", "y\n"]; "two")]
#[test_case("RUN --mount=target=/x \\\n  cat 3<<-E\n\tx\n\tE\nENV a=1", "cat 3<<-E", &["\tx\n"]; "a number, tabs, continued")]
#[test_case("RUN cat <<E\r\nx\r\nE\r\nENV a=1", "cat <<E", &["x\r\n"]; "lines of Windows")]
fn here_documents_of_run(text: &str, command: &str, documents: &[&str]) {
    let found = instructions(text);
    assert_eq!(found.len(), 2, "{found:#?}");
    let Kind::Run(run) = &found[0].kind else {
        panic!("{found:?}")
    };
    assert_eq!(run.command, Command::Shell(command.into()));
    let texts: Vec<_> = run
        .documents
        .iter()
        .map(|document| document.text.as_str())
        .collect();
    assert_eq!(texts, documents);
}

#[test]
fn here_documents_of_copy_are_no_sources() {
    let Kind::Copy(copy) = only("COPY --chmod=755 a <<x.sh <<'y' /bin/\n$A\nx.sh\n$B\ny\n") else {
        panic!()
    };
    let sources: Vec<_> = copy
        .sources
        .iter()
        .map(|source| source.value.as_str())
        .collect();
    assert_eq!(
        (sources, copy.destination.value.as_str()),
        (vec!["a"], "/bin/")
    );
    let documents: Vec<_> = copy
        .documents
        .iter()
        .map(|document| {
            (
                document.name.as_str(),
                document.expand,
                document.text.as_str(),
            )
        })
        .collect();
    assert_eq!(documents, [("x.sh", true, "$A\n"), ("y", false, "$B\n")]);
}

#[test]
fn a_trigger_may_have_here_documents() {
    let found = instructions("ONBUILD RUN tee /x <<E\nARG\nE\nARG b");
    assert_eq!(found.len(), 2);
    let Kind::OnBuild(trigger) = &found[0].kind else {
        panic!("{found:?}")
    };
    assert!(matches!(&trigger.kind, Kind::Run(run) if run.documents[0].text == "ARG\n"));
}

#[test]
fn a_list_has_no_here_documents() {
    let text = "RUN [\"cat\", \"<<E\"]\nENV a=1\n";
    assert_eq!(instructions(text).len(), 2);
}

#[test_case("ENTRYPOINT []"; "entrypoint")]
#[test_case("CMD []"; "command")]
#[test_case("RUN []"; "run")]
#[test_case("RUN"; "nothing to run")]
#[test_case("CMD"; "no command")]
#[test_case("VOLUME [\"/a b\", \"/c\"]"; "volumes")]
#[test_case("HEALTHCHECK --interval=5s CMD curl -f http://h"; "health check")]
#[test_case("healthcheck none"; "no health check")]
#[test_case("HEALTHCHECK CMD [\"x\"]"; "health check as a list")]
#[test_case("SHELL [\"/bin/bash\", \"-c\"]"; "shell")]
#[test_case("MAINTAINER somebody <a@b>"; "maintainer")]
#[test_case("LABEL a b c"; "old label")]
#[test_case("ONBUILD ARG X=1"; "a trigger with an argument")]
#[test_case("STOPSIGNAL SIGINT"; "signal")]
#[test_case("EXPOSE 80 443/tcp"; "ports")]
#[test_case("ADD [\"a b\", \"/c\"]"; "sources as a list")]
#[test_case("CMD [ 'a' ]"; "single quotes make no list")]
#[test_case("RUN [ -f x ] && y"; "a test is no list")]
#[test_case("NEWONE --x y"; "an instruction that we do not know")]
fn takes(text: &str) {
    instructions(text);
}

#[test]
fn what_is_not_known_is_kept() {
    let found =
        instructions("SPIN --x y\nRUN --weird=1 --mount=target=/x z\nCOPY --from=a --new b c\n");
    assert_eq!(found[0].kind, Kind::Unknown);
    assert_eq!(found[0].keyword.value, "SPIN");
    let flags = |index: usize| {
        let flags = found[index].unknown_flags.iter();
        flags.map(|flag| flag.value.clone()).collect::<Vec<_>>()
    };
    assert_eq!(flags(1), ["--weird=1"]);
    assert_eq!(flags(2), ["--new"]);
}

#[test_case("A=1 B=\"x y\" C='$z'", &[("A", "1"), ("B", "\"x y\""), ("C", "'$z'")]; "new form")]
#[test_case("A=1 \\\n    B=2", &[("A", "1"), ("B", "2")]; "continued")]
#[test_case("A=1 \\\n # C=3\n    B=2", &[("A", "1"), ("B", "2")]; "continued over a comment")]
#[test_case("A some words=x", &[("A", "some words=x")]; "old form")]
fn env(text: &str, expected: &[(&str, &str)]) {
    let Kind::Env(found) = only(&format!("ENV {text}\n")) else {
        panic!()
    };
    let found: Vec<_> = found
        .iter()
        .map(|pair| (pair.name.as_str(), pair.value.as_str()))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn mounts_and_copies_say_where_from() {
    let text = "RUN --mount=type=bind,from=base,source=/x,target=/y --mount=target=. \\\n  --mount=type=secret,id=ca true\nCOPY --from=base /a b /c/\nADD --checksum=sha256:0 https://h/f /d\n";
    let found = instructions(text);
    let Kind::Run(run) = &found[0].kind else {
        panic!()
    };
    let from: Vec<_> = run
        .mounts
        .iter()
        .map(|mount| mount.from().map(|from| from.value))
        .collect();
    assert_eq!(from, [Some("base"), None, None]);
    let Kind::Copy(copy) = &found[1].kind else {
        panic!()
    };
    assert_eq!(copy.from.as_ref().unwrap().value, "base");
    assert_eq!(copy.sources.len(), 2);
    let Kind::Copy(add) = &found[2].kind else {
        panic!()
    };
    assert!(add.add && add.checksum);
}

#[test]
fn instructions_know_where_they_stand() {
    let text = "\u{feff}FROM scratch\r\nRUN a \\\n  b\n# about c\n\nENV c=1\nRUN <<E cat\nx\nE\n";
    let file = read(text);
    let spans = file.stages[0].instructions.iter();
    let spans: Vec<_> = spans
        .map(|instruction| &text[instruction.span.clone()])
        .collect();
    assert_eq!(spans, ["RUN a \\\n  b", "ENV c=1", "RUN <<E cat\nx\nE"]);
    assert_eq!(&text[file.stages[0].span.clone()], "FROM scratch");
    assert_eq!(file.mark, 3);
}

#[test_case("FROM a\nFROM\n", "FROM"; "from without image")]
#[test_case("FROM a b\n", "FROM a b"; "from with too much")]
#[test_case("FROM a AS 1st\n", "1st"; "a stage that begins with a digit")]
#[test_case("ARG A\nRUN x\nFROM a\n", "RUN x"; "before from")]
#[test_case("FROM a\nENV X\n", "ENV"; "env without value")]
#[test_case("FROM a\nENV A=1 B\n", "B"; "env with a word")]
#[test_case("FROM a\nARG\n", "ARG"; "arg without name")]
#[test_case("FROM a\nARG =1\n", "=1"; "arg with an empty name")]
#[test_case("FROM a\nCOPY x\n", "COPY x"; "copy without destination")]
#[test_case("FROM a\nCOPY x <<E\nE\n", "<<E"; "copy to a here-document")]
#[test_case("FROM a\nRUN cat <<E\nx\n", "RUN cat <<E"; "an open here-document")]
#[test_case("FROM a\nCMD [\"a\", 1]\n", "[\"a\", 1]"; "a list of numbers")]
#[test_case("FROM a\nONBUILD FROM b\n", "FROM"; "a trigger that is no step")]
#[test_case("FROM a\nSHELL bash\n", "SHELL bash"; "a shell without brackets")]
#[test_case("FROM a\nHEALTHCHECK x\n", "HEALTHCHECK x"; "another health check")]
#[test_case("FROM a\nWORKDIR\n", "WORKDIR"; "no directory")]
#[test_case("FROM a\nEXPOSE\n", "EXPOSE"; "no port")]
#[test_case("FROM a\n\\\n", ""; "a continued line without anything")]
#[test_case("# only\n", ""; "nothing")]
#[test_case("", ""; "empty")]
fn mistakes_know_their_place(text: &str, shown: &str) {
    let error = Dockerfile::parse(text).unwrap_err();
    assert_eq!(&text[error.span.clone()], shown, "{error}");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(FROM |RUN |COPY |ARG |ENV |ONBUILD |# |<<E|E\n|--mount=|[aé$\\\\`\"'=\\[\\],{}\n\r\t \u{feff}]){0,30}") {
        match Dockerfile::parse(&text) {
            Ok(file) => for stage in &file.stages {
                for instruction in stage.instructions_and_triggers() {
                    prop_assert!(text.get(instruction.span.clone()).is_some());
                }
            },
            Err(error) => prop_assert!(text.get(error.span).is_some()),
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(text in "\\PC{0,60}") {
        drop(Dockerfile::parse(&format!("FROM a\nRUN {text}\nCOPY {text}\nENV {text}")));
    }
}
