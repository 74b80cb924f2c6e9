//! The fragments of one build, and the one Dockerfile that they become.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use super::StagesError;
use super::dockerfile::{Arg, Dockerfile, Kind, Spanned, Stage};
use super::fragments::Fragment;
use super::source_map::{Origin, SourceMap};
use crate::problem::Excerpt;

/// BuildKit's check for it sees no build arguments: profiles give the images, without a default here.
const CHECK: &str = "# check=skip=InvalidDefaultArgInFrom";

/// The parsed fragments of a build, in the order in which they are joined.
#[derive(Clone, Debug)]
pub struct Composition {
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
struct Part {
    fragment: Arc<Fragment>,
    dockerfile: Dockerfile,
}

/// A joined Dockerfile and where its lines come from.
#[derive(Clone, Debug)]
pub struct Joined {
    /// The text, a complete Dockerfile.
    pub text: String,
    /// Where its lines come from.
    pub source_map: SourceMap,
}

impl Composition {
    /// Parses the fragments and checks that they go together; returns everything that is wrong.
    pub fn new(
        fragments: impl IntoIterator<Item = Arc<Fragment>>,
    ) -> Result<Self, Vec<StagesError>> {
        let mut errors = Vec::new();
        let mut parts = Vec::new();
        for fragment in fragments {
            match Dockerfile::parse(&fragment) {
                Ok(dockerfile) => parts.push(Part {
                    fragment,
                    dockerfile,
                }),
                Err(error) => errors.push(error),
            }
        }
        let composition = Self { parts };
        errors.extend(composition.conflicting_defaults());
        errors.extend(composition.duplicate_stages());
        if errors.is_empty() {
            Ok(composition)
        } else {
            Err(errors)
        }
    }

    /// Returns the fragments in order.
    pub fn fragments(&self) -> impl Iterator<Item = &Arc<Fragment>> {
        self.parts.iter().map(|part| &part.fragment)
    }

    /// Returns all stages in order, with the fragment that each is in.
    pub fn stages(&self) -> impl Iterator<Item = (&Arc<Fragment>, &Stage)> {
        self.parts.iter().flat_map(|part| {
            let stages = part.dockerfile.stages.iter();
            stages.map(move |stage| (&part.fragment, stage))
        })
    }

    /// Returns the arguments declared before `FROM`, with the fragment that each is in.
    ///
    /// An argument that several fragments declare is there several times.
    pub fn global_args(&self) -> impl Iterator<Item = (&Arc<Fragment>, &Arg)> {
        self.parts.iter().flat_map(|part| {
            let args = part.dockerfile.args.iter();
            args.map(move |arg| (&part.fragment, arg))
        })
    }

    /// Returns the names of all arguments that anything declares: what a build may be given.
    pub fn declared_args(&self) -> BTreeSet<&str> {
        self.every_arg().map(|(_, arg)| arg.name.as_str()).collect()
    }

    /// Returns the arguments that anything declares, each with its first declaration.
    pub fn declarations(&self) -> BTreeMap<String, Excerpt> {
        let mut declarations = BTreeMap::new();
        for (fragment, arg) in self.every_arg() {
            declarations
                .entry(arg.name.clone())
                .or_insert_with(|| fragment.excerpt(arg.span.clone(), ""));
        }
        declarations
    }

    fn every_arg(&self) -> impl Iterator<Item = (&Arc<Fragment>, &Arg)> {
        let of_stages = self
            .stages()
            .flat_map(|(fragment, stage)| stage.args().map(move |arg| (fragment, arg)));
        self.global_args().chain(of_stages)
    }

    /// Returns the ids of the secrets that any step mounts.
    pub fn secrets(&self) -> BTreeSet<&str> {
        let instructions = self.stages().flat_map(|(_, stage)| &stage.instructions);
        instructions
            .filter_map(|instruction| match &instruction.kind {
                Kind::Run(run) => Some(&run.mounts),
                _ => None,
            })
            .flatten()
            .filter(|mount| mount.kind == "secret")
            .filter_map(|mount| mount.id.as_deref())
            .collect()
    }

