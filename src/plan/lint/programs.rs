//! What programs do with variables that no instruction names.

/// Variables that programs read from their environment without being named in a step.
const READ_BY_TOOLS: &[&str] = &[
    "AWS_",
    "CARGO_",
    "CC",
    "CFLAGS",
    "CGO_",
    "CMAKE_",
    "CONDA_",
    "CXX",
    "DEBIAN_",
    "FORCE_",
    "GIT_",
    "GO",
    "LD",
    "LANG",
    "LC_",
    "MAKEFLAGS",
    "MAX_JOBS",
    "NODE_",
    "NPM_",
    "NVCC_",
    "PIP_",
    "PYTHON",
    "RUST",
    "SCCACHE_",
    "SETUPTOOLS_",
    "TORCH_",
    "TZ",
    "UV_",
    "YARN_",
    "npm_config_",
];

/// Returns whether programs are known to read a variable of this name.
pub(super) fn programs_read(name: &str) -> bool {
    READ_BY_TOOLS.iter().any(|prefix| name.starts_with(prefix))
}

/// Variables that images are known to set: a stage that starts from one may use them undeclared.
const SET_BY_IMAGES: &[&str] = &[
    "CARGO_",
    "CUDA_",
    "CUDNN_",
    "GOLANG_",
    "GOPATH",
    "GPG_KEY",
    "HOME",
    "JAVA_",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "NCCL_",
    "NODE_VERSION",
    "NVIDIA_",
    "NV_",
    "PATH",
    "PYTHON_",
    "PYTORCH_",
    "RUSTUP_",
    "RUST_VERSION",
    "TENSORRT_",
    "TRT_",
    "YARN_VERSION",
];

/// Returns whether the image that a stage starts from may well set a variable of this name.
pub(super) fn image_may_set(name: &str) -> bool {
    SET_BY_IMAGES.iter().any(|prefix| name.starts_with(prefix))
}

/// Commands of which it is known that they look at no variable that is not theirs, and run nothing
/// that does. Of every other one it is not known, so arguments may be meant for it.
const INDIFFERENT: &[&str] = &[
    ":",
    "[",
    "[[",
    "addgroup",
    "adduser",
    "apk",
    "apt",
    "apt-get",
    "basename",
    "break",
    "cat",
    "cd",
    "chgrp",
    "chmod",
    "chown",
    "cksum",
    "command",
    "continue",
    "cp",
    "curl",
    "cut",
    "date",
    "declare",
    "df",
    "diff",
    "dirname",
    "dnf",
    "dpkg",
    "du",
    "echo",
    "exit",
    "expr",
    "export",
    "false",
    "find",
    "getent",
    "grep",
    "groupadd",
    "gunzip",
    "gzip",
    "head",
    "id",
    "install",
    "ldconfig",
    "ln",
    "local",
    "ls",
    "md5sum",
    "microdnf",
    "mkdir",
    "mktemp",
    "mv",
    "printf",
    "pwd",
    "read",
    "readlink",
    "readonly",
    "realpath",
    "return",
    "rm",
    "rmdir",
    "sed",
    "seq",
    "set",
    "sha256sum",
    "sha512sum",
    "shift",
    "sleep",
    "sort",
    "stat",
    "sync",
    "tail",
    "tar",
    "tee",
    "test",
    "touch",
    "tr",
    "true",
    "truncate",
    "type",
    "uname",
    "uniq",
    "unset",
    "unzip",
    "useradd",
    "usermod",
    "wc",
    "wget",
    "which",
    "whoami",
    "xz",
    "yum",
    "zcat",
];

/// Commands of the shell that print every variable when they are given nothing to do.
const PRINT_ALL: &[&str] = &["declare", "export", "local", "readonly", "set"];

/// Words of the shell that a command follows, or that end a block.
const AROUND_COMMANDS: &[&str] = &[
    "!", "do", "done", "elif", "else", "esac", "fi", "if", "then", "until", "while", "{", "}",
];

/// Returns whether a script runs anything that may read any variable: a program of which we do not
/// know better, a command of the shell that prints them all, or a name that is put together.
pub(super) fn may_read_any(script: &str) -> bool {
    // `eval` is none of the commands above.
    script.contains("${!")
        || script.contains("ENVIRON")
        || commands(script).iter().any(|command| reads_any(command))
}

fn reads_any(command: &[&str]) -> bool {
    let Some((&name, arguments)) = command.split_first() else {
        return false;
    };
    let prints = PRINT_ALL.contains(&name) && arguments.iter().all(|word| *word == "-p");
    let runs_others = match name {
        "find" => arguments.iter().any(|word| word.starts_with("-exec")),
        // It runs what follows, unless it only looks for it.
        "command" => arguments
            .first()
            .is_none_or(|word| word.to_lowercase() != "-v"),
        _ => false,
    };
    prints || runs_others || !INDIFFERENT.contains(&name)
}

/// Splits a `RUN` into its commands, each as the words of a name and arguments. What it cannot
/// follow, such as a quoted `;`, makes a command that nobody knows.
fn commands(script: &str) -> Vec<Vec<&str>> {
    let mut commands = Vec::new();
    let mut command = Vec::new();
    let mut depth = 0_usize;
    for token in tokens(body(script)) {
        match token {
            "\n" | ";" | "&" | "|" | "(" | "`" => {
                commands.push(std::mem::take(&mut command));
                depth += usize::from(token == "(");
            }
            // The end of a substitution, behind which the arguments of the outer command go on.
            ")" if depth > 0 => {
                depth -= 1;
                commands.push(std::mem::replace(&mut command, vec!["echo"]));
            }
            // The pattern of a `case`.
            ")" => command.clear(),
            word => command.push(word),
        }
    }
    commands.push(command);
    let bare = commands.into_iter().map(without_surroundings);
    bare.filter(|command| !command.is_empty()).collect()
}

