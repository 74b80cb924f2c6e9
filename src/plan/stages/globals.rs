//! The arguments before the first `FROM`, of all fragments together.
//!
//! They stand at the top of the joined file, because further down they would belong to a stage.
//! Each fragment's own order is kept: BuildKit replaces variables in a default by what is known at
//! that line.

use std::collections::BTreeMap;

use super::error::StagesError;
use super::part::Part;
use crate::dockerfile::{Arg, Global};

/// An `ARG` of the joined file.
#[derive(Clone, Debug)]
pub(super) struct JoinedGlobal<'a> {
    pub(super) part: &'a Part,
    pub(super) global: &'a Global,
    /// Those of its arguments that the joined file needs.
    pub(super) args: Vec<&'a Arg>,
}

/// Who declares an argument first, and who gives it its defaults.
#[derive(Clone, Copy, Default)]
struct Owner {
    first: usize,
    defaults: Option<usize>,
}

/// Returns the declarations that the joined file needs, in order.
///
/// Defaults come from one fragment. Others may declare the argument without one, or with the same.
pub(super) fn joined(parts: &[Part]) -> Vec<JoinedGlobal<'_>> {
    let owners = owners(parts);
    let mut joined = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let mut bare: Vec<&str> = Vec::new();
        for global in &part.dockerfile.globals {
            let mut args = Vec::new();
            for arg in &global.args {
                let owner = owners[arg.name.as_str()];
                // Without a default of anybody, one line is enough.
                let is_repeated = owner.defaults.is_none() && bare.contains(&arg.name.as_str());
                bare.push(&arg.name);
                let is_needed = match (&arg.default, owner.defaults) {
                    (Some(_), defaults) => defaults == Some(index),
                    // A value that is given counts from the first line that declares it.
                    (None, defaults) => owner.first == index || defaults == Some(index),
                };
                if is_needed && !is_repeated {
                    args.push(arg);
                }
            }
            if !args.is_empty() {
                joined.push(JoinedGlobal { part, global, args });
            }
        }
    }
    joined
}

fn owners(parts: &[Part]) -> BTreeMap<&str, Owner> {
    let mut owners: BTreeMap<&str, Owner> = BTreeMap::new();
    for (index, part) in parts.iter().enumerate() {
        for arg in part.dockerfile.global_args() {
            let owner = owners.entry(&arg.name).or_insert(Owner {
                first: index,
                defaults: None,
            });
            if arg.default.is_some() {
                owner.defaults.get_or_insert(index);
            }
        }
    }
    owners
}

/// Finds fragments that give one argument different defaults.
pub(super) fn conflicts(parts: &[Part]) -> Vec<StagesError> {
    let mut given: BTreeMap<&str, (&Part, Vec<&Arg>)> = BTreeMap::new();
    let mut errors = Vec::new();
    for part in parts {
        let mut own: BTreeMap<&str, Vec<&Arg>> = BTreeMap::new();
        for arg in part.dockerfile.global_args() {
            if arg.default.is_some() {
                own.entry(&arg.name).or_default().push(arg);
            }
        }
        for (name, args) in own {
            let Some((first_part, first)) = given.get(name) else {
                given.insert(name, (part, args));
                continue;
            };
            let defaults = |args: &[&Arg]| {
                let defaults = args.iter().map(|arg| arg.default.clone());
                defaults.collect::<Vec<_>>()
            };
            if defaults(first) != defaults(&args) {
                errors.push(StagesError::ConflictingDefaults {
                    name: name.to_owned(),
                    second: Box::new(part.excerpt(&args[0].span, "this default")),
                    first: Box::new(first_part.excerpt(&first[0].span, "differs from this one")),
                });
            }
        }
    }
    errors
}
