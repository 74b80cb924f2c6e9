//! The loop between the supervisor and the engine.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
use jiff::Timestamp;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::census::Census;
use super::discovery::Registry;
use super::event::{Command, Ended, Report};
use super::jobs::{Happening, Jobs};
use super::labels::{Found, watched};
use super::launcher::Launcher;
use super::logs::Line;
use super::machines::Elsewhere;
use super::proof::Unproven;
use super::seat::Seat;
use crate::deploy::file::RestartPolicy;
use crate::deploy::supervise::{Action, Event, MemberIndex, Supervisor};
use crate::deploy::{Deployment, Discovery};
use crate::launch::readiness::Places;

/// Between two looks at what is due.
const TICK: Duration = Duration::from_millis(250);

/// How an operation goes about it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    /// The machine of the file that this one is.
    pub(crate) node: Option<String>,
    /// The file or name that was typed.
    pub(crate) file: String,
    /// Whether what members write is reported.
    pub(crate) logs: bool,
    /// Where published ports are reached, if not where the engine is.
    pub(crate) engine_address: Option<String>,
}

/// A deployment that is being run.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and they come in any combination"
)]
pub(crate) struct Operation<'a> {
    pub(super) launcher: &'a Launcher,
    report: &'a mut dyn FnMut(Report),
    pub(super) deployment: Rc<Deployment>,
    pub(super) settings: Settings,
    pub(super) places: Rc<Places>,
    pub(super) seats: Vec<Seat>,
    pub(super) supervisor: Supervisor,
    pub(super) registry: Rc<Registry>,
    pub(super) elsewhere: Elsewhere,
    /// Since when the engine is away.
    pub(super) engine_away: Option<Timestamp>,
    /// Members that were watched then.
    pub(super) lost: BTreeSet<MemberIndex>,
    pub(super) jobs: Jobs<'a>,
    pub(super) begun: Instant,
    /// The start or the last change: since then it is to become ready.
    pub(super) changed: Instant,
    /// What frontends saw last.
    pub(super) census: Option<Census>,
    pub(super) counting: bool,
    pub(super) counted: Option<Instant>,
    pub(super) proving: bool,
    /// Why the last attempt at a proof failed.
    pub(super) unproven: Option<Unproven>,
    /// Whether every worker has answered once.
    pub(super) proven: bool,
    /// Whether it was reported that time is over.
    pub(super) late: bool,
    /// Whether it was ready once, or something of it ran already: what cannot be launched then is
    /// tried again, and ends nothing that serves.
    pub(super) established: bool,
    /// A member could not be launched at all.
    pub(super) refused: bool,
    pub(super) finished: Option<bool>,
    /// Remarks on launches that were reported already.
    pub(super) remarks: BTreeSet<String>,
    pub(super) lines: UnboundedSender<Line>,
    written: UnboundedReceiver<Line>,
}

impl<'a> Operation<'a> {
    pub(crate) fn new(
        launcher: &'a Launcher,
        deployment: Deployment,
        settings: Settings,
        report: &'a mut dyn FnMut(Report),
    ) -> Self {
        let members = deployment.on(settings.node.as_deref()).cloned();
        let seats: Vec<_> = members.map(|member| Seat::new(Rc::new(member))).collect();
        let watched = seats.iter().map(|seat| watched(&seat.member)).collect();
        let supervisor = match deployment.restart {
            RestartPolicy::Supervise => Supervisor::new(watched),
            RestartPolicy::Never => Supervisor::new(watched).without_restarts(),
        };
        let places = Places::of(&launcher.engine, settings.engine_address.as_deref());
        let (lines, written) = mpsc::unbounded_channel();
        let now = Instant::now();
        Self {
            registry: Rc::new(registry(&deployment)),
            deployment: Rc::new(deployment),
            places: Rc::new(places),
            elsewhere: Elsewhere::default(),
            launcher,
            report,
            settings,
            seats,
            supervisor,
            engine_away: None,
            lost: BTreeSet::new(),
            jobs: Jobs::new(),
            begun: now,
            changed: now,
            census: None,
            counting: false,
            counted: None,
            proving: false,
            unproven: None,
            proven: false,
            late: false,
            established: false,
            refused: false,
            finished: None,
            remarks: BTreeSet::new(),
            lines,
            written,
        }
    }

