//! `dynrun gc`: removes what ended, and what runs although its dynrun was killed.

use clap::Parser;

use super::connection::connect;
use super::leases::leases;
use super::place::place;
use super::verb::Verb;
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::cli::runtime::block_on;
use crate::engine::{ContainerLine, Engine};
use crate::launch::label::{self, Owner};
use crate::launch::lease::Leases;
use crate::operate::{Found, found, remove_all};
use crate::problem::{Problem, Problems};

/// Remove containers that ended, or whose dynrun was killed
#[derive(Debug, Parser)]
pub(super) struct Gc {
    /// Only print what would be removed
    #[arg(long)]
    dry_run: bool,
}

impl Verb for Gc {
    fn run(self, edge: &mut Edge) -> Result<Exit, Problems> {
        block_on(collect(self.dry_run, edge))
    }
}

async fn collect(dry_run: bool, edge: &mut Edge) -> Result<Exit, Problems> {
    let engine = connect(edge).await?;
    let ours = [("label".to_owned(), vec![label::MANAGED.to_owned()])];
    let containers = engine.containers(true, None, &ours.into()).await?;
    let leases = leases(edge);
    for container in &containers {
        match verdict(container, leases.as_ref()) {
            Verdict::Kept => {}
            Verdict::Left => edge.ui.note(&format!(
                "`{0}` is running without its dynrun, which is not known to have been killed; \
                 `dynrun stop {0}` ends it",
                container.name()
            )),
            Verdict::Garbage => {
                if !dry_run {
                    remove(&engine, container, leases.as_ref()).await?;
                }
                edge.ui.print(container.name());
            }
        }
    }
    deployments(&engine, dry_run, edge).await?;
    Ok(Exit::Done)
}

/// Removes what is left of deployments of which nothing runs and that nobody supervises.
async fn deployments(engine: &Engine, dry_run: bool, edge: &mut Edge) -> Result<(), Problem> {
    let filters = [("label".to_owned(), vec![label::DEPLOYMENT.to_owned()])];
    // The network has the deployment's name.
    for name in engine.networks(&filters.into()).await? {
        let members = found(engine, &name).await?;
        let place = place(&name, edge)?;
        if members.iter().any(Found::is_running) || place.supervisor().is_some() {
            continue;
        }
        if !dry_run {
            remove_all(engine, &name).await?;
            place.forget();
        }
        edge.ui.print(&name);
    }
    Ok(())
}

async fn remove(
    engine: &Engine,
    container: &ContainerLine,
    leases: Option<&Leases>,
) -> Result<(), Problem> {
    engine.remove_container(&container.id).await?;
    if let Some(leases) = leases {
        leases.end(&container.id);
    }
    Ok(())
}

/// What becomes of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// It is in use, or about to start or to go.
    Kept,
    /// It runs, and nothing says that it was not left running on purpose.
    Left,
    /// It ended, or its dynrun was killed.
    Garbage,
}

fn verdict(container: &ContainerLine, leases: Option<&Leases>) -> Verdict {
    let orphaned = is_orphaned(container);
    match container.state.as_str() {
        "exited" | "dead" => Verdict::Garbage,
        // Without an owner it is one in the background, which may be just about to start.
        "created" if orphaned => Verdict::Garbage,
        "running" | "paused" | "restarting" if orphaned => {
            if leases.is_some_and(|leases| leases.has(&container.id)) {
                Verdict::Garbage
            } else {
                Verdict::Left
            }
        }
        _ => Verdict::Kept,
    }
}

/// Returns whether a container was followed by a process that is gone. One in the background has
/// no owner and is not orphaned.
pub(super) fn is_orphaned(container: &ContainerLine) -> bool {
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
            state: state.to_owned(),
            labels: owner.into_iter().collect(),
            ..ContainerLine::default()
        }
    }

    fn gone() -> Owner {
        let alive = Owner::this_process().unwrap().to_string();
        let (process, _) = alive.rsplit_once(':').unwrap();
        Owner::parse(&format!("{process}:1")).unwrap()
    }

    #[test_case("exited", Verdict::Garbage, Verdict::Garbage, Verdict::Garbage)]
    #[test_case("running", Verdict::Kept, Verdict::Left, Verdict::Kept)]
    #[test_case("restarting", Verdict::Kept, Verdict::Left, Verdict::Kept)]
    #[test_case("created", Verdict::Kept, Verdict::Garbage, Verdict::Kept)]
    #[test_case("removing", Verdict::Kept, Verdict::Kept, Verdict::Kept)]
    fn verdicts(state: &str, followed: Verdict, orphaned: Verdict, background: Verdict) {
        let (alive, gone) = (Owner::this_process().unwrap(), gone());
        let verdict = |owner| verdict(&container(state, owner), None);
        assert_eq!(verdict(Some(&alive)), followed);
        assert_eq!(verdict(Some(&gone)), orphaned);
        assert_eq!(verdict(None), background);
    }

    #[test]
    fn who_left_on_purpose_gave_the_lease_back() {
        let scratch = tempfile::tempdir().unwrap();
        let leases = Leases::new(scratch.path().to_owned());
        let container = container("running", Some(&gone()));
        let lease = leases.take("c1").unwrap();
        assert_eq!(verdict(&container, Some(&leases)), Verdict::Garbage);
        drop(lease);
        assert_eq!(verdict(&container, Some(&leases)), Verdict::Left);
    }
}