    /// Joins the fragments into one Dockerfile.
    ///
    /// Arguments declared before the first `FROM` of a fragment would belong to the stage before
    /// it, so they move to the top, each name once.
    pub fn join(&self) -> Joined {
        let mut joined = Writer::default();
        if let Some((fragment, syntax)) = self.syntax() {
            joined.line(&format!("# syntax={syntax}"), Some((fragment, 1)));
        }
        joined.line(CHECK, None);
        self.join_args(&mut joined);
        for part in &self.parts {
            joined.line("", None);
            joined.line(&format!("# {}", part.fragment.file), None);
            part.join_body(&mut joined);
        }
        joined.0
    }

    /// Returns the first fragment's `# syntax=`: BuildKit can follow only one.
    fn syntax(&self) -> Option<(&Arc<Fragment>, &str)> {
        self.parts.iter().find_map(|part| {
            let syntax = part.dockerfile.syntax.as_ref()?;
            Some((&part.fragment, syntax.value.as_str()))
        })
    }

    fn join_args(&self, joined: &mut Writer) {
        let mut written = BTreeSet::new();
        for (fragment, arg) in self.global_args() {
            if !written.insert(&arg.name) {
                continue;
            }
            let default = self
                .default_of(&arg.name)
                .and_then(|(_, arg)| arg.default.as_ref());
            let text = match default {
                Some(default) => format!("ARG {}={default}", arg.name),
                None => format!("ARG {}", arg.name),
            };
            let line = line_of(&fragment.text, arg.span.start);
            joined.line(&text, Some((fragment, line)));
        }
    }

    /// Returns the first declaration that gives a global argument a default.
    fn default_of(&self, name: &str) -> Option<(&Arc<Fragment>, &Arg)> {
        self.global_args()
            .find(|(_, arg)| arg.name == name && arg.default.is_some())
    }

    fn conflicting_defaults(&self) -> Vec<StagesError> {
        self.global_args()
            .filter_map(|(fragment, arg)| {
                let (first_fragment, first) = self.default_of(&arg.name)?;
                let differs = arg.default.is_some() && arg.default != first.default;
                differs.then(|| StagesError::ConflictingDefaults {
                    name: arg.name.clone(),
                    second: Box::new(excerpt(fragment, &arg.span, "this default")),
                    first: Box::new(excerpt(
                        first_fragment,
                        &first.span,
                        "differs from this one",
                    )),
                })
            })
            .collect()
    }

    fn duplicate_stages(&self) -> Vec<StagesError> {
        let named: Vec<_> = self
            .stages()
            .filter_map(|(fragment, stage)| Some((fragment, stage.name.as_ref()?)))
            .collect();
        let mut errors = Vec::new();
        for (index, (fragment, name)) in named.iter().enumerate() {
            let same =
                |(_, other): &&(_, &Spanned<String>)| other.value.eq_ignore_ascii_case(&name.value);
            if let Some((first_fragment, first)) = named[..index].iter().find(same) {
                errors.push(StagesError::DuplicateStage {
                    name: name.value.clone(),
                    second: Box::new(excerpt(fragment, &name.span, "here again")),
                    first: Box::new(excerpt(first_fragment, &first.span, "here first")),
                });
            }
        }
        errors
    }
}

impl Stage {
    /// Returns the arguments that the stage declares.
    pub fn args(&self) -> impl Iterator<Item = &Arg> {
        self.instructions
            .iter()
            .filter_map(|instruction| match &instruction.kind {
                Kind::Arg(args) => Some(args),
                _ => None,
            })
            .flatten()
    }
}

impl Part {
    /// Writes everything but the global arguments and the parser directives.
    fn join_body(&self, joined: &mut Writer) {
        let moved = self.moved_lines();
        for (index, line) in self.fragment.text.lines().enumerate() {
            if !moved.contains(&(index + 1)) {
                joined.line(line, Some((&self.fragment, index + 1)));
            }
        }
    }