    /// Runs the deployment until it has ended. What runs of it already is taken over.
    pub(crate) async fn run(
        mut self,
        found: Vec<Found>,
        mut commands: UnboundedReceiver<Command>,
    ) -> Ended {
        self.adopt(found);
        self.expect_services();
        self.handle(Event::Begin);
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while self.finished.is_none() {
            tokio::select! {
                Some(happening) = self.jobs.next() => self.react(happening),
                Some((member, text)) = self.written.recv() => self.report(Report::Line { member, text }),
                Some(command) = commands.recv() => self.obey(command),
                _ = ticks.tick() => self.tick(),
            }
        }
        while let Ok((member, text)) = self.written.try_recv() {
            self.report(Report::Line { member, text });
        }
        self.end()
    }

    fn end(&self) -> Ended {
        match self.finished {
            _ if self.refused => Ended::Refused,
            Some(true) if self.established => Ended::Broken,
            Some(true) => Ended::Failed,
            _ => Ended::Stopped,
        }
    }

    /// Takes over what runs, and starts the rest.
    fn adopt(&mut self, found: Vec<Found>) {
        let mut adopted = Vec::new();
        for container in found.into_iter().filter(Found::is_running) {
            let own = |seat: &Seat| seat.member.name == container.watched.name;
            let Some(member) = self.seats.iter().position(own) else {
                continue;
            };
            adopted.push(member);
            self.seats[member].started(container.line.id);
        }
        self.established = !adopted.is_empty();
        for member in &adopted {
            self.handle(Event::Adopted(*member));
        }
        for member in adopted {
            self.follow(member);
        }
        self.restart_torn_replicas();
    }

    /// Ranks whose others are gone start again with them.
    fn restart_torn_replicas(&mut self) {
        for member in 0..self.seats.len() {
            let replica = &self.supervisor.members()[member].replica;
            let others = self.supervisor.members().iter().zip(&self.seats);
            let torn = others
                .clone()
                .any(|(other, seat)| other.replica == *replica && seat.running);
            if torn && !self.seats[member].running {
                self.handle(Event::Exited { member, code: 137 });
            }
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Stop => self.handle(Event::Stop),
            Command::Change(deployment) => self.change(*deployment),
        }
    }

    fn change(&mut self, deployment: Deployment) {
        let members: Vec<_> = deployment
            .on(self.settings.node.as_deref())
            .cloned()
            .collect();
        let wanted = |name: &str| members.iter().any(|member| member.name == name);
        let mut gone = Vec::new();
        for seat in self
            .seats
            .iter_mut()
            .filter(|seat| !seat.removed && !wanted(&seat.member.name))
        {
            seat.removed = true;
            gone.push(watched(&seat.member).replica);
        }
        gone.dedup();
        let there = |name: &str| {
            self.seats
                .iter()
                .any(|seat| !seat.removed && seat.member.name == name)
        };
        let new: Vec<_> = members
            .iter()
            .filter(|member| !there(&member.name))
            .cloned()
            .collect();
        self.deployment = Rc::new(deployment);
        self.changed = Instant::now();
        (self.proven, self.late) = (false, false);
        for replica in gone {
            self.handle(Event::Remove(replica));
        }
        self.handle(Event::Revive);
        if !new.is_empty() {
            let added = new.iter().map(watched).collect();
            self.seats
                .extend(new.into_iter().map(|member| Seat::new(Rc::new(member))));
            self.handle(Event::Add(added));
        }
    }

    /// Lets the supervisor decide about an event, and does what it says.
    pub(super) fn handle(&mut self, event: Event) {
        let actions = self.supervisor.handle(self.begun.elapsed(), event);
        for action in actions {
            self.act(action);
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Start(member) => self.start(member),
            Action::Stop(member) => self.stop(member, Some(self.deployment.grace)),
            Action::Kill(member) => self.stop(member, None),
            Action::LeaveDiscovery(member) => self.leave_discovery(member),
            Action::Drain(member) => self.drain(member),
            Action::Probe(member) => self.probe(member),
            Action::ProbePath => self.prove(),
            Action::Report(incident) => self.tell(&incident),
            Action::Finished { failed } => self.finished = Some(failed),
        }
    }

    /// Does something while other things happen.
    pub(super) fn spawn(&self, job: impl Future<Output = Happening> + 'a) {
        self.jobs.push(job.boxed_local());
    }

    pub(super) fn report(&mut self, report: Report) {
        (self.report)(report);
    }

    pub(super) fn name(&self, member: MemberIndex) -> &str {
        &self.seats[member].member.name
    }
}

fn registry(deployment: &Deployment) -> Registry {
    match &deployment.discovery {
        Discovery::File { .. } => Registry::Files {
            directory: Discovery::DIRECTORY.to_owned(),
        },
        Discovery::Etcd { endpoints } => Registry::Etcd {
            endpoints: endpoints.clone(),
        },
        Discovery::Kubernetes => Registry::Foreign,
    }
}
