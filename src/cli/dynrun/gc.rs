//! `dynrun gc`: removes what ended, and what runs although its dynrun was killed.

use super::connection::{connect, refused};
use super::leases::leases;
use super::verb::Words;
use crate::cli::edge::Edge;
use crate::cli::runtime::block_on;
use crate::docker::run_flags::FlagDef;
use crate::engine::{ContainerLine, Engine};
use crate::exit::Exit;
use crate::launch::label::{self, Owner};
use crate::launch::lease::Leases;
use crate::problem::{Problem, Problems};

const FLAGS: &[FlagDef] = &[FlagDef::switch("dry-run", "Say what would be removed")];

pub(super) fn run(arguments: &[String], edge: &mut Edge) -> Result<Exit, Problems> {
    let dry_run = Words::parse(arguments, FLAGS)?.is_on("dry-run");
    block_on(async {
        let engine = connect(edge).await?;
        let containers = engine
            .containers_with_label(label::MANAGED)
            .await
            .map_err(refused)?;
        let leases = leases(edge);
        for container in &containers {
            match fate(container, leases.as_ref()) {
                Fate::Kept => {}
                Fate::Left => edge.ui.note(&format!(
                    "`{0}` goes on without its dynrun, which is not known to have been killed; \
                     `dynrun stop {0}` ends it",
                    container.name()
                )),
                Fate::Garbage => {
                    if !dry_run {
                        remove(&engine, container, leases.as_ref()).await?;
                    }
                    edge.ui.print(container.name());
                }
            }
        }
        Ok(Exit::Done)
    })
}

async fn remove(
    engine: &Engine,
    container: &ContainerLine,
    leases: Option<&Leases>,
) -> Result<(), Problem> {
    engine
        .remove_container(&container.id)
        .await
        .map_err(refused)?;
    if let Some(leases) = leases {
        leases.end(&container.id);
    }
    Ok(())
}

/// What becomes of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It is in use, or about to start or to go.
    Kept,
    /// It runs, and nothing says that it was not left running on purpose.
    Left,
    /// It ended, or its dynrun was killed.
    Garbage,
}

fn fate(container: &ContainerLine, leases: Option<&Leases>) -> Fate {
    let forsaken = is_forsaken(container);
    match container.state.as_str() {
        "exited" | "dead" => Fate::Garbage,
        // Without an owner it is one in the background, which may be just about to start.
        "created" if forsaken => Fate::Garbage,
        "running" | "paused" | "restarting" if forsaken => {
            if leases.is_some_and(|leases| leases.has(&container.id)) {
                Fate::Garbage
            } else {
                Fate::Left
            }
        }
        _ => Fate::Kept,
    }
}

/// Returns whether a container was followed by a process that is gone. One in the background has
/// no owner and is not forsaken.
pub(super) fn is_forsaken(container: &ContainerLine) -> bool {
    let owner = container.labels.get(label::OWNER);
    let owner = owner.and_then(|owner| Owner::parse(owner));
    owner.is_some_and(|owner| owner.is_gone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    /// A container of a dynrun that lives, is gone, or never followed it.
    fn container(state: &str, owner: Option<&Owner>) -> ContainerLine {
        let owner = owner.map(|owner| (label::OWNER.to_owned(), owner.to_string()));
        ContainerLine {
            id: "c1".to_owned(),
            names: Vec::new(),
            image: String::new(),
            state: state.to_owned(),
            status: String::new(),
            labels: owner.into_iter().collect(),
        }
    }

    fn gone() -> Owner {
        let alive = Owner::this_process().unwrap().to_string();
        let (process, _) = alive.rsplit_once(':').unwrap();
        Owner::parse(&format!("{process}:1")).unwrap()
    }

    #[test_case("exited", Fate::Garbage, Fate::Garbage, Fate::Garbage)]
    #[test_case("running", Fate::Kept, Fate::Left, Fate::Kept)]
    #[test_case("restarting", Fate::Kept, Fate::Left, Fate::Kept)]
    #[test_case("created", Fate::Kept, Fate::Garbage, Fate::Kept)]
    #[test_case("removing", Fate::Kept, Fate::Kept, Fate::Kept)]
    fn fates(state: &str, followed: Fate, forsaken: Fate, background: Fate) {
        let (alive, gone) = (Owner::this_process().unwrap(), gone());
        let fate = |owner| fate(&container(state, owner), None);
        assert_eq!(fate(Some(&alive)), followed);
        assert_eq!(fate(Some(&gone)), forsaken);
        assert_eq!(fate(None), background);
    }

    #[test]
    fn who_left_on_purpose_gave_the_lease_back() {
        let scratch = tempfile::tempdir().unwrap();
        let leases = Leases::new(scratch.path().to_owned());
        let container = container("running", Some(&gone()));
        let lease = leases.take("c1").unwrap();
        assert_eq!(fate(&container, Some(&leases)), Fate::Garbage);
        drop(lease);
        assert_eq!(fate(&container, Some(&leases)), Fate::Left);
    }
}
