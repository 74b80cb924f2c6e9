//! What we make of a Dockerfile, held against BuildKit's answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dynbuild::internals::buildkit::Client;
use dynbuild::internals::dockerfile::{Kind, Stage, Variable};
use dynbuild::internals::plan::{
    AUTOMATIC, Composition, Fragment, Ids, Inputs, StageGraph, StageId,
};

use super::answer::{Mounted, Outline, Question, Target};

/// Returns every difference, or why BuildKit refuses the text.
pub(super) async fn compare(client: &Client, text: &str) -> Result<Vec<String>, String> {
    let question = Question { client, text };
    let targets = question.targets().await?;
    let last = question.outline(None).await?;
    // No stage can be called that: a last one without a name stays without one.
    let composition = match compose(&[("0", text)]) {
        Ok(composition) => composition,
        Err(refusals) => return Ok(vec![format!("refused: {}", refusals.join("; "))]),
    };
    let args = BTreeMap::new();
    let ours = Ours {
        text,
        composition: &composition,
        graph: StageGraph::new(&composition, Inputs::of_args(&args)),
    };
    let mut differences = ours.stages(&targets);
    if !differences.is_empty() {
        return Ok(differences);
    }
    differences.extend(ours.outline(ours.graph.count() - 1, &last));
    for target in targets.iter().rev().skip(1) {
        if let Some(id) = ours.graph.find(&target.name)
            && let Ok(outline) = question.outline(Some(&target.name)).await
        {
            differences.extend(ours.outline(id, &outline));
        }
    }
    Ok(differences)
}

/// Joins fragments, or returns why that is refused.
pub(super) fn join(fragments: &[(&str, &str)]) -> Result<String, Vec<String>> {
    Ok(compose(fragments)?.join().text)
}

fn compose(fragments: &[(&str, &str)]) -> Result<Composition, Vec<String>> {
    let fragments = fragments.iter().map(|(name, text)| {
        let file = format!("{name}.Dockerfile");
        Arc::new(Fragment::new(*name, file, *text))
    });
    let composition = Composition::new(fragments);
    composition.map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

struct Ours<'a> {
    text: &'a str,
    composition: &'a Composition,
    graph: StageGraph<'a>,
}

