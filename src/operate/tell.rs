//! What is reported of what the supervisor decides.

use super::event::Report;
use super::operation::Operation;
use crate::deploy::supervise::{Cause, Incident, Part};
use crate::text::human_duration;

impl Operation<'_> {
    pub(super) fn tell(&mut self, incident: &Incident, report: &mut dyn FnMut(Report)) {
        let text = match incident {
            Incident::Failed { member, cause } => {
                self.examine(*member, *cause);
                let name = self.name(*member);
                match cause {
                    Cause::Exited(code) => format!("`{name}` ended with {code}"),
                    Cause::DiscoveryAway => format!("`{name}` ended because discovery was away"),
                    Cause::Unanswered => format!("`{name}` does not answer"),
                }
            }
            Incident::Restarting { replica, after } => {
                format!("`{replica}` is started again in {}", human_duration(*after))
            }
            Incident::GaveUp { replica, failures } => {
                format!("`{replica}` failed {failures} times in ten minutes and is not started again")
            }
            Incident::StaysDown { replica } => {
                format!("`{replica}` is not started again: `restart.policy` is `never`")
            }
            Incident::NoneLeft(part) => format!("No {} is left: the deployment is stopped", part_name(*part)),
            Incident::DiscoveryAway => "Discovery is away".to_owned(),
            Incident::DiscoveryBack(after) => {
                format!("Discovery is back after {}", human_duration(*after))
            }
            Incident::RestartingFrontends => {
                "Decode serves requests alone, although prefill is there: the frontends are started again".to_owned()
            }
        };
        report(Report::Warning(text));
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
