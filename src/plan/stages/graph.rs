//! Which stages a target needs, and what these read from the build context.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::StagesError;
use super::compose::Composition;
use super::dockerfile::{Instruction, Kind, Mount, Stage};
use super::expand::expand;
use super::fragments::Fragment;
use crate::suggest;

/// A stage's place in the joined Dockerfile, counted from 0.
pub type StageId = usize;

/// What a target's stages read from the build context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContextPaths {
    /// Everything, or what cannot be told before the build.
    All,
    /// These paths and what is below them, sorted; none at all if the context is not used.
    Only(BTreeSet<String>),
}

/// The stages of a composition with the values of a build's arguments.
#[derive(Debug)]
pub struct StageGraph<'a> {
    stages: Vec<(&'a Arc<Fragment>, &'a Stage)>,
    globals: BTreeMap<String, String>,
    given: &'a BTreeMap<String, String>,
}

impl<'a> StageGraph<'a> {
    /// Creates the graph for a build that passes the arguments `given`.
    pub fn new(composition: &'a Composition, given: &'a BTreeMap<String, String>) -> Self {
        let mut globals = BTreeMap::new();
        for (_, arg) in composition.global_args() {
            let value = given.get(&arg.name).or(arg.default.as_ref());
            if let Some(value) = value {
                globals
                    .entry(arg.name.clone())
                    .or_insert_with(|| value.clone());
            }
        }
        Self {
            stages: composition.stages().collect(),
            globals,
            given,
        }
    }

    /// Returns the stage and its fragment.
    pub fn stage(&self, id: StageId) -> (&'a Arc<Fragment>, &'a Stage) {
        self.stages[id]
    }

    /// Returns the names of all named stages, in order.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        let names = self.stages.iter();
        names.filter_map(|(_, stage)| Some(stage.name.as_ref()?.value.as_str()))
    }

    /// Returns the stage called `name`; BuildKit ignores case.
    pub fn find(&self, name: &str) -> Option<StageId> {
        let called = |stage: &Stage| {
            let own = stage.name.as_ref();
            own.is_some_and(|own| own.value.eq_ignore_ascii_case(name))
        };
        self.stages.iter().position(|(_, stage)| called(stage))
    }

    /// Returns the stage that a target names, or an error with the names that exist.
    pub fn target(&self, name: &str) -> Result<StageId, StagesError> {
        self.find(name).ok_or_else(|| StagesError::UnknownStage {
            name: name.to_owned(),
            closest: suggest::closest(name, self.names()).map(ToOwned::to_owned),
            known: self.names().map(ToOwned::to_owned).collect(),
        })
    }

    /// Returns what a stage starts from, variables replaced; `None` if one has no value.
    pub fn image(&self, id: StageId) -> Option<String> {
        expand(&self.stages[id].1.image.value, &|name| {
            self.globals.get(name).cloned()
        })
    }

    /// Returns the stage that this one starts from, unless that is an image.
    pub fn parent(&self, id: StageId) -> Option<StageId> {
        // Only stages above count: below, the name would be an image.
        self.find(&self.image(id)?).filter(|parent| *parent < id)
    }

    /// Returns the stages that this one reads: its parent, then by `--from`.
    pub fn needs(&self, id: StageId) -> Vec<StageId> {
        let (_, stage) = self.stages[id];
        let read = stage.instructions.iter().flat_map(sources);
        let read = read.filter_map(|name| self.source(id, name));
        self.parent(id).into_iter().chain(read).collect()
    }

    /// Returns the stage that `--from=NAME` in the stage `id` means, if it means one.
    ///
    /// A number is the stage's place in the file.
    pub fn source(&self, id: StageId, name: &str) -> Option<StageId> {
        let name = expand(name, &|name| self.value(id, name))?;
        let by_number = name.parse().ok().filter(|id| *id < self.stages.len());
        self.find(&name).or(by_number)
    }

    /// Returns the stages that building `target` runs, in the order of the file.
    pub fn needed(&self, target: StageId) -> BTreeSet<StageId> {
        let mut needed = BTreeSet::new();
        let mut open = vec![target];
        while let Some(id) = open.pop() {
            if needed.insert(id) {
                open.extend(self.needs(id));
            }
        }
        needed
    }

    /// Returns whether a stage that building `target` runs declares the argument `name`.
    pub fn declares(&self, target: StageId, name: &str) -> bool {
        let needed = self.needed(target).into_iter();
        let mut args = needed.flat_map(|id| self.stages[id].1.args());
        args.any(|arg| arg.name == name)
    }

    /// Returns a chain of stages that ends where it begins, if `id` is part of one.
    pub fn cycle(&self, id: StageId) -> Option<Vec<StageId>> {
        let mut path = vec![id];
        self.cycle_below(id, &mut path, &mut BTreeSet::new())
            .then_some(path)
    }

    fn cycle_below(
        &self,
        to: StageId,
        path: &mut Vec<StageId>,
        seen: &mut BTreeSet<StageId>,
    ) -> bool {
        let last = path[path.len() - 1];
        for next in self.needs(last) {
            if next == to {
                return true;
            }
            if seen.insert(next) {
                path.push(next);
                if self.cycle_below(to, path, seen) {
                    return true;
                }
                path.pop();
            }
        }
        false
    }

    /// Returns what building `target` reads from the build context.
    ///
    /// Targets that read the same can share one synchronised copy of the context in the engine;
    /// those that do not would overwrite each other's.
    pub fn context_paths(&self, target: StageId) -> ContextPaths {
        let mut paths = BTreeSet::new();
        for id in self.needed(target) {
            let (_, stage) = self.stages[id];
            for source in stage.instructions.iter().flat_map(from_context) {
                match expand(source, &|name| self.value(id, name))
                    .as_deref()
                    .and_then(clean)
                {
                    Some(path) => paths.insert(path),
                    None => return ContextPaths::All,
                };
            }
        }
        ContextPaths::Only(paths)
    }

    /// Returns the value of a variable in a stage: of its own ARG and ENV, or of its parents'.
    ///
    /// The order of the instructions is not looked at: an argument counts for the whole stage.
    pub fn value(&self, id: StageId, name: &str) -> Option<String> {
        self.value_within(id, name, &[])
    }

    /// As [`value`](Self::value), within the values of `open`: one that is made of itself, as in
    /// `ENV OLD=$PATH` above `ENV PATH=/bin:$OLD`, is not known.
    fn value_within(&self, id: StageId, name: &str, open: &[&str]) -> Option<String> {
        if open.contains(&name) {
            return None;
        }
        let mut own = self.stages[id].1.instructions.iter().rev();
        own.find_map(|instruction| self.assigned(id, instruction, name, open))
            .or_else(|| self.value_within(self.parent(id)?, name, open))
    }

    fn assigned(
        &self,
        id: StageId,
        instruction: &Instruction,
        name: &str,
        open: &[&str],
    ) -> Option<String> {
        match &instruction.kind {
            Kind::Env(pairs) => {
                let (_, value) = pairs.iter().find(|(own, _)| own == name)?;
                let open = [open, &[name]].concat();
                expand(value, &|inner| self.value_within(id, inner, &open))
            }
            Kind::Arg(args) => {
                let arg = args.iter().find(|arg| arg.name == name)?;
                let given = self.given.get(name);
                let default = arg.default.as_ref().or_else(|| self.globals.get(name));
                given.or(default).cloned()
            }
            Kind::Copy(_) | Kind::Run(_) | Kind::Other => None,
        }
    }
}

