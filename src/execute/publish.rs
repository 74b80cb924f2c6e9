//! The end of targets: names move, and what became of each is reported.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::event::{Event, TargetOutcome};
use super::exported::{Exported, Staged};
use super::naming::NamingFailure;
use super::outcome::{Failure, Finished};
use super::request::Prepared;
use super::retry::Passing;
use super::run::Run;
use crate::problem::{Problem, Problems};

impl Run<'_> {
    /// A registry that names cannot be put into is reported before the build, not after hours of it.
    pub(super) async fn check_registries(&self, prepared: &[Prepared]) -> Result<(), Problems> {
        let places: BTreeSet<_> = prepared
            .iter()
            .flat_map(|one| one.delivery.places())
            .collect();
        let mut problems = Vec::new();
        for place in &places {
            let check = async || self.registry.check(place).await;
            let checked = self.with_retries(None, Passing::of_registry, check).await;
            // What it says of the repository, it will say again when there is something to push.
            if let Err(error) = checked
                && error.is_unreachable()
            {
                problems.push(Problem::from(error));
            }
        }
        Problems(problems).or(())
    }

    /// Ends a set: names move if every image is there, else none does.
    pub(super) async fn publish(&self, mut exported: Vec<Exported<'_>>) -> Vec<Finished> {
        if exported.is_empty() {
            return Vec::new();
        }
        let mut naming = Ok(());
        if exported.iter().all(|one| one.result.is_ok()) {
            naming = self.put_names(&exported).await;
        } else {
            self.forget_uploads(&exported).await;
            for one in exported.iter_mut().filter(|one| one.result.is_ok()) {
                one.result = Err(Failure::withheld());
            }
        }
        // What is wrong with names is said once.
        let first = exported.first().map(|one| one.target.name.clone());
        let (owner, mut failure) = match naming {
            Ok(()) => (None, None),
            Err(NamingFailure {
                problems,
                target,
                moved,
            }) => {
                let failure = Failure {
                    published: moved,
                    ..Failure::of(problems)
                };
                (target.or(first), Some(failure))
            }
        };
        let mut finished = Vec::new();
        for one in exported {
            let end = match &owner {
                None => Ok(()),
                Some(owner) if *owner == one.target.name => {
                    Err(failure.take().unwrap_or_else(Failure::withheld))
                }
                Some(_) => Err(Failure::withheld()),
            };
            finished.push(self.finish(one, end).await);
        }
        finished
    }

    /// Says how a target ended.
    pub(super) async fn finish(
        &self,
        exported: Exported<'_>,
        naming: Result<(), Failure>,
    ) -> Finished {
        let Exported {
            target,
            result,
            unnamed,
        } = exported;
        let result = match (result, naming) {
            (Ok(_), Err(failure)) => Err(failure),
            (result, _) => result,
        };
        let outcome = match &result {
            Ok(Staged { built, .. }) => TargetOutcome::Built(built.image.clone()),
            Err(failure) => failure.outcome.clone(),
        };
        self.listener
            .tell(Event::TargetFinished {
                target: target.name.clone(),
                at: Timestamp::now(),
                result: outcome,
            })
            .await;
        let target = target.name.clone();
        match result {
            Ok(Staged { built, .. }) => Finished {
                target,
                published: built.image.tags.clone(),
                unnamed: Vec::new(),
                outcome: Ok(built),
                absent_secrets: Vec::new(),
                output: None,
            },
            Err(failure) => Finished {
                target,
                published: failure.published,
                unnamed,
                outcome: Err(failure.problems),
                absent_secrets: failure.absent_secrets,
                output: failure.output,
            },
        }
    }
}
