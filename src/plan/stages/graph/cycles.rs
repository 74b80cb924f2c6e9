//! Stages that need each other.

use std::collections::HashMap;

use super::{StageGraph, StageId};

impl StageGraph<'_> {
    /// Returns each chain of stages that ends where it begins.
    pub fn cycles(&self) -> Vec<Vec<StageId>> {
        let mut search = CycleSearch {
            graph: self,
            done: vec![false; self.stages.len()],
            places: HashMap::new(),
            path: Vec::new(),
            found: Vec::new(),
        };
        for id in 0..self.stages.len() {
            search.visit(id);
        }
        search.found
    }
}

/// A search in depth, without recursion: chains of stages may be long.
struct CycleSearch<'a> {
    graph: &'a StageGraph<'a>,
    done: Vec<bool>,
    /// Where in the path a stage is.
    places: HashMap<StageId, usize>,
    path: Vec<(StageId, Vec<StageId>)>,
    found: Vec<Vec<StageId>>,
}

impl CycleSearch<'_> {
    fn visit(&mut self, start: StageId) {
        self.enter(start);
        while let Some((id, open)) = self.path.last_mut() {
            let id = *id;
            let Some(next) = open.pop() else {
                self.path.pop();
                self.places.remove(&id);
                continue;
            };
            match self.places.get(&next) {
                Some(place) => self.found.push(self.cycle(*place)),
                None => self.enter(next),
            }
        }
    }

    /// Returns the path from a place on, the first stage of the file first.
    fn cycle(&self, place: usize) -> Vec<StageId> {
        let mut cycle: Vec<_> = self.path[place..].iter().map(|(id, _)| *id).collect();
        let first = (0..cycle.len()).min_by_key(|at| cycle[*at]);
        cycle.rotate_left(first.unwrap_or(0));
        cycle
    }

    fn enter(&mut self, id: StageId) {
        if !std::mem::replace(&mut self.done[id], true) {
            self.places.insert(id, self.path.len());
            self.path.push((id, self.graph.needs(id).collect()));
        }
    }
}
