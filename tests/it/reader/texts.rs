//! The Dockerfiles that are compared.

use std::path::Path;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

/// What may stand at the very beginning.
const HEADS: &[&str] = &[
    "",
    "\u{feff}",
    "# syntax=docker/dockerfile:1\n",
    "\u{feff}# syntax=docker/dockerfile:1\r\n",
    "#!/usr/bin/env -S docker build -f\n",
    "#!/bin/x\n# check=skip=all\n",
    "# check=skip=A,B;error=false\n# syntax = docker/dockerfile:1\n",
    "# Syntax=docker/dockerfile:1\n# not=a directive\n# escape=`\n",
    "\n\n# escape=`\n",
    "# escape=\\\n",
    "# A about A\n\n# g is no argument\n",
    "\u{feff}\n\n",
    "\u{feff}ARG BOM=1\n",
    "#syntax=docker/dockerfile:1\n#escape=`\n",
    "# escape=\\\n# syntax=docker/dockerfile:1\n",
    "#  check = error=true \n",
    "# syntax=docker/dockerfile:1\n\n# escape=`\n",
    "// syntax=docker/dockerfile:1\n",
    "\t# indented\n",
];

/// What may stand before the first `FROM`.
const GLOBALS: &[&str] = &[
    "",
    "ARG A=1\n",
    "ARG A\nARG B=$A\n",
    "# A says a\nARG A=\"x y\"\nARG B=${A}\n",
    "ARG A='$B' B=2 C=\"$B\"\n",
    "ARG A=a\\ b\nARG B=${A%b}\n",
    "ARG A=1.37.2\nARG B=${A%.*} C=${A%%.*} D=${A#*.} E=${A##*.}\n",
    "ARG A=a-b-a\nARG B=${A/a/x} C=${A//a/x}\n",
    "ARG A\nARG B=${A:-d} C=${A-d} D=${A:+s} E=${A+s}\n",
    "ARG A=\nARG B=${A:-d} C=${A-d} D=${A:+s} E=${A+s}\n",
    "ARG A=1 A=2\nARG B=$A\n",
    "ARG X=${TARGETARCH} A=$TARGETOS/$TARGETPLATFORM\n",
    "# first line\n# B is the second\n#\n# B counts\nARG B=\\\n  5\n",
    "ARG A=\"it's\" B='\"' C=\"\\\"$A\\\"\"\n",
    "arg A=${B:-${C:-deep}}\n",
    "ARG A=x # no comment\n",
    "ARG A=busybox\nARG B=\"${A}:latest\"\nARG C='${A}'\n",
    "ARG A=${B:?must}\nARG C=1\n",
    "ARG A=\"a b\" B=$A\nARG C=${A% *}\n",
    "ARG X=$BUILDARCH A=${TARGETVARIANT:-none} B=${TARGETSTAGE}\n",
    "ARG A=1\n\n# B\n# is\nARG B=2 C=3\n",
    "ARG A=é B=日本 C=${A}\n",
    "ARG HTTP_PROXY\nARG A=$HTTP_PROXY\n",
    "ARG A=x\r\nARG B=$A\r\n",
];

/// What begins the stage.
const FROMS: &[&str] = &[
    "FROM scratch AS s\n",
    "FROM busybox AS S\n",
    "from busybox as s.1\n",
    "FROM --platform=$TARGETPLATFORM busybox:latest AS s\n",
    "FROM ${Z:-busybox} AS s\n",
    "FROM \\\n  scratch \\\n# comment\n\n  AS s\n",
    "# s is a stage\nFROM scratch AS s\r\n",
    "FROM scratch\n",
    "FROM --platform=${A:-linux/amd64} busybox AS s\n",
    "FROM busy${Q}box AS s\n",
    "FROM \"busybox\" AS s\n",
    "FROM busybox@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 AS s\n",
    "FROM busybox aS s-1_x.y # c\n",
    "FROM\tbusybox\tAS\ts\n",
    "FROM ${Z:-'busybox'} AS s\n",
    "FROM $BUILDOS AS s\n",
];