/// Cuts off `RUN` and its flags.
fn body(script: &str) -> &str {
    let mut rest = script.trim_start();
    loop {
        let word = rest.split_whitespace().next().unwrap_or_default();
        let is_start = word.eq_ignore_ascii_case("RUN") || word.starts_with("--") || word == "\\";
        if !is_start || word.is_empty() {
            return rest;
        }
        rest = rest[word.len()..].trim_start();
    }
}

/// Splits a script into words and what stands between commands.
fn tokens(script: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut start = None;
    let mut before = ' ';
    for (at, c) in script.char_indices() {
        // Of `2>&1` and of a line that goes on no command ends.
        let is_joined = (c == '&' && matches!(before, '>' | '<')) || (c == '\n' && before == '\\');
        let separates = "\n;&|()`".contains(c) && !is_joined;
        if separates || c.is_whitespace() {
            tokens.extend(start.take().map(|start| &script[start..at]));
        } else if start.is_none() {
            start = Some(at);
        }
        if separates {
            tokens.push(&script[at..=at]);
        }
        if c == '\n' || !c.is_whitespace() {
            before = c;
        }
    }
    tokens.extend(start.map(|start| &script[start..]));
    tokens.retain(|token| *token != "\\");
    tokens
}

/// Cuts off what is no command: words of the shell, assignments and redirections in front.
fn without_surroundings(mut command: Vec<&str>) -> Vec<&str> {
    if let Some(comment) = command.iter().position(|word| word.starts_with('#')) {
        command.truncate(comment);
    }
    let is_around = |word: &&str| AROUND_COMMANDS.contains(word) || assigns(word);
    let start = command.iter().position(|word| !is_around(word));
    let rest = command.split_off(start.unwrap_or(command.len()));
    match rest.first() {
        // `for NAME in …` and `case WORD in` run nothing.
        Some(&("for" | "case")) => Vec::new(),
        _ => without_redirections(&rest),
    }
}

fn without_redirections<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let mut kept = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match redirection(word) {
            None => kept.push(*word),
            // The file is the next word.
            Some("") => drop(words.next()),
            Some(_) => {}
        }
    }
    kept
}

fn assigns(word: &str) -> bool {
    let is_name = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    word.split_once('=')
        .is_some_and(|(name, _)| !name.is_empty() && is_name(name))
}

/// Returns what a redirection leads to; nothing if a word is none.
fn redirection(word: &str) -> Option<&str> {
    let bare = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let target = bare.trim_start_matches(['>', '<', '&']);
    (bare.starts_with(['>', '<'])).then_some(target)
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("RUN make -C /x"; "a build")]
    #[test_case("RUN cd /x && ./configure"; "a script by its path")]
    #[test_case("RUN /usr/bin/python3.12 -m x"; "a version")]
    #[test_case("RUN [\"bash\", \"-c\", \"x\"]"; "a list")]
    #[test_case("RUN /opt/tool/install --yes"; "a program that nobody knows")]
    #[test_case("RUN --mount=type=cache,target=/x \\\n  if true; then rustc a.rs; fi"; "in a condition")]
    #[test_case("RUN mkdir /x; X=1 gmake"; "behind an assignment")]
    #[test_case("RUN echo $(git describe)"; "in a substitution")]
    #[test_case("RUN set | sort > /x"; "all variables of the shell")]
    #[test_case("RUN export > /x"; "exported ones")]
    #[test_case("RUN export -p"; "exported ones by option")]
    #[test_case("RUN env"; "the environment")]
    #[test_case("RUN cat /x && printenv | grep -c ."; "the environment, by another program")]
    #[test_case("RUN declare -p"; "all variables of bash")]
    #[test_case("RUN N=A; echo ${!N}"; "a name that is put together")]
    #[test_case("RUN eval echo \\$$N"; "a name that is put together, by eval")]
    #[test_case("RUN find / -name x -exec sh {} +"; "programs by find")]
    #[test_case("RUN . /etc/profile"; "a script in this shell")]
    #[test_case("RUN awk 'BEGIN{print ENVIRON[\"A\"]}'"; "awk")]
    #[test_case("RUN <<EOF\n#!/usr/bin/env python3\nimport os\nEOF"; "a script of its own")]
    #[test_case("RUN case x in a) echo;; b) ninja;; esac"; "in a case")]
    fn programs_that_may_read_any_variable(script: &str) {
        assert!(may_read_any(script), "{:?}", commands(script));
    }

    #[test_case("RUN mkdir -p /x && echo a > /y && cp /a /b"; "files")]
    #[test_case("RUN true # $FREES"; "nothing")]
    #[test_case("RUN set -eux; cd /x || exit 1"; "options of the shell")]
    #[test_case("RUN export A=1 && touch /x 2>&1 >/dev/null"; "an export of its own")]
    #[test_case("RUN --mount=type=cache,target=/x --network=none \\\n    apt-get update \\\n && apt-get install -y x"; "packages")]
    #[test_case("RUN if [ -e /x ]; then rm /x; else touch /y; fi"; "a condition")]
    #[test_case("RUN for i in a b; do echo $i; done"; "a loop")]
    #[test_case("RUN echo $(uname -m)-linux > /x"; "a substitution")]
    #[test_case("RUN case x in a) echo 1;; b) echo 2;; esac"; "a case")]
    #[test_case("RUN command -v x || true"; "a look for a command")]
    fn commands_that_read_none(script: &str) {
        assert!(!may_read_any(script), "{:?}", commands(script));
    }
}