/// Returns what an instruction reads by `--from`.
pub(super) fn sources(instruction: &Instruction) -> Vec<&str> {
    match &instruction.kind {
        Kind::Copy(copy) => copy.from.iter().map(|from| from.value.as_str()).collect(),
        Kind::Run(run) => run
            .mounts
            .iter()
            .filter_map(|mount| mount.from.as_deref())
            .collect(),
        Kind::Arg(_) | Kind::Env(_) | Kind::Other => Vec::new(),
    }
}

/// Returns the paths of the context that an instruction reads, as written.
fn from_context(instruction: &Instruction) -> Vec<&str> {
    match &instruction.kind {
        Kind::Copy(copy) if copy.from.is_none() => {
            let sources = copy.sources.iter().map(|source| source.value.as_str());
            sources
                .filter(|source| !(copy.add && is_url(source)))
                .collect()
        }
        Kind::Run(run) => run.mounts.iter().filter_map(bound).collect(),
        Kind::Copy(_) | Kind::Arg(_) | Kind::Env(_) | Kind::Other => Vec::new(),
    }
}

fn bound(mount: &Mount) -> Option<&str> {
    let of_context = mount.kind == "bind" && mount.from.is_none();
    of_context.then(|| mount.source.as_deref().unwrap_or("."))
}

/// Returns whether `ADD` would download or clone this.
pub(super) fn is_url(source: &str) -> bool {
    ["http://", "https://", "git@", "git://"]
        .iter()
        .any(|scheme| source.starts_with(scheme))
}