/// Steps of stages.
const STEPS: &[&str] = &[
    "ARG A\n",
    "ARG A=7\n",
    "ARG A=$B B=$A\n",
    "ARG A=1\nARG A=${A}-y\n",
    "ARG X\nARG Y=p$X\nARG X=2\n",
    "ARG A B=\"2 3\" C='4'\n",
    "ARG A=\"a b\" \\\n    B=c\n",
    "ARG TARGETARCH TARGETPLATFORM BUILDPLATFORM\n",
    "# A is described\nARG A\n",
    "  # A indented\n  ARG A=x\n",
    "ENV A=5\nARG A=6\nARG B=$A\n",
    "ARG A=6\nENV A=5\nARG B=$A\n",
    "ENV E=\"q r\" F=$E\nARG B=$E$F\n",
    "ENV E old form $A\nARG B=${E}\n",
    "ARG N=E\nENV $N=v\nARG B=$E\n",
    "ARG B=${UNSET:-$PATH}\n",
    "ARG B=\\$A C=\"\\$A\" D='\\$A'\n",
    "ARG B=${A:?needed}\n",
    "ARG A\nRUN --mount=type=secret,id=tok true\n",
    "RUN --mount=type=secret,id=tok,required=true --mount=type=ssh true\n",
    "RUN --mount=type=secret,source=tok,target=/x true\n",
    "RUN --mount=type=secret,src=tok true\n",
    "RUN --mount=type=secret,target=/run/secrets/deep true\n",
    "RUN --mount=type=secret,dst=deep --mount=type=secret,destination=deeper/ true\n",
    "RUN --mount=\"type=secret,id=tok\" true\n",
    "RUN --mount=type=secret,\\\"id=a,b\\\" true\n",
    "RUN --mount='type=secret,\"id=tok\",env=T' true\n",
    "RUN --mount=TYPE=secret,ID=tok,REQUIRED true\n",
    "RUN --mount=type=Secret,id=tok true\n",
    "ARG W=tok\nRUN --mount=type=secret,id=${W},required true\n",
    "ARG W=\"t k\"\nRUN --mount=type=secret,id=$W true\n",
    "ARG W\nRUN --mount=type=secret,id=${W:-dflt} true\n",
    "ARG W=sec\nRUN --mount=type=secret,target=/x/$W true\n",
    "ENV W=tok\nRUN --mount=type=secret,id=$W,env=X true\n",
    "ARG K=secret\nRUN --mount=type=$K,id=tok true\n",
    "RUN --mount=type=secret,id=$PATH true\n",
    "RUN --mount=type=ssh,id=key,required --mount=type=cache,target=/c,id=x true\n",
    "RUN --mount=type=cache,target=/c --mount=type=tmpfs,target=/t true\n",
    "RUN --mount=type=bind,target=/b,from=busybox --mount=target=/ctx true\n",
    "RUN --network=none --security=sandbox --mount=type=ssh true\n",
    "RUN --mount=type=secret,id=one \\\n    # comment\n\n    --mount=type=secret,id=two \\\n  true\n",
    "RUN -- --mount=type=secret,id=no\n",
    "RUN echo --mount=type=secret,id=no\n",
    "ONBUILD RUN --mount=type=secret,id=later true\n",
    "ONBUILD ARG LATER=1\n",
    "ONBUILD RUN tee /x <<E\nRUN --mount=type=secret,id=no x\nE\n",
    "RUN cat <<CONF > /etc/lab.conf\nport = 8000\nARG NO\nCONF\n",
    "RUN <<A cat && <<'B' cat\nARG NO\nA\nFROM no\nB\n",
    "RUN python3 - <<'PY' 3<<-\"Q\"\nARG NO\nPY\n\tARG NO\n\tQ\n",
    "RUN echo '<<E' \"<<F\" \\<\\<G <<<H\n",
    "RUN echo $((1 <<2))\n2))\n",
    "RUN x<<E\n",
    "RUN <<E \\\n  cat\nARG NO=1 \\\nE\n",
    "RUN <<E\r\nARG NO\r\nE\r\n",
    "RUN [\"cat\", \"<<E\"]\n",
    "RUN [\"a\", 'b']\n",
    "RUN []\n",
    "CMD []\nENTRYPOINT []\n",
    "CMD [\"a\",\\\n \"b\"]\n",
    "SHELL [\"/bin/sh\", \"-c\"]\n",
    "HEALTHCHECK --interval=5s CMD true\n",
    "HEALTHCHECK NONE\n",
    "COPY <<E <<'F' /x/\n$A\nE\nARG NO\nF\n",
    "COPY --chmod=755 <<-x.sh /bin/\n\tARG NO\n\tx.sh\n",
    "COPY [\"a b\", \"/c\"]\n",
    "COPY --from=busybox /bin/sh /x\n",
    "COPY --link --chown=1:2 $A /x/\n",
    "ADD --keep-git-dir=true https://example.org/a.git#v1 /x\n",
    "ADD --checksum=sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 https://example.org/a /x\n",
    "LABEL a=b \"c d\"=e f='g h'\n",
    "LABEL old form\n",
    "EXPOSE 80 443/tcp $A\n",
    "USER 1\nWORKDIR /a b\nSTOPSIGNAL 9\nVOLUME /v [w]\n",
    "VOLUME [\"/a\", \"/b\"]\n",
    "MAINTAINER somebody\n",
    "RUN true && \\\n\\\n  true\n",
    "RUN echo \\ \n  x \\\n\n\n  y\n",
    "RUN echo a\\\\\nARG A=9\n",
    "RUN echo `\n",
    "# only a comment \\\nARG A=8\n",
    "\t \n   \n",
    "run true\r\n",
    "RUN set -e; \\\n  cat <<EOF | \\\n  # comment\n  tee /x\nARG NO \\\nEOF\n",
    "RUN cat <<E\"O\"F <<'E O' << F\n1\nEOF\n2\nE O\n3\nF\n",
    "RUN cat <<\\EOF\nARG NO\nEOF\n",
    "RUN cat <<EOF\n  ARG NO\n EOF\nEOF\n",
    "RUN cat <<\"EOF\";cat <<'X'|sh\nARG NO\nEOF\nARG NO\nX\n",
    "RUN cat <<EOF>/x && cat<<-E2\nARG NO\nEOF\n\tARG NO\n\tE2\n",
    "RUN (cat <<EOF)\nARG NO\nEOF)\nEOF\n",
    "RUN if true; then cat <<EOF; fi\nARG NO\nEOF\n",
    "RUN cat <<123\nARG NO\n123\n",
    "RUN cat <<EOF # <<NO\nARG NO\nEOF\n",
    "RUN cat <<\"\"\nARG IN\n\n",
    "RUN cat <<$A\nARG NO\n$A\n",
    "RUN cat <<E.O-F_1\nARG NO\nE.O-F_1\n",
    "RUN cat 10<<EOF <&10\nARG NO\nEOF\n",
    "RUN --mount=type=tmpfs,target=/t --network=none <<EOF bash -x\nARG NO\nEOF\n",
    "RUN\t<<EOF\tcat\nARG NO\nEOF\n",
    "RUN <<EOF\n#!/usr/bin/env python3\nprint(\"ARG NO\")\nEOF\n",
    "COPY --from=busybox /bin/sh <<EOF /x/\nARG NO\nEOF\n",
    "ADD <<EOF /a\nARG NO\nEOF\n",
    "COPY <<EOF --chmod=1 /a/\nARG NO\nEOF\n",
    "HEALTHCHECK CMD cat <<X\n",
    "CMD cat <<X\n",
    "ENTRYPOINT cat <<X\n",
    "ENV X=<<EOF\n",
    "LABEL x=\"<<EOF\"\n",
    "ONBUILD COPY <<E /x\nARG NO\nE\n",
    "onbuild run cat <<A <<B\nARG NO\nA\nARG NO\nB\n",
    "ONBUILD ENV Q=1\nONBUILD LABEL a=b\n",
    "RUN [\"sh\", \"-c\", \"a\"] && b\n",
    "RUN [ \"$A\" = 1 ] || true\n",
    "RUN [\"a\",]\n",
    "RUN [ ]\n",
    "SHELL []\n",
    "HEALTHCHECK --retries=3 CMD [\"a\"]\n",
    "RUN --mount=type=secret,\"source=tok\" true\n",
    "RUN --mount=type=secret,id=tok,uid=1000,gid=5,mode=0400 true\n",
    "RUN --mount=type=secret,env=TOKEN true\n",
    "RUN --mount=type=secret,id=tok,target=/x,env=TOKEN,required=false true\n",
    "RUN --mount=type=secret,id=tok,required=TRUE true\n",
    "RUN --mount=type=secret,id=tok,required=1 true\n",
    "RUN --mount=type=secret,Id=tok,Target=/y true\n",
    "ARG W=tok\nRUN --mount=type=secret,source=$W,target=/run/secrets/x true\n",
    "ARG W=tok\nRUN --mount=type=secret,target=${W} true\n",
    "ARG W=tok.json\nRUN --mount=type=secret,id=${W%.json},env=${W} true\n",
    "ARG W=true\nRUN --mount=type=secret,id=t,required=$W true\n",
    "RUN --mount=id=tok,type=secret --mount=type=secret,id=tok,required true\n",
    "RUN --mount=type=ssh,id=$A --mount=type=ssh true\n",
    "RUN --mount=type=ssh,required --mount=type=ssh,id=default true\n",
    "ARG Q='tok'\nRUN --mount=type=secret,id=\"$Q\" true\n",
    "ARG A=x\nRUN --mount=type=secret,id=pre-${A}-post true\n",
    "ARG T=tok\nENV T=env\nRUN --mount=type=secret,id=$T true\n",
    "RUN --mount=type=secret,id=a --mount=type=cache,target=/x,id=$A,sharing=locked sh <<E\n--mount=type=secret,id=no\nE\n",
    "ARG A=1 \\\n  # comment\n  B=2 \\\n\n  C=3\n",
    "ARG A=${B}${A}\nARG A=${A}${A}\n",
    "ENV A=x\nENV A=${A}y B=${A}z\nARG C=$A$B\n",
    "ENV A=\nARG B=${A:-e} C=${A-e}\n",
    "ARG A=aXbXc\nARG B=${A#*X} C=${A##*X} D=${A%X*} E=${A%%X*}\n",
    "ARG A=a.b.c\nARG B=${A/./_} C=${A//./_} D=${A/%c/x} E=${A/#a/x}\n",
    "ARG A=\"q\\\"q\" B=a\\\\b C='$x'\n",
    "ARG A='a'\"b\"c B=\"$A\"'$A'\n",
    "ARG A=[x] B=${A#[} C=${A#?}\n",
    "ARG A=$$ B=$1 C=${1}x\n",
    "ARG A=a=b=c B==\n",
    "ARG A=~/x B=/tmp/*\n",
    "ARG TARGETARCH\nARG A=${TARGETARCH}64\n",
    "ARG BUILDPLATFORM=x\nARG A=$BUILDPLATFORM\n",
    "ENV A 1 2  3 \nARG B=$A\n",
    "ENV A=1 \\\n # c\n B=2\nARG C=$B\n",
    "LABEL \"a\"=\"b\" 'c'=d\nEXPOSE $A/udp\n",
    "VOLUME []\n",
    "STOPSIGNAL SIG$A\nWORKDIR $A/$B\nUSER $A:$B\n",
    "ADD --unpack=false http://example.org/a.tar /x\nADD --link https://example.org/a.git?ref=v1&subdir=d /y\n",
    "COPY --exclude=*.md --parents ./a/./b /c/\n",
    "RUN echo \\\\\nARG A=9\n",
    "RUN echo \\\t\n  x\nARG A=8\n",
    "RUN echo \"a \\\n# not a comment\n b\"\n",
    "RUN echo a \\\n\n# c\n\nARG A=3\n",
    "RUN true\\\nfalse\n",
];

