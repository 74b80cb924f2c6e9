//! The fragments of one build, and whether they go together.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::checks::Checks;
use super::error::StagesError;
use super::fragment::Fragment;
use super::globals::{self, JoinedGlobal};
use super::part::Part;
use crate::dockerfile::{Arg, Instruction, Kind, Spanned, Stage};
use crate::problem::Excerpt;
use crate::suggest;

/// The parsed fragments of a build, in the order in which they are joined.
#[derive(Clone, Debug)]
pub struct Composition {
    parts: Vec<Part>,
}

/// Something of a fragment that we do not know, and leave to BuildKit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// What it is, as a sentence without period.
    pub message: String,
    /// Where it stands.
    pub at: Excerpt,
    /// The instruction that was perhaps meant.
    pub similar: Option<&'static str>,
}

const INSTRUCTIONS: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

impl Composition {
    /// Parses the fragments and checks that they go together; returns everything that is wrong.
    pub fn new(
        fragments: impl IntoIterator<Item = Arc<Fragment>>,
    ) -> Result<Self, Vec<StagesError>> {
        let mut errors = Vec::new();
        let mut parts = Vec::new();
        let mut offset = 0;
        for fragment in fragments {
            match fragment.parsed() {
                Ok(dockerfile) => {
                    let stages = dockerfile.stages.len();
                    parts.push(Part {
                        fragment,
                        dockerfile,
                        offset,
                    });
                    offset += stages;
                }
                Err(error) => errors.push(error),
            }
        }
        name_last_stages(&mut parts);
        errors.extend(globals::conflicts(&parts));
        errors.extend(duplicate_stages(&parts));
        errors.extend(conflicting_directives(&parts));
        errors.extend(parts.iter().flat_map(Part::unclear_numbers));
        let followed = parts.split_last().map_or(&[][..], |(_, followed)| followed);
        errors.extend(followed.iter().filter_map(Part::unclosable_end));
        if errors.is_empty() {
            Ok(Self { parts })
        } else {
            Err(errors)
        }
    }

    /// Returns the fragments in order.
    pub fn fragments(&self) -> impl Iterator<Item = &Arc<Fragment>> {
        self.parts.iter().map(|part| &part.fragment)
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
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
            let args = part.dockerfile.global_args();
            args.map(move |arg| (&part.fragment, arg))
        })
    }

    pub(super) fn joined_globals(&self) -> Vec<JoinedGlobal<'_>> {
        globals::joined(&self.parts)
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
        let of_stages = self.stages().flat_map(|(fragment, stage)| {
            let args = stage.instructions_and_triggers();
            let args = args.flat_map(Instruction::args);
            args.map(move |arg| (fragment, arg))
        });
        self.global_args().chain(of_stages)
    }

    /// Returns the instructions and flags that we do not know.
    pub fn unknown(&self) -> Vec<Unknown> {
        let mut found = Vec::new();
        for (fragment, stage) in self.stages() {
            let of_from = stage.unknown_flags.iter();
            found.extend(of_from.map(|flag| unknown_flag(fragment, "FROM", flag)));
            for instruction in stage.instructions_and_triggers() {
                let keyword = &instruction.keyword;
                if instruction.kind == Kind::Unknown {
                    found.push(Unknown {
                        message: format!(
                            "dynbuild does not know the instruction `{}`",
                            keyword.value
                        ),
                        at: fragment.excerpt(keyword.span.clone(), ""),
                        similar: suggest::closest(&keyword.value, INSTRUCTIONS)
                            .and_then(|name| INSTRUCTIONS.into_iter().find(|known| *known == name)),
                    });
                }
                let flags = instruction.unknown_flags.iter();
                found.extend(flags.map(|flag| unknown_flag(fragment, &keyword.value, flag)));
            }
        }
        found
    }

    /// Returns the frontend that the fragments name, and where.
    pub(super) fn syntax(&self) -> Option<(&Part, &Spanned<String>)> {
        self.parts.iter().find_map(|part| {
            let syntax = part.dockerfile.directives.syntax.as_ref()?;
            Some((part, syntax))
        })
    }

    pub(super) fn checks(&self) -> Checks {
        let mut checks = Checks::default();
        for part in &self.parts {
            if let Some(check) = &part.dockerfile.directives.check {
                checks.add(&check.value);
            }
        }
        checks
    }
}