    fn moved_lines(&self) -> BTreeSet<usize> {
        let text = &self.fragment.text;
        let args = self.dockerfile.args.iter().map(|arg| &arg.span);
        let syntax = self.dockerfile.syntax.iter().map(|syntax| &syntax.span);
        args.chain(syntax)
            .flat_map(|span| line_of(text, span.start)..=line_of(text, span.end))
            .collect()
    }
}

/// A joined Dockerfile in the making.
struct Writer(Joined);

impl Default for Writer {
    fn default() -> Self {
        Self(Joined {
            text: String::new(),
            source_map: SourceMap::default(),
        })
    }
}

impl Writer {
    fn line(&mut self, text: &str, origin: Option<(&Arc<Fragment>, usize)>) {
        self.0.text.push_str(text);
        self.0.text.push('\n');
        self.0
            .source_map
            .push(origin.map(|(fragment, line)| Origin {
                fragment: fragment.clone(),
                line,
            }));
    }
}

/// Returns the line (counted from 1) that the byte at `position` is in.
fn line_of(text: &str, position: usize) -> usize {
    text[..position].matches('\n').count() + 1
}

fn excerpt(fragment: &Fragment, span: &Range<usize>, label: &str) -> Excerpt {
    fragment.excerpt(span.clone(), label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fragment(name: &str, text: &str) -> Arc<Fragment> {
        Arc::new(Fragment {
            name: name.into(),
            file: format!("dockerfiles/{name}.Dockerfile"),
            text: text.into(),
        })
    }

    fn compose(parts: &[(&str, &str)]) -> Result<Composition, Vec<StagesError>> {
        Composition::new(parts.iter().map(|(name, text)| fragment(name, text)))
    }

    #[test]
    fn global_arguments_move_to_the_top_once() {
        let joined = compose(&[
            (
                "one",
                "# About one.\nARG IMAGE\nARG SOURCE=wheel\n\nFROM $IMAGE AS one\n",
            ),
            (
                "two",
                "ARG SOURCE\nARG IMAGE=b:1\nFROM one_$SOURCE AS two\nARG SOURCE\n",
            ),
        ])
        .unwrap()
        .join();
        insta::assert_snapshot!(joined.text, @r"
        # check=skip=InvalidDefaultArgInFrom
        ARG IMAGE=b:1
        ARG SOURCE=wheel

        # dockerfiles/one.Dockerfile
        # About one.

        FROM $IMAGE AS one

        # dockerfiles/two.Dockerfile
        FROM one_$SOURCE AS two
        ARG SOURCE
        ");
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
    fn what_does_not_go_together_is_told_at_once() {
        let errors = compose(&[
            ("one", "ARG A=1\nFROM x:1 AS base\n"),
            ("two", "ARG A=2\nFROM x:1 AS Base\n"),
            ("three", "RUN before from\n"),
        ])
        .unwrap_err();
        let told: Vec<_> = errors.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        Cannot parse the Dockerfile fragment: expected FROM at line 1 column 1
        Two fragments give the argument `A` different defaults
        The stage `Base` is defined twice
        ");
    }

    #[test]
    fn declared_arguments_and_secrets_are_listed() {
        let composition = compose(&[(
            "one",
            "ARG A\nFROM x:1\nARG B=\nRUN --mount=type=secret,id=ca --mount=type=cache,id=c,target=/c true\n",
        )])
        .unwrap();
        assert_eq!(
            composition.declared_args().into_iter().collect::<Vec<_>>(),
            ["A", "B"]
        );
        assert_eq!(
            composition.secrets().into_iter().collect::<Vec<_>>(),
            ["ca"]
        );
    }
}