/// What may end the file.
const TAILS: &[&str] = &[
    "",
    "ARG LAST=1",
    "RUN true \\",
    "RUN true \\\n# end\n\n",
    "RUN true \\\n  \\\n",
    "RUN <<E cat\nx\nE",
    "# end",
    "\r\n",
    "FROM s AS t\nARG A\nRUN --mount=type=secret,id=of-t true\n",
    "FROM scratch AS t\nCOPY --from=s / /\nARG A=$B\n",
    "FROM busybox AS t\nCOPY --from=0 /a /b\n",
    "FROM scratch AS t\nRUN --mount=from=s,target=/x --mount=type=secret,id=of-t true\n",
    "FROM busybox AS unrelated\nRUN --mount=type=secret,id=no true\nFROM s AS t\n",
    "FROM S AS t\nARG B=${A:-none}\nFROM t AS u\nARG C=$B\n",
    "FROM scratch AS s\nARG B=second\n",
    "FROM busybox AS t\nCOPY --from=s /a /b\nFROM t\n",
    "FROM busybox AS t-amd64\nFROM busybox AS t-arm64\nFROM t-$TARGETARCH AS t\nARG A=1\n",
    "FROM busybox AS t\nRUN --mount=type=bind,from=S,target=/x --mount=type=secret,id=of-t true\nFROM busybox AS u\nCOPY --from=1 / /\nRUN --mount=type=secret,id=of-u true\n",
    "FROM s\nFROM busybox\nCOPY --from=1 / /\n",
    "FROM busybox AS t\nONBUILD RUN --mount=type=secret,id=later true\nONBUILD ARG L=1\nFROM t AS u\nARG M=$L\n",
    "FROM busybox AS t\nADD --from=s /a /b\n",
    "FROM busybox AS t\nENV A=1\nFROM t AS u\nARG A\nARG B=$A\n",
    "COPY <<E /x\nx\nE",
    "RUN <<E\nE",
    "# x \\",
    "FROM s AS T\nRUN --mount=type=secret,id=up true\nFROM t AS u\n",
];