fn unknown_flag(fragment: &Fragment, keyword: &str, flag: &Spanned<String>) -> Unknown {
    let name = flag.value.split('=').next().unwrap_or_default();
    Unknown {
        message: format!("dynbuild does not know the flag `{name}` of `{keyword}`"),
        at: fragment.excerpt(flag.span.clone(), ""),
        similar: None,
    }
}

/// Gives a last stage without a name that of its fragment, unless another stage has it or would get it:
/// docker builds the last one if asked for nothing else, and a target of BuildKit is a name, never a
/// number.
fn name_last_stages(parts: &mut [Part]) {
    let stages = parts.iter().flat_map(|part| &part.dockerfile.stages);
    let names = stages.filter_map(|stage| stage.name.as_ref());
    let mut wanted: Vec<_> = names.map(|name| name.value.to_lowercase()).collect();
    wanted.extend(parts.iter().filter_map(Part::name_to_give));
    for part in parts {
        if let Some(name) = part.name_to_give()
            && wanted.iter().filter(|wanted| **wanted == name).count() == 1
            && let Some(last) = Arc::make_mut(&mut part.dockerfile).stages.last_mut()
        {
            let end = last.image.span.end;
            last.name = Some(Spanned::new(name, end..end));
        }
    }
}

/// Stages of one fragment may share a name, as BuildKit has it; those of two would take each other's
/// place.
fn duplicate_stages(parts: &[Part]) -> Vec<StagesError> {
    let mut named: HashMap<String, (&Part, &Spanned<String>)> = HashMap::new();
    let mut errors = Vec::new();
    for part in parts {
        for name in part
            .dockerfile
            .stages
            .iter()
            .filter_map(|stage| stage.name.as_ref())
        {
            let (first_part, first) = *named
                .entry(name.value.to_lowercase())
                .or_insert((part, name));
            if first_part.offset != part.offset {
                errors.push(StagesError::DuplicateStage {
                    name: name.value.clone(),
                    second: Box::new(part.excerpt(&name.span, "here again")),
                    first: Box::new(first_part.excerpt(&first.span, "here first")),
                });
            }
        }
    }
    errors
}

/// Finds directives that cannot hold for all fragments at once.
fn conflicting_directives(parts: &[Part]) -> Vec<StagesError> {
    let mut errors = Vec::new();
    let mut syntax: Option<(&Part, &Spanned<String>)> = None;
    for part in parts {
        let directives = &part.dockerfile.directives;
        if let Some(own) = &directives.syntax {
            let (first_part, first) = *syntax.get_or_insert((part, own));
            if first.value != own.value {
                errors.push(StagesError::ConflictingDirectives {
                    directive: "syntax",
                    second: Box::new(part.excerpt(&own.span, "this one")),
                    first: Box::new(first_part.excerpt(&first.span, "differs from this one")),
                });
            }
        }
        if let Some(check) = &directives.check
            && !Checks::default().add(&check.value)
        {
            errors.push(StagesError::Check {
                at: Box::new(part.excerpt(&check.span, "")),
            });
        }
    }
    errors.extend(conflicting_escapes(parts));
    errors
}

fn conflicting_escapes(parts: &[Part]) -> Option<StagesError> {
    let (first, rest) = parts.split_first()?;
    let other = rest
        .iter()
        .find(|part| part.dockerfile.escape() != first.dockerfile.escape())?;
    let place = |part: &Part, label: &str| {
        let escape = part.dockerfile.directives.escape.as_ref();
        let span = escape.map_or(0..0, |escape| escape.span.clone());
        Box::new(part.excerpt(&span, label))
    };
    let escapes =
        |part: &Part| format!("this fragment escapes with `{}`", part.dockerfile.escape());
    Some(StagesError::ConflictingDirectives {
        directive: "escape",
        second: place(other, &escapes(other)),
        first: place(first, &escapes(first)),
    })
}

#[cfg(test)]
mod tests;