/// Returns a path relative to the context's root without `.` and `..`; `None` for the root itself.
fn clean(path: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::stages::shipped_runtime;
    use test_case::test_case;

    fn composition(text: &str) -> Composition {
        Composition::new([Arc::new(Fragment {
            name: "test".into(),
            file: "test".into(),
            text: text.into(),
        })])
        .unwrap()
    }

    fn args(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn only(paths: &[&str]) -> ContextPaths {
        ContextPaths::Only(paths.iter().map(|path| (*path).to_owned()).collect())
    }

    #[test]
    fn a_stage_chosen_by_an_argument_is_followed() {
        let composition = composition(
            "ARG SOURCE=wheel\nFROM a:1 AS base\nFROM base AS b_wheel\nFROM base AS b_tree\nCOPY lib /\nFROM b_${SOURCE} AS b\nFROM c:1 AS end\nRUN --mount=from=b,target=/b true\n",
        );
        for (source, stages, paths) in [
            ("wheel", vec![0, 1, 3, 4], vec![]),
            ("tree", vec![0, 2, 3, 4], vec!["lib"]),
        ] {
            let given = args(&[("SOURCE", source)]);
            let graph = StageGraph::new(&composition, &given);
            let target = graph.target("end").unwrap();
            assert_eq!(graph.needed(target).into_iter().collect::<Vec<_>>(), stages);
            assert_eq!(graph.context_paths(target), only(&paths));
        }
    }

    #[test_case("COPY . /x", &ContextPaths::All; "everything")]
    #[test_case("RUN --mount=target=/x true", &ContextPaths::All; "everything mounted")]
    #[test_case("COPY $WHAT /x", &ContextPaths::All; "not known")]
    #[test_case("ARG A=lib\nENV B=$A/b\nCOPY ./$A/ ../up /x", &only(&["lib", "up"]); "cleaned")]
    #[test_case("ARG A=lib\nENV B=$A/b\nRUN --mount=type=bind,source=$B,target=/x true", &only(&["lib/b"]); "expanded")]
    #[test_case("COPY --from=other /a /x\nADD https://h/x /x", &only(&[]); "nothing")]
    fn reads(text: &str, expected: &ContextPaths) {
        let composition = composition(&format!("FROM a:1 AS s\n{text}\n"));
        let given = BTreeMap::new();
        assert_eq!(
            &StageGraph::new(&composition, &given).context_paths(0),
            expected
        );
    }

    #[test]
    fn a_variable_that_is_made_of_itself_ends() {
        let composition = composition(
            "FROM a:1 AS s\nENV OLD=$P\nENV P=/x:$OLD\nENV Q=$Q:y\nENV A=lib\nENV B=$A/$A\nCOPY --from=$P /a /b\nCOPY $P $B /\n",
        );
        let given = BTreeMap::new();
        let graph = StageGraph::new(&composition, &given);
        assert_eq!(graph.value(0, "B").as_deref(), Some("lib/lib"));
        for name in ["P", "OLD", "Q"] {
            let value = graph.value(0, name);
            assert!(value.is_none_or(|value| !value.contains('$')), "{name}");
        }
        assert_eq!(graph.needs(0), [0; 0]);
        assert_eq!(graph.context_paths(0), ContextPaths::All);
    }

    #[test]
    fn a_circle_is_found_and_does_not_hang() {
        let composition = composition(
            "FROM a:1 AS x\nCOPY --from=y /a /\nFROM a:1 AS y\nCOPY --from=x /a /\nFROM x AS z\n",
        );
        let given = BTreeMap::new();
        let graph = StageGraph::new(&composition, &given);
        assert_eq!(graph.cycle(0), Some(vec![0, 1]));
        assert_eq!(graph.cycle(2), None);
        assert_eq!(graph.needed(2).len(), 3);
    }

    #[test]
    fn an_unknown_target_is_answered_with_the_closest() {
        let composition = composition("FROM a:1 AS runtime\n");
        let given = BTreeMap::new();
        let graph = StageGraph::new(&composition, &given);
        let error = graph.target("runtme").unwrap_err();
        assert!(
            matches!(error, StagesError::UnknownStage { closest: Some(name), .. } if name == "runtime")
        );
    }

    #[test]
    fn released_wheels_need_no_context() {
        let composition = shipped_runtime([]);
        let given = args(&[("DYNAMO_SOURCE", "wheel")]);
        let graph = StageGraph::new(&composition, &given);
        let target = graph.target("runtime").unwrap();
        assert_eq!(graph.context_paths(target), only(&[]));
        let given = args(&[("DYNAMO_SOURCE", "tree")]);
        let graph = StageGraph::new(&composition, &given);
        let ContextPaths::Only(paths) = graph.context_paths(target) else {
            panic!()
        };
        assert!(paths.contains("lib") && paths.contains("components"));
    }
}