/// What BuildKit refuses by itself, or cannot look up without a registry. It is compared alone: in a
/// combination it would keep everything else from being compared.
const REFUSED: &[&str] = &[
    "// syntax=docker/dockerfile:1\n",
    "ARG A=${B:?must}\nARG C=1\n",
    "ARG A=\"a b\" B=$A\nARG C=${A% *}\n",
    "FROM --platform=${A:-linux/amd64} busybox AS s\n",
    "FROM busybox@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 AS s\n",
    "FROM busybox aS s-1_x.y # c\n",
    "FROM $BUILDOS AS s\n",
    "RUN (cat <<EOF)\nARG NO\nEOF)\nEOF\n",
    "SHELL []\n",
    "VOLUME []\n",
    "STOPSIGNAL SIG$A\nWORKDIR $A/$B\nUSER $A:$B\n",
    "COPY --exclude=*.md --parents ./a/./b /c/\n",
    "FROM busybox AS t\nADD --from=s /a /b\n",
];

/// What may begin and end a file that is joined with another.
const PAIR_HEADS: &[&str] = &["", "\u{feff}", "# check=skip=all\n", "# about it\n"];
const ENDS: &[&str] = &[
    "",
    "RUN true \\",
    "RUN true \\\n\n# x\n",
    "ARG LAST=1",
    "RUN <<E\nx\nE",
];

