//! Build arguments that do not reach where they are used, or are used nowhere.

use std::collections::BTreeSet;
use std::ops::Range;

use super::finding::{Finding, Rule};
use super::subject::{AUTOMATIC, Subject, code, finding, used};
use crate::plan::stages::{Arg, Fragment, Kind, StageId, references};

/// Arguments that every build has without declaring them.
const PREDEFINED: &[&str] = &[
    "ALL_PROXY",
    "FTP_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "SOURCE_DATE_EPOCH",
];

/// Arguments that programs read from their environment without being named in a step.
const READ_BY_TOOLS: &[&str] = &[
    "AWS_", "CARGO_", "CMAKE_", "DEBIAN_", "MAX_JOBS", "NVCC_", "PIP_", "RUST", "SCCACHE_",
    "TORCH_", "UV_",
];

/// Finds uses of build arguments in stages that cannot see them.
///
/// This is how the original lost its media features: declared before `FROM`, used in a stage, and
/// always empty there.
pub(super) fn invisible(subject: &Subject<'_>) -> Vec<Finding> {
    let globals: BTreeSet<_> = global_names(subject);
    let mut findings = Vec::new();
    for (id, fragment, stage) in subject.stages() {
        for reference in references(&stage.image.value) {
            if !globals.contains(reference.name) && reference.modifier.is_none() {
                findings.push(in_from(reference.name, fragment, &stage.image.span));
            }
        }
        let mut visible = inherited(subject, id);
        let mut told = BTreeSet::new();
        for instruction in &stage.instructions {
            visible.extend(declared(&instruction.kind));
            for (name, span) in used(fragment, instruction) {
                let hidden = !visible.contains(name.as_str()) && subject.is_argument(&name);
                if hidden && !PREDEFINED.contains(&name.as_str()) && told.insert(name.clone()) {
                    let stage = stage.name.as_ref().map_or("this stage", |name| &name.value);
                    let message =
                        format!("the build argument `{name}` is always empty in `{stage}`");
                    let hint = format!("Declare it in the stage, above its use: ARG {name}");
                    findings.push(finding(Rule::ArgInvisible, fragment, &span, message, hint));
                }
            }
        }
    }
    findings
}

fn in_from(name: &str, fragment: &Fragment, span: &Range<usize>) -> Finding {
    let message = format!("`FROM` uses the argument `{name}`, which is not declared above");
    let hint = format!("Declare it before the first FROM of the file: ARG {name}");
    finding(Rule::ArgInvisible, fragment, span, message, hint)
}

fn global_names<'a>(subject: &Subject<'a>) -> BTreeSet<&'a str> {
    let declared = subject.composition.global_args();
    let declared = declared.map(|(_, arg)| arg.name.as_str());
    declared.chain(AUTOMATIC.iter().copied()).collect()
}

/// Returns what a stage sees of the stages that it starts from.
fn inherited<'a>(subject: &Subject<'a>, id: StageId) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::new();
    let mut current = subject.graph.parent(id);
    while let Some(parent) = current {
        let (_, stage) = subject.graph.stage(parent);
        names.extend(
            stage
                .instructions
                .iter()
                .flat_map(|own| declared(&own.kind)),
        );
        current = subject.graph.parent(parent);
    }
    names
}

fn declared(kind: &Kind) -> Vec<&str> {
    match kind {
        Kind::Arg(args) => args.iter().map(|arg| arg.name.as_str()).collect(),
        Kind::Env(pairs) => pairs.iter().map(|(name, _)| name.as_str()).collect(),
        Kind::Copy(_) | Kind::Run(_) | Kind::Other => Vec::new(),
    }
}

/// Finds arguments without a default that nothing passes.
pub(super) fn not_fed(subject: &Subject<'_>) -> Vec<Finding> {
    let mut told = BTreeSet::new();
    let global = subject.composition.global_args();
    let of_stages = subject.stages();
    let of_stages =
        of_stages.flat_map(|(_, fragment, stage)| stage.args().map(move |arg| (fragment, arg)));
    global
        .chain(of_stages)
        .filter(|(_, arg)| !has_value(subject, arg) && told.insert(arg.name.as_str()))
        .map(|(fragment, arg)| {
            let name = &arg.name;
            let message = format!("nothing gives the build argument `{name}` a value");
            let hint = format!("Set it in the profile's [args]; if it may be empty: ARG {name}=");
            finding(Rule::ArgNotFed, fragment, &arg.span, message, hint)
        })
        .collect()
}

fn has_value(subject: &Subject<'_>, arg: &Arg) -> bool {
    let name = arg.name.as_str();
    let global_default = || {
        let mut global = subject.composition.global_args();
        global.any(|(_, global)| global.name == name && global.default.is_some())
    };
    arg.default.is_some()
        || subject.given.contains_key(name)
        || AUTOMATIC.contains(&name)
        || PREDEFINED.contains(&name)
        || global_default()
}

/// Finds arguments that no instruction of any fragment mentions.
pub(super) fn unused(subject: &Subject<'_>) -> Vec<Finding> {
    let text = mentions(subject);
    let of_stages = subject.composition.stages();
    let of_stages =
        of_stages.flat_map(|(fragment, stage)| stage.args().map(move |arg| (fragment, arg)));
    let mut told = BTreeSet::new();
    subject
        .composition
        .global_args()
        .chain(of_stages)
        .filter(|(_, arg)| !is_mentioned(&text, &arg.name) && told.insert(arg.name.as_str()))
        .map(|(fragment, arg)| {
            let message = format!("the build argument `{}` is used nowhere", arg.name);
            finding(Rule::ArgUnused, fragment, &arg.span, message, None)
        })
        .collect()
}

/// Everything but declarations.
fn mentions(subject: &Subject<'_>) -> String {
    let mut text = String::new();
    for (fragment, stage) in subject.composition.stages() {
        text.push_str(&stage.image.value);
        for instruction in &stage.instructions {
            match &instruction.kind {
                Kind::Arg(args) => {
                    text.extend(args.iter().filter_map(|arg| arg.default.as_deref()));
                }
                Kind::Env(_) | Kind::Copy(_) | Kind::Run(_) | Kind::Other => {
                    text.push_str(&code(fragment, instruction));
                }
            }
            text.push('\n');
        }
    }
    text
}

fn is_mentioned(text: &str, name: &str) -> bool {
    let read = |prefix: &&str| name.starts_with(*prefix);
    let is_part = |character: Option<char>| {
        character.is_some_and(|character| character.is_ascii_alphanumeric() || character == '_')
    };
    READ_BY_TOOLS.iter().any(read)
        || PREDEFINED.contains(&name)
        || text.match_indices(name).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let after = text[at + name.len()..].chars().next();
            !is_part(before) && !is_part(after)
        })
}
