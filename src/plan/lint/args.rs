//! Build arguments that do not reach where they are used, or are used nowhere.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

use super::finding::{Finding, Rule};
use super::programs::{image_may_set, may_read_any, programs_read};
use super::subject::{AUTOMATIC, Subject, code, declared, finding, used};
use crate::dockerfile::{Arg, Instruction, Kind, Mount, Stage, Variable, references};
use crate::plan::stages::{Fragment, StageId};

/// Arguments that every build has without declaring them.
const PREDEFINED: &[&str] = &[
    "ALL_PROXY",
    "FTP_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "SOURCE_DATE_EPOCH",
];

/// Finds uses of build arguments in stages that cannot see them.
///
/// This is how the original lost its media features: declared before `FROM`, used in a stage, and
/// always empty there.
pub(super) fn invisible(subject: &Subject<'_>) -> Vec<Finding> {
    let globals: BTreeSet<_> = global_names(subject);
    let mut findings = Vec::new();
    let mut inherited = Inherited::of(subject);
    for (id, fragment, stage) in subject.stages() {
        findings.extend(invisible_in_from(fragment, stage, &globals));
        let mut visible = inherited.triggered(id);
        let mut reported = BTreeSet::new();
        for instruction in &stage.instructions {
            let of_secrets = of_secrets(instruction);
            visible.extend(declared(&instruction.kind));
            for (name, span) in used(fragment, instruction) {
                let hidden = !visible.contains(name.as_str())
                    && !inherited.has(id, &name)
                    && subject.is_argument(&name)
                    && !of_secrets.contains(name.as_str())
                    && !image_may_set(&name)
                    && !PREDEFINED.contains(&name.as_str());
                if hidden && reported.insert(name.clone()) {
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

fn invisible_in_from<'f>(
    fragment: &'f Fragment,
    stage: &'f Stage,
    globals: &'f BTreeSet<&str>,
) -> impl Iterator<Item = Finding> + 'f {
    let texts = [&stage.image].into_iter().chain(&stage.platform);
    texts.flat_map(move |text| {
        let found = references(&text.value).into_iter();
        let hidden = found.filter(|found| !globals.contains(found.name) && !found.has_default);
        hidden.map(move |found| in_from(found.name, fragment, &text.span))
    })
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

/// What stages see of the stages that they start from.
struct Inherited<'a, 'b> {
    subject: &'b Subject<'a>,
    declared: Vec<HashSet<&'a str>>,
    /// By name, for the stages that were asked about: chains are not walked again and again.
    known: HashMap<String, HashMap<StageId, bool>>,
}

impl<'a, 'b> Inherited<'a, 'b> {
    fn of(subject: &'b Subject<'a>) -> Self {
        let declared = (0..subject.graph.count()).map(|id| {
            let (_, stage) = subject.graph.stage(id);
            let kinds = stage
                .instructions
                .iter()
                .map(|instruction| &instruction.kind);
            kinds.flat_map(declared).collect()
        });
        Self {
            subject,
            declared: declared.collect(),
            known: HashMap::new(),
        }
    }

    /// Returns what the triggers of the stage right below declare.
    fn triggered(&self, id: StageId) -> HashSet<&'a str> {
        let Some(parent) = self.subject.graph.parent(id) else {
            return HashSet::new();
        };
        let (_, stage) = self.subject.graph.stage(parent);
        let triggers = stage.instructions.iter().filter_map(|instruction| {
            let Kind::OnBuild(trigger) = &instruction.kind else {
                return None;
            };
            Some(declared(&trigger.kind))
        });
        triggers.flatten().collect()
    }

    /// Returns whether a stage below declares a name.
    fn has(&mut self, id: StageId, name: &str) -> bool {
        let known = self.known.entry(name.to_owned()).or_default();
        let start = self.subject.graph.parent(id);
        let mut current = start;
        let has = loop {
            let Some(below) = current else {
                break false;
            };
            if let Some(has) = known.get(&below) {
                break *has;
            }
            if self.declared[below].contains(name) {
                break true;
            }
            current = self.subject.graph.parent(below);
        };
        known.extend(start.map(|start| (start, has)));
        has
    }
}

/// Returns the variables that a step gets from secrets.
fn of_secrets(instruction: &Instruction) -> BTreeSet<&str> {
    let Kind::Run(run) = &instruction.kind else {
        return BTreeSet::new();
    };
    run.mounts.iter().filter_map(Mount::variable).collect()
}

/// Finds arguments without a default that nothing passes.
pub(super) fn not_fed(subject: &Subject<'_>) -> Vec<Finding> {
    let with_default: HashSet<&str> = subject
        .composition
        .global_args()
        .filter(|(_, arg)| arg.default.is_some())
        .map(|(_, arg)| arg.name.as_str())
        .collect();
    let is_fed = |arg: &Arg| {
        let name = arg.name.as_str();
        arg.default.is_some()
            || with_default.contains(name)
            || subject.inputs.args.contains_key(name)
            || AUTOMATIC.contains(&name)
            || PREDEFINED.contains(&name)
    };
    // A stage may have the value from the one that it starts from.
    let is_inherited = |id: StageId, arg: &Arg| {
        let parent = subject.graph.parent(id);
        let variable = parent.map(|parent| subject.graph.variable(parent, &arg.name));
        matches!(variable, Some(Variable::Set(_)))
    };
    let global = subject.composition.global_args();
    let global = global.map(|(fragment, arg)| (None, fragment, arg));
    let of_stages = subject.stages().flat_map(|(id, fragment, stage)| {
        let args = stage.args();
        args.map(move |arg| (Some(id), fragment, arg))
    });
    let mut reported = BTreeSet::new();
    global
        .chain(of_stages)
        .filter(|(id, _, arg)| !is_fed(arg) && !id.is_some_and(|id| is_inherited(id, arg)))
        .filter(|(_, fragment, arg)| Remark::of(fragment, arg).is_none())
        .filter(|(_, _, arg)| reported.insert(arg.name.as_str()))
        .map(|(_, fragment, arg)| {
            let name = &arg.name;
            let message = format!("nothing gives the build argument `{name}` a value");
            let hint = format!("Set it in the profile's [args]; if it may be empty: ARG {name}=");
            finding(Rule::ArgNotFed, fragment, &arg.span, message, hint)
        })
        .collect()
}

/// Finds arguments that no instruction of any fragment mentions, and that no program can read from
/// its environment.
pub(super) fn unused(subject: &Subject<'_>) -> Vec<Finding> {
    let mentioned = mentioned(subject);
    let read = read_by_programs(subject);
    let is_used = |name: &str| {
        mentioned.contains(name)
            || read.contains(name)
            || programs_read(name)
            || PREDEFINED.contains(&name)
    };
    let of_stages = subject.composition.stages();
    let of_stages =
        of_stages.flat_map(|(fragment, stage)| stage.args().map(move |arg| (fragment, arg)));
    let mut reported = BTreeSet::new();
    subject
        .composition
        .global_args()
        .chain(of_stages)
        .filter(|(_, arg)| arg.name.starts_with('#') || !is_used(&arg.name))
        .filter(|(_, arg)| reported.insert(arg.name.as_str()))
        .filter_map(|(fragment, arg)| {
            let name = &arg.name;
            let (message, hint) = match Remark::of(fragment, arg) {
                Some(Remark::Begins) => (
                    "`#` begins no comment here: each word after it is a build argument".to_owned(),
                    "Put the comment on a line of its own, above the instruction".to_owned(),
                ),
                Some(Remark::GoesOn) => return None,
                None => (
                    format!("the build argument `{name}` is used nowhere"),
                    format!("Remove it; what runs later sees only variables: ENV {name}=${name}"),
                ),
            };
            Some(finding(Rule::ArgUnused, fragment, &arg.span, message, hint))
        })
        .collect()
}

/// A remark behind an `ARG`, whose words are arguments for BuildKit. They are one mistake.
enum Remark {
    Begins,
    GoesOn,
}

impl Remark {
    fn of(fragment: &Fragment, arg: &Arg) -> Option<Self> {
        let line = fragment.text[..arg.span.start].rsplit('\n').next();
        if line.is_some_and(|line| line.contains(" #")) {
            Some(Self::GoesOn)
        } else {
            arg.name.starts_with('#').then_some(Self::Begins)
        }
    }
}

/// Returns every word of the composition that is no declaration of the same name.
fn mentioned(subject: &Subject<'_>) -> HashSet<String> {
    let mut words = HashSet::new();
    for (_, arg) in subject.composition.global_args() {
        add_default(arg, &mut words);
    }
    for (fragment, stage) in subject.composition.stages() {
        add_words(&stage.image.value, &mut words);
        if let Some(platform) = &stage.platform {
            add_words(&platform.value, &mut words);
        }
        for instruction in &stage.instructions {
            match &instruction.kind {
                Kind::Arg(args) => args.iter().for_each(|arg| add_default(arg, &mut words)),
                // What is kept is run later, when arguments are gone.
                Kind::Kept => {}
                Kind::Run(run) => {
                    add_words(&code(fragment, instruction), &mut words);
                    for document in &run.documents {
                        add_words(&document.text, &mut words);
                    }
                }
                Kind::Env(_)
                | Kind::Label(_)
                | Kind::Copy(_)
                | Kind::OnBuild(_)
                | Kind::Words(_)
                | Kind::Unknown => add_words(&code(fragment, instruction), &mut words),
            }
        }
    }
    words
}

/// An argument that is made of itself, as in `ARG A=${A}-x`, is not used by that.
fn add_default(arg: &Arg, words: &mut HashSet<String>) {
    let default = arg.default.as_deref().unwrap_or_default();
    let mut own = HashSet::new();
    add_words(default, &mut own);
    own.remove(&arg.name);
    words.extend(own);
}

fn add_words(text: &str, words: &mut HashSet<String>) {
    let is_part = |part: char| part.is_ascii_alphanumeric() || part == '_';
    let found = text
        .split(|part| !is_part(part))
        .filter(|word| !word.is_empty());
    for word in found {
        if !words.contains(word) {
            words.insert(word.to_owned());
        }
    }
}

/// Returns the arguments that are in the environment of a program that may look at them.
fn read_by_programs<'a>(subject: &Subject<'a>) -> HashSet<&'a str> {
    let count = subject.graph.count();
    // Whether a stage, or one that starts from it, runs a program.
    let mut runs = vec![false; count];
    let mut names = HashSet::new();
    for id in (0..count).rev() {
        let (fragment, stage) = subject.graph.stage(id);
        let mut below = runs[id];
        for instruction in stage.instructions.iter().rev() {
            if below {
                names.extend(instruction.args().iter().map(|arg| arg.name.as_str()));
            }
            let is_run = matches!(instruction.kind, Kind::Run(_));
            below |= is_run && may_read_any(&code(fragment, instruction));
        }
        if let Some(parent) = subject.graph.parent(id) {
            runs[parent] |= below;
        }
    }
    names
}