/// Each form in a file of its own.
pub(super) fn single() -> Vec<String> {
    let mut texts = Vec::new();
    let stage = "FROM busybox AS s\n";
    texts.extend(
        HEADS
            .iter()
            .map(|head| format!("{head}{stage}RUN x `\n y\nARG A=1\n")),
    );
    texts.extend(
        GLOBALS
            .iter()
            .map(|globals| format!("{globals}{stage}ARG A\nARG B\nARG C\nARG D\nARG E\nARG X\n")),
    );
    texts.extend(FROMS.iter().map(|from| format!("{from}ARG A=1\n")));
    texts.extend(
        STEPS
            .iter()
            .map(|step| format!("ARG A=g\nARG B=h\n{stage}{step}ARG END=1\n")),
    );
    texts.extend(
        STEPS
            .iter()
            .map(|step| format!("{stage}{step}FROM s AS t\nARG END=$A$B\n")),
    );
    texts.extend(
        STEPS
            .iter()
            .map(|step| format!("# escape=`\n{stage}{}ARG END=1\n", step.replace('\\', "`"))),
    );
    texts.extend(TAILS.iter().map(|tail| format!("{stage}ARG A=1\n{tail}")));
    texts
}

/// Some of all combinations, the same ones every time.
pub(super) fn combined(count: usize) -> Vec<String> {
    let steps = prop::collection::vec(select(combinable(STEPS)), 1..5);
    let text = (
        select(combinable(HEADS)),
        select(combinable(GLOBALS)),
        select(combinable(FROMS)),
        steps,
        select(combinable(TAILS)),
    );
    let text = text.prop_map(|(head, globals, from, steps, tail)| {
        format!("{head}{globals}{from}{}{tail}", steps.concat())
    });
    samples(&text, count)
}