impl Ours<'_> {
    fn line(&self, position: usize) -> usize {
        self.text[..position].matches('\n').count() + 1
    }

    fn stages(&self, targets: &[Target]) -> Vec<String> {
        let theirs = targets.iter().map(|target| {
            let Target {
                name,
                description,
                base,
                platform,
                location,
            } = target;
            [name, description, base, platform]
                .map(String::clone)
                .into_iter()
                .chain([location.line().to_string()])
                .collect::<Vec<_>>()
        });
        let text = |value: Option<&String>| value.cloned().unwrap_or_default();
        let ours = self.composition.stages().map(|(_, stage)| {
            let name = stage.name.as_ref().map(|name| name.value.to_lowercase());
            let platform = stage.platform.as_ref().map(|platform| &platform.value);
            vec![
                name.unwrap_or_default(),
                text(stage.description.as_ref()),
                stage.image.value.clone(),
                text(platform),
                self.line(stage.span.start).to_string(),
            ]
        });
        let (theirs, ours): (Vec<_>, Vec<_>) = (theirs.collect(), ours.collect());
        let differ = theirs != ours;
        Vec::from_iter(differ.then(|| format!("stages: BuildKit {theirs:?}, we {ours:?}")))
    }

    fn outline(&self, id: StageId, outline: &Outline) -> Vec<String> {
        let name = self.name(id);
        let mut differences = self.args(id, outline);
        let ids = [
            ("secrets", self.graph.secrets(id), &outline.secrets),
            ("agents", self.graph.ssh(id), &outline.ssh),
        ];
        differences.extend(ids.into_iter().filter_map(|(what, ours, theirs)| {
            different_ids(&ours, theirs).map(|found| format!("{what} {found}"))
        }));
        differences
            .iter()
            .map(|difference| format!("stage {name}: {difference}"))
            .collect()
    }

    fn name(&self, id: StageId) -> String {
        let (_, stage) = self.graph.stage(id);
        stage
            .name
            .as_ref()
            .map_or_else(|| id.to_string(), |name| name.value.clone())
    }

    /// Compares names, descriptions, and the values of the arguments that the stage itself declares.
    fn args(&self, id: StageId, outline: &Outline) -> Vec<String> {
        let (_, stage) = self.graph.stage(id);
        let declared = self.graph.declared(id);
        let globals: BTreeMap<_, _> = self
            .composition
            .global_args()
            .map(|(_, arg)| (arg.name.as_str(), arg))
            .collect();
        let mut differences = Vec::new();
        for arg in &outline.args {
            let name = arg.name.as_str();
            if !declared.contains(name) && !globals.contains_key(name) {
                differences.push(format!("argument {name} is not known to us"));
                continue;
            }
            if let Some(own) = own_value(&self.graph, id, stage, name)
                && own != arg.value
            {
                differences.push(format!("{name}: BuildKit `{}`, we `{own}`", arg.value));
            }
            let own = stage.args().chain(globals.values().copied());
            let mut own = own
                .filter(|own| own.name == name && self.line(own.span.start) >= arg.location.line());
            if arg.location.line() > 0
                && let Some(own) = own.next()
                && own.description.clone().unwrap_or_default() != arg.description
                && self.line(own.span.start) == arg.location.line()
            {
                differences.push(format!(
                    "{name} is `{}`, we say {:?}",
                    arg.description, own.description
                ));
            }
        }
        let listed: BTreeSet<_> = outline.args.iter().map(|arg| arg.name.as_str()).collect();
        // What BuildKit fills in itself is no argument for people.
        let is_listed = |name: &str| listed.contains(name) || AUTOMATIC.contains(&name);
        let unlisted = stage.args().filter(|arg| !is_listed(&arg.name));
        differences.extend(unlisted.map(|arg| format!("argument {} is not BuildKit's", arg.name)));
        differences
    }
}

/// Returns the value of an argument at the end of the stage that declares it, if we claim to know it
/// and it has that of its last declaration.
fn own_value(graph: &StageGraph<'_>, id: StageId, stage: &Stage, name: &str) -> Option<String> {
    let declared: Vec<_> = stage.args().filter(|arg| arg.name == name).collect();
    // Without a default, the stage keeps what it or its parent has, or takes the global one. The
    // outline says nothing of that.
    let is_first = declared.len() == 1 && graph.parent(id).is_none();
    if declared.last()?.default.is_none() && !is_first {
        return None;
    }
    let sets = |kind: &Kind| match kind {
        Kind::Env(pairs) => pairs
            .iter()
            .any(|pair| pair.name == name || pair.name.contains('$')),
        _ => false,
    };
    let mut chain = vec![id];
    while let Some(parent) = graph.parent(chain[chain.len() - 1]) {
        chain.push(parent);
    }
    let mut instructions = chain.iter().flat_map(|id| {
        let (_, stage) = graph.stage(*id);
        stage.instructions_and_triggers()
    });
    if instructions.any(|instruction| sets(&instruction.kind)) {
        return None;
    }
    match graph.variable(id, name) {
        Variable::Set(value) => Some(value),
        Variable::Unset => Some(String::new()),
        Variable::Unknown => None,
    }
}

fn different_ids(ours: &Ids, theirs: &[Mounted]) -> Option<String> {
    let names: BTreeSet<_> = theirs.iter().map(|one| one.name.clone()).collect();
    let required = theirs.iter().filter(|one| one.required);
    let required: BTreeSet<_> = required.map(|one| one.name.clone()).collect();
    // Of several mounts of one secret the outline has the first, which may do without it.
    let agree = required.is_subset(&ours.required)
        && if ours.others {
            names.is_superset(&ours.known)
        } else {
            names == ours.known
        };
    (!agree).then(|| format!("differ: BuildKit {theirs:?}, we {ours:?}"))
}
