//! What is reported of what the supervisor decides.

use super::discovery::Registry;
use super::event::Report;
use super::operation::Operation;
use crate::deploy::Discovery;
use crate::deploy::supervise::{Cause, Incident, MemberIndex, Part};
use crate::text::human_duration;

impl Operation<'_> {
    pub(super) fn tell(&mut self, incident: &Incident) {
        let text = match incident {
            Incident::Failed { member, cause } => {
                self.examine(*member, *cause);
                let name = self.name(*member);
                match cause {
                    Cause::Exited(code) => format!("`{name}` ended with {code}"),
                    Cause::DiscoveryAway => format!("`{name}` ended because discovery was away"),
                    Cause::EngineAway => format!("`{name}` ended with the engine"),
                    Cause::Unanswered => format!("`{name}` does not answer"),
                }
            }
            Incident::Restarting { replica, after } => {
                format!("`{replica}` is started again in {}", human_duration(*after))
            }
            Incident::GaveUp { replica, failures } => {
                format!("`{replica}` failed {failures} times in ten minutes and is not started again")
            }
            Incident::Hopeless { replica } => {
                format!("`{replica}` failed twice for a reason that stays, and is not started again")
            }
            Incident::StaysDown { replica } => {
                format!("`{replica}` is not started again: `restart.policy` is `never`")
            }
            Incident::NoneLeft(part) => format!("No {} is left: the deployment is stopped", part_name(*part)),
            Incident::DiscoveryAway => "Discovery is away".to_owned(),
            Incident::DiscoveryBack(after) => {
                format!("Discovery is back after {}", human_duration(*after))
            }
            Incident::EngineAway => "The engine does not answer: it is waited for".to_owned(),
            Incident::EngineBack(after) => {
                format!("The engine is back after {}", human_duration(*after))
            }
            Incident::StopWaitsForEngine => {
                "What runs can only be stopped when the engine is back; a second signal leaves it as it is".to_owned()
            }
            Incident::RestartingFrontends => {
                "Decode serves requests alone, although prefill is there: the frontends are started again".to_owned()
            }
        };
        self.report(Report::Warning(text));
        if let Incident::Failed { member, cause } = incident
            && self.could_not_register(*member, *cause)
        {
            self.report(without_registration(self.name(*member)));
        }
    }

    /// Returns whether a worker ended well before it was in discovery, as those do that cannot write
    /// there. They say nothing about it.
    fn could_not_register(&self, member: MemberIndex, cause: Cause) -> bool {
        let seat = &self.seats[member];
        let is_new = seat.member.registers() && seat.id.is_none();
        is_new && cause == Cause::Exited(0) && matches!(*self.registry, Registry::Files { .. })
    }
}

fn without_registration(name: &str) -> Report {
    Report::Hindered {
        cause: format!(
            "`{name}` ended before it was in discovery, most likely because its user may not write \
             to `{}`, where another member made the directories",
            Discovery::DIRECTORY
        ),
        fixes: vec![
            "Give the images of all members one group: `USER 1000:0`".to_owned(),
            "Or let them find each other elsewhere: `--set discovery=etcd`".to_owned(),
        ],
    }
}

fn part_name(part: Part) -> &'static str {
    match part {
        Part::Frontend => "frontend",
        Part::Aggregated => "worker",
        Part::Decode => "decode worker",
        Part::Prefill => "prefill worker",
        Part::Encode => "encode worker",
        Part::Service => "service",
    }
}