fn combinable(forms: &'static [&'static str]) -> Vec<&'static str> {
    let forms = forms.iter().copied();
    forms.filter(|form| !REFUSED.contains(form)).collect()
}

/// Pairs of files whose stages are `one` and `two`.
pub(super) fn pairs(count: usize) -> Vec<(String, String)> {
    let file = |stage: &'static str, other: &'static str| {
        let globals = select(GLOBALS).prop_map(move |globals| renamed(globals, stage));
        let helper = format!("FROM scratch AS {other}\nRUN --mount=type=secret,id={other} x\n");
        let helper = proptest::option::of(Just(helper)).prop_map(Option::unwrap_or_default);
        let steps = prop::collection::vec(select(STEPS), 1..4);
        let head = select(PAIR_HEADS);
        let file = (head, globals, helper, steps, select(ENDS));
        file.prop_map(move |(head, globals, helper, steps, end)| {
            let by_number = if helper.is_empty() {
                ""
            } else {
                "COPY --from=0 / /\n"
            };
            let steps = renamed(&steps.concat(), stage);
            format!("{head}{globals}{helper}FROM busybox AS {stage}\n{by_number}{steps}{end}")
        })
    };
    samples(&(file("one", "help-one"), file("two", "help-two")), count)
}

/// Gives each file arguments of its own: of the same ones it is known that they must agree.
fn renamed(text: &str, stage: &str) -> String {
    if stage == "one" {
        return text.to_owned();
    }
    let argument = regex::Regex::new(r"\b([ABCDEX])\b").expect("a valid expression");
    argument.replace_all(text, "${1}2").into_owned()
}

fn samples<S: Strategy>(strategy: &S, count: usize) -> Vec<S::Value> {
    let mut runner = TestRunner::deterministic();
    let sample = |_| strategy.new_tree(&mut runner).expect("a sample").current();
    (0..count).map(sample).collect()
}

/// The files of `tests/data/dockerfiles`.
pub(super) fn corpus() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/dockerfiles");
    let mut paths: Vec<_> = fs_err::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|end| end == "Dockerfile"))
        .collect();
    paths.sort();
    assert!(paths.len() >= 8, "{paths:?}");
    let texts = paths.iter().map(fs_err::read_to_string);
    texts.map(|text| text.expect("readable")).collect()
}
