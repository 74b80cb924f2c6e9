//! The machines that a deployment's name or file stands for.
//!
//! What was started from here on the engines of several machines is remembered with them, so that its
//! name reaches all of them, whatever `DOCKER_HOST` says. Everything else is on one engine.

use std::path::Path;

use super::connection::{connect, containers, no_container};
use super::deployment::{DeploymentArgs, load};
use super::place::{machines_place, place, unwritable};
use crate::cli::edge::Edge;
use crate::engine::{ContainerFacts, Engine};
use crate::operate::Record;
use crate::problem::{Problem, Problems};

/// A machine, with the surroundings in which its engine is the one that is meant.
#[derive(Debug)]
pub(super) struct Machine {
    /// Its name in the file; none if only one engine is meant.
    pub(super) node: Option<String>,
    pub(super) edge: Edge,
}

impl Machine {
    /// Says on which machine a problem is.
    pub(super) fn explain(&self, problem: Problem) -> Problem {
        match &self.node {
            Some(node) => on_machine(node, problem),
            None => problem,
        }
    }
}

/// Says on which machine a problem is.
pub(super) fn on_machine(node: &str, mut problem: Problem) -> Problem {
    problem.message = format!("Machine `{node}`: {}", problem.message);
    problem
}

/// A deployment, a member or a container, and where it may be.
#[derive(Debug)]
pub(super) struct Target {
    /// The name for one engine, with the member's if one is meant.
    pub(super) name: String,
    pub(super) machines: Vec<Machine>,
}

/// A container, and where it is.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) engine: Engine,
    pub(super) node: Option<String>,
    /// The member's name, if a whole deployment is meant.
    pub(super) member: Option<String>,
    pub(super) facts: ContainerFacts,
}

impl Placed {
    /// Returns the member, with its machine if there are several.
    pub(super) fn shown_name(&self) -> String {
        let member = self.member.clone().unwrap_or_default();
        match &self.node {
            Some(node) => format!("{node}/{member}"),
            None => member,
        }
    }
}

impl Target {
    /// Returns what a word of the command line stands for: a name, or a file.
    ///
    /// # Errors
    /// Fails when it is a file that is no deployment.
    pub(super) fn find(word: &str, edge: &Edge) -> Result<Self, Problems> {
        if is_file(word, edge) {
            return Self::of_file(word, edge);
        }
        let deployment = word.split('/').next().unwrap_or(word);
        let record = machines_place(deployment, edge).and_then(|place| place.record());
        let machines = record.map_or_else(Vec::new, |record| machines(record.engines, edge));
        Ok(Self::new(word.to_owned(), machines, edge))
    }

    fn of_file(file: &str, edge: &Edge) -> Result<Self, Problems> {
        let asked = DeploymentArgs {
            file: Some(file.to_owned()),
            ..DeploymentArgs::default()
        };
        let deployment = load(&asked, edge)?.deployment;
        let engines = deployment.used_nodes();
        let engines = engines.filter_map(|node| Some((node.name.clone(), node.engine.clone()?)));
        let machines = machines(engines, edge);
        Ok(Self::new(deployment.name, machines, edge))
    }

    fn new(name: String, mut machines: Vec<Machine>, edge: &Edge) -> Self {
        if machines.is_empty() {
            machines.push(Machine {
                node: None,
                edge: edge.again(),
            });
        }
        Self { name, machines }
    }

    /// Returns another one of the same machines.
    pub(super) fn again(&self) -> Self {
        let machines = self.machines.iter().map(|machine| Machine {
            node: machine.node.clone(),
            edge: machine.edge.again(),
        });
        Self {
            name: self.name.clone(),
            machines: machines.collect(),
        }
    }

    /// Returns what is there on each machine, with its engine.
    ///
    /// # Errors
    /// Fails when an engine does not answer, or has nothing although it is the only one.
    pub(super) async fn containers(mut self) -> Result<Vec<Placed>, Problem> {
        let is_one = self.machines.len() == 1;
        let mut placed = Vec::new();
        for machine in &mut self.machines {
            let engine = connect(&mut machine.edge).await;
            let engine = engine.map_err(|problem| machine.explain(problem))?;
            match containers(&engine, &self.name).await {
                Ok(found) => placed.extend(found.into_iter().map(|(member, facts)| Placed {
                    engine: engine.clone(),
                    node: machine.node.clone(),
                    member,
                    facts,
                })),
                Err(problem) if is_one => return Err(problem),
                Err(_) => {}
            }
        }
        if placed.is_empty() {
            return Err(no_container(&self.name));
        }
        Ok(placed)
    }
}

fn is_file(word: &str, edge: &Edge) -> bool {
    word.contains(['/', '.']) && edge.absolute(Path::new(word)).is_file()
}

fn machines(engines: impl IntoIterator<Item = (String, String)>, edge: &Edge) -> Vec<Machine> {
    let machine = |(node, engine): (String, String)| Machine {
        node: Some(node),
        edge: edge.at_engine(&engine),
    };
    engines.into_iter().map(machine).collect()
}

/// Remembers on which engines a deployment is.
pub(super) fn remember(name: &str, record: &Record, edge: &Edge) -> Result<(), Problem> {
    let Some(place) = machines_place(name, edge) else {
        return Ok(());
    };
    let mut record = record.clone();
    let before = place.record().unwrap_or_default().engines;
    for (node, engine) in before {
        record.engines.entry(node).or_insert(engine);
    }
    place
        .write(&record)
        .map_err(|error| unwritable(name, &error))
}

/// Forgets the machines on which nothing is remembered any more.
pub(super) fn forget_ended(name: &str, edge: &Edge) {
    let Some((place, mut record)) =
        machines_place(name, edge).and_then(|place| Some((place.clone(), place.record()?)))
    else {
        return;
    };
    let is_known = |engine: &String| {
        let own = self::place(name, &edge.at_engine(engine));
        own.is_ok_and(|place| place.record().is_some())
    };
    record.engines.retain(|_, engine| is_known(engine));
    if record.engines.is_empty() {
        place.forget();
    } else {
        // Then a machine stays that has nothing, and does no harm.
        place.write(&record).ok();
    }
}
