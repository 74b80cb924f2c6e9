//! What the name of a vertex says.

use std::fmt;

use crate::text::{Look, fit};

/// The name of a step, taken apart: `[linux/amd64 runtime 3/7] RUN make` and its relatives.
///
/// The Dockerfile frontend has no other way to tell which stage a step belongs to, so its names
/// are as good as an interface (frontend/dockerfile/dockerfile2llb, `prefixCommand`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Title {
    /// What sort of step it is.
    pub kind: Kind,
    /// The platform, where the build has several.
    pub platform: Option<String>,
    /// The stage, for steps of a Dockerfile with more than one.
    pub stage: Option<String>,
    /// Which step of how many of its stage.
    pub position: Option<(u32, u32)>,
    /// The rest: the instruction, or what the engine does.
    pub text: String,
}

/// What sort of step a vertex is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// The engine's own preparations: loading the Dockerfile, the context, credentials.
    #[default]
    Internal,
    /// A base image. Its `cached` flag is no measure: it flips between identical builds.
    Source,
    /// Work on files: `RUN`, `COPY`, `ADD`, `WORKDIR`. Only here a cache hit saves something.
    Work,
    /// Whatever follows the last instruction: exporting, unpacking, pushing, saving the cache.
    Export,
}

impl Title {
    /// Takes the name of a vertex apart.
    pub fn parse(name: &str) -> Self {
        let bracketed = name
            .strip_prefix('[')
            .and_then(|rest| rest.split_once("] "));
        match bracketed {
            Some((place, text)) => Self::with_place(place, text),
            None => Self {
                kind: kind_of_bare(name),
                text: name.to_owned(),
                ..Self::default()
            },
        }
    }

    fn with_place(place: &str, text: &str) -> Self {
        let mut words: Vec<&str> = place.split(' ').collect();
        let position = words.last().copied().and_then(parse_position);
        if position.is_some() {
            words.pop();
        }
        let platform = words
            .first()
            .filter(|word| position.is_some() && word.contains('/'));
        let platform = platform.map(|word| (*word).to_owned());
        if platform.is_some() {
            words.remove(0);
        }
        let kind = match position {
            None => kind_of_bare(text),
            Some(_) if text.starts_with("FROM ") => Kind::Source,
            Some(_) => Kind::Work,
        };
        Self {
            kind,
            platform,
            stage: (position.is_some() && !words.is_empty()).then(|| words.join(" ")),
            position,
            text: text.to_owned(),
        }
    }

    /// Returns what steps of the same stage and platform have in common.
    pub fn group(&self) -> String {
        match (&self.stage, &self.platform) {
            (Some(stage), Some(platform)) => format!("{stage} ({platform})"),
            (Some(stage), None) => stage.clone(),
            (None, Some(platform)) => platform.clone(),
            (None, None) => String::new(),
        }
    }
}

/// Shows the title in one line, most telling part first: `3/7 RUN make`.
impl fmt::Display for Title {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Some((number, count)) => write!(f, "{number}/{count} {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

/// The most columns that the name of a step takes where no terminal limits it: a `RUN` of thirty
/// lines is one. Whole names are in the joined Dockerfile and in `--progress rawjson`.
const NAME_COLUMNS: usize = 160;

/// Returns the brief name of a vertex, cut to what is read at a glance.
pub(super) fn one_line(name: &str, look: Look) -> String {
    fit(&brief(name), NAME_COLUMNS, look)
}

/// Returns the name of a vertex as people would say it: without the mounts and other options of its
/// instruction, but with where files come from, and with single spaces where a line of the
/// Dockerfile was continued.
pub(super) fn brief(name: &str) -> String {
    let mut words = Vec::new();
    let mut options_may_follow = false;
    for word in name.split_whitespace() {
        let option = options_may_follow && word.starts_with("--");
        if !option || word.starts_with("--from=") {
            words.push(word);
        }
        options_may_follow = option || matches!(word, "RUN" | "COPY" | "ADD");
    }
    words.join(" ")
}

fn parse_position(word: &str) -> Option<(u32, u32)> {
    let (number, count) = word.split_once('/')?;
    Some((number.parse().ok()?, count.parse().ok()?))
}

fn kind_of_bare(name: &str) -> Kind {
    const EXPORTS: [&str; 6] = [
        "exporting ",
        "sending tarball",
        "copying files",
        "pushing ",
        "unpacking ",
        "preparing layers",
    ];
    if EXPORTS.iter().any(|export| name.starts_with(export)) {
        Kind::Export
    } else {
        Kind::Internal
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("[runtime 3/7] RUN make", Kind::Work, "runtime", "3/7 RUN make")]
    #[test_case("[2/4] COPY . /app", Kind::Work, "", "2/4 COPY . /app"; "only stage")]
    #[test_case("[stage-1 1/2] FROM docker.io/library/debian", Kind::Source, "stage-1", "1/2 FROM docker.io/library/debian"; "a base image")]
    #[test_case("[linux/arm64 base 2/3] RUN x", Kind::Work, "base (linux/arm64)", "2/3 RUN x"; "a platform")]
    #[test_case("[linux/amd64->arm64 2/3] RUN x", Kind::Work, "linux/amd64->arm64", "2/3 RUN x"; "cross")]
    #[test_case("[internal] load .dockerignore", Kind::Internal, "", "load .dockerignore"; "internal")]
    #[test_case("[context src] load from client", Kind::Internal, "", "load from client"; "a context")]
    #[test_case("[auth] library/debian:pull token for x", Kind::Internal, "", "library/debian:pull token for x"; "a login")]
    #[test_case("exporting to image", Kind::Export, "", "exporting to image")]
    #[test_case("resolve image config for docker-image://x", Kind::Internal, "", "resolve image config for docker-image://x"; "metadata")]
    #[test_case("[odd", Kind::Internal, "", "[odd"; "no closing bracket")]
    fn names_are_taken_apart(name: &str, kind: Kind, group: &str, shown: &str) {
        let title = Title::parse(name);
        assert_eq!((title.kind, title.group().as_str()), (kind, group));
        assert_eq!(title.to_string(), shown);
    }

    #[test_case("[base 3/4] RUN --mount=type=cache,target=/a     --network=none    make --all  now", "[base 3/4] RUN make --all now"; "mounts and spaces")]
    #[test_case("[2/4] COPY --from=x --chown=1 /a /b", "[2/4] COPY --from=x /a /b"; "copied files")]
    #[test_case("[2/4] RUN x --from=a --mount=b", "[2/4] RUN x --from=a --mount=b"; "arguments")]
    #[test_case("exporting to image", "exporting to image"; "no instruction")]
    fn a_brief_name_has_no_options(name: &str, expected: &str) {
        assert_eq!(brief(name), expected);
    }
}
