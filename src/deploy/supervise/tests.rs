//! Recorded sequences: what happened, and what has to be done about it.

use std::fmt::Write as _;
use std::time::Duration;

use super::{Action, Cause, Event, Incident, Part, Supervisor, Watched};

fn member(name: &str, part: Part) -> Watched {
    Watched {
        name: name.to_owned(),
        part,
        replica: name.to_owned(),
        rank: 0,
        after: None,
    }
}

fn rank(replica: &str, rank: u32, part: Part) -> Watched {
    Watched {
        name: format!("{replica}-r{rank}"),
        replica: replica.to_owned(),
        rank,
        ..member(replica, part)
    }
}

/// A supervisor, and what it asked for, in words.
struct Play {
    supervisor: Supervisor,
    now: Duration,
}

impl Play {
    fn new(members: Vec<Watched>) -> Self {
        let supervisor = Supervisor::new(members);
        Self {
            supervisor,
            now: Duration::ZERO,
        }
    }

    /// One that has begun, and whose members are all ready.
    fn running(members: Vec<Watched>) -> Self {
        let mut play = Self::new(members);
        let count = play.supervisor.members().len();
        play.does(Event::Begin);
        for member in 0..count {
            play.does(Event::Ready(member));
        }
        play
    }

    fn at(&mut self, seconds: u64) -> &mut Self {
        self.now = Duration::from_secs(seconds);
        self
    }

    fn index(&self, name: &str) -> usize {
        let own = |member: &Watched| member.name == name;
        self.supervisor.members().iter().position(own).unwrap()
    }

    fn does(&mut self, event: Event) -> String {
        let actions = self.supervisor.handle(self.now, event);
        let mut text = String::new();
        for action in actions {
            if !text.is_empty() {
                text.push_str("; ");
            }
            text.write_str(&self.words(&action)).unwrap();
        }
        text
    }

    fn exits(&mut self, name: &str, code: i64) -> String {
        let member = self.index(name);
        self.does(Event::Exited { member, code })
    }

    fn ready(&mut self, name: &str) -> String {
        let member = self.index(name);
        self.does(Event::Ready(member))
    }

    fn words(&self, action: &Action) -> String {
        let name = |member: &usize| self.supervisor.members()[*member].name.clone();
        match action {
            Action::Start(member) => format!("start {}", name(member)),
            Action::Stop(member) => format!("stop {}", name(member)),
            Action::Kill(member) => format!("kill {}", name(member)),
            Action::LeaveDiscovery(member) => format!("out {}", name(member)),
            Action::Drain(member) => format!("drain {}", name(member)),
            Action::Probe(member) => format!("probe {}", name(member)),
            Action::ProbePath => "probe path".to_owned(),
            Action::Finished { failed } => format!("finished failed={failed}"),
            Action::Report(incident) => match incident {
                Incident::Failed {
                    member,
                    cause: Cause::Exited(code),
                } => format!("{} failed: {code}", name(member)),
                Incident::Failed { member, cause } => format!("{} failed: {cause:?}", name(member)),
                Incident::Restarting { replica, after } => {
                    format!("{replica} again in {}", after.as_secs())
                }
                Incident::GaveUp { replica, failures } => {
                    format!("{replica} given up after {failures}")
                }
                other => format!("{other:?}"),
            },
        }
    }
}

fn aggregated() -> Vec<Watched> {
    vec![
        member("frontend", Part::Frontend),
        member("agg-0", Part::Aggregated),
        member("agg-1", Part::Aggregated),
    ]
}

fn disaggregated() -> Vec<Watched> {
    vec![
        member("etcd", Part::Service),
        member("frontend", Part::Frontend),
        member("prefill", Part::Prefill),
        member("decode", Part::Decode),
    ]
}

#[test]
fn without_restarts_the_rest_goes_on_until_nobody_is_left() {
    let mut play = Play::running(aggregated());
    play.supervisor = play.supervisor.without_restarts();
    assert_eq!(
        play.exits("agg-0", 137),
        "out agg-0; agg-0 failed: 137; StaysDown { replica: \"agg-0\" }"
    );
    assert_eq!(
        play.at(600).does(Event::Tick),
        "probe frontend; probe agg-1"
    );
    assert_eq!(
        play.exits("agg-1", 0),
        "out agg-1; agg-1 failed: 0; StaysDown { replica: \"agg-1\" }; NoneLeft(Aggregated); stop frontend"
    );
    assert_eq!(play.exits("frontend", 0), "finished failed=true");
}

#[test]
fn services_of_other_machines_are_waited_for() {
    let members = vec![
        member("etcd-1", Part::Service),
        member("agg-0", Part::Aggregated),
    ];
    let mut supervisor = Supervisor::new(members);
    let mut does = |event| supervisor.handle(Duration::ZERO, event);
    assert_eq!(does(Event::Hold), []);
    assert_eq!(does(Event::Begin), [Action::Start(0)]);
    assert_eq!(does(Event::Ready(0)), []);
    assert_eq!(does(Event::Release), [Action::Start(1)]);
}

#[test]
fn services_come_first_and_the_rest_together() {
    let mut play = Play::new(disaggregated());
    assert_eq!(play.does(Event::Begin), "start etcd");
    assert_eq!(play.does(Event::Tick), "");
    assert_eq!(
        play.ready("etcd"),
        "start frontend; start prefill; start decode"
    );
}

#[test]
fn a_server_that_ends_with_0_has_failed() {
    let mut play = Play::running(aggregated());
    assert_eq!(
        play.at(5).exits("agg-0", 0),
        "out agg-0; agg-0 failed: 0; agg-0 again in 1"
    );
    assert_eq!(play.does(Event::Tick), "");
    assert_eq!(play.at(6).does(Event::Tick), "start agg-0");
}

#[test]
fn ranks_live_and_die_together() {
    let members = vec![
        member("frontend", Part::Frontend),
        rank("agg-0", 1, Part::Aggregated),
        rank("agg-0", 0, Part::Aggregated),
    ];
    let mut play = Play::new(members);
    assert_eq!(
        play.does(Event::Begin),
        "start frontend; start agg-0-r0; start agg-0-r1"
    );
    play.ready("frontend");
    play.ready("agg-0-r0");
    assert_eq!(play.supervisor.ready(Part::Aggregated), 0);
    play.ready("agg-0-r1");
    assert_eq!(play.supervisor.ready(Part::Aggregated), 1);
    assert_eq!(
        play.at(9).exits("agg-0-r1", 137),
        "out agg-0-r0; out agg-0-r1; agg-0-r1 failed: 137; stop agg-0-r0"
    );
    assert_eq!(play.at(12).exits("agg-0-r0", 143), "agg-0 again in 1");
    assert_eq!(
        play.at(13).does(Event::Tick),
        "start agg-0-r0; start agg-0-r1"
    );
}

#[test]
fn one_that_always_fails_is_given_up_and_the_rest_goes_on() {
    let mut play = Play::running(aggregated());
    for (at, delay) in [(10, 1), (20, 2), (30, 4), (40, 8)] {
        let said = play.at(at).exits("agg-1", 1);
        assert!(said.ends_with(&format!("agg-1 again in {delay}")), "{said}");
        assert_eq!(play.at(at + delay).does(Event::Tick), "start agg-1");
    }
    let said = play.at(60).exits("agg-1", 1);
    assert_eq!(said, "out agg-1; agg-1 failed: 1; agg-1 given up after 5");
    assert_eq!(
        play.at(600).does(Event::Tick),
        "probe frontend; probe agg-0"
    );
}

#[test]
fn one_that_was_given_up_is_tried_again_when_somebody_asks() {
    let mut play = Play::running(aggregated());
    play.supervisor = play.supervisor.without_restarts();
    play.at(10).exits("agg-1", 1);
    assert_eq!(play.at(100).does(Event::Revive), "start agg-1");
    assert_eq!(play.does(Event::Revive), "");
}

#[test]
fn without_any_worker_all_is_stopped() {
    let mut play = Play::running(vec![
        member("frontend", Part::Frontend),
        member("agg-0", Part::Aggregated),
    ]);
    for at in [10, 20, 30, 40] {
        play.at(at).exits("agg-0", 1);
        play.at(at + 9).does(Event::Tick);
    }
    let said = play.at(50).exits("agg-0", 1);
    assert!(
        said.ends_with("agg-0 given up after 5; NoneLeft(Aggregated); stop frontend"),
        "{said}"
    );
    assert_eq!(play.exits("frontend", 0), "finished failed=true");
}

#[test]
fn an_outage_of_etcd_is_no_failure_of_the_members() {
    let mut play = Play::running(disaggregated());
    assert_eq!(play.at(100).does(Event::DiscoveryAway), "DiscoveryAway");
    assert_eq!(
        play.at(108).exits("decode", 0),
        "out decode; decode failed: DiscoveryAway; probe etcd; probe frontend; probe prefill"
    );
    assert_eq!(play.at(110).does(Event::Tick), "");
    assert_eq!(
        play.at(112).does(Event::DiscoveryBack),
        "DiscoveryBack(12s); start decode"
    );
    // The frontend ends in the phases of its shutdown, after etcd is back.
    assert_eq!(
        play.at(113).exits("frontend", 0),
        "frontend failed: DiscoveryAway; start frontend"
    );
    assert_eq!(
        play.at(200).exits("decode", 0),
        "out decode; decode failed: 0; decode again in 1"
    );
}

#[test]
fn members_that_ended_before_the_outage_was_noticed_wait_as_well() {
    let mut play = Play::running(disaggregated());
    assert_eq!(
        play.at(20).exits("decode", 0),
        "out decode; decode failed: 0; decode again in 1"
    );
    assert_eq!(play.does(Event::DiscoveryAway), "DiscoveryAway");
    assert_eq!(play.at(30).does(Event::Tick), "");
    assert_eq!(
        play.does(Event::DiscoveryBack),
        "DiscoveryBack(10s); start decode"
    );
}

#[test]
fn etcd_that_ends_is_started_again() {
    let mut play = Play::running(disaggregated());
    play.at(10).does(Event::DiscoveryAway);
    assert_eq!(play.exits("etcd", 137), "etcd failed: 137; etcd again in 1");
    assert_eq!(play.at(11).does(Event::Tick), "start etcd");
}

#[test]
fn an_outage_of_the_engine_is_nobodys_failure() {
    let mut play = Play::running(aggregated());
    // An engine that is restarted ends its containers before it goes.
    assert_eq!(
        play.at(20).exits("agg-0", 0),
        "out agg-0; agg-0 failed: 0; agg-0 again in 1"
    );
    assert_eq!(play.at(21).does(Event::Tick), "start agg-0");
    assert_eq!(play.does(Event::EngineAway), "EngineAway");
    assert_eq!(
        play.exits("agg-0", 125),
        "out agg-0; agg-0 failed: EngineAway"
    );
    assert_eq!(play.at(90).does(Event::Tick), "", "nobody is asked");
    assert_eq!(play.does(Event::Unanswered(2)), "");
    assert_eq!(
        play.at(120).does(Event::EngineBack),
        "EngineBack(99s); probe frontend; start agg-0; probe agg-1"
    );
    assert_eq!(
        play.exits("agg-1", 137),
        "out agg-1; agg-1 failed: EngineAway; start agg-1"
    );
    // One that was started since has a reason of its own, and its failures count from there.
    assert_eq!(
        play.at(125).exits("agg-0", 1),
        "out agg-0; agg-0 failed: 1; agg-0 again in 1"
    );
}

#[test]
fn a_second_stop_does_not_wait_for_an_engine_that_is_away() {
    let mut play = Play::running(aggregated());
    play.does(Event::EngineAway);
    assert_eq!(play.does(Event::Stop), "StopWaitsForEngine; stop frontend");
    assert_eq!(play.does(Event::Stop), "finished failed=true");
}

#[test]
fn a_lasting_reason_that_is_confirmed_ends_the_restarts() {
    let mut play = Play::new(aggregated());
    play.does(Event::Begin);
    let (member, reason) = (play.index("agg-1"), "model-missing");
    let found = |reason| Event::WillRepeat { member, reason };
    play.at(5).exits("agg-1", 1);
    assert_eq!(play.does(found("gated-model")), "");
    assert_eq!(play.at(6).does(Event::Tick), "start agg-1");
    play.at(9).exits("agg-1", 1);
    assert_eq!(play.does(found(reason)), "", "another reason");
    assert_eq!(play.at(11).does(Event::Tick), "start agg-1");
    // The log was read when it ran again.
    play.at(15).exits("agg-1", 1);
    assert_eq!(play.at(19).does(Event::Tick), "start agg-1");
    assert_eq!(play.does(found(reason)), "");
    assert_eq!(
        play.at(23).exits("agg-1", 1),
        "out agg-1; agg-1 failed: 1; Hopeless { replica: \"agg-1\" }"
    );
    let mut play = Play::running(aggregated());
    for at in [100, 200] {
        play.at(at).exits("agg-1", 1);
        assert_eq!(play.does(found(reason)), "", "it was ready before");
        play.at(at + 10).does(Event::Tick);
        play.ready("agg-1");
    }
    play.at(300).exits("agg-1", 1);
    play.does(found(reason));
    play.at(310).does(Event::Tick);
    play.at(320).exits("agg-1", 1);
    assert_eq!(play.does(found(reason)), "Hopeless { replica: \"agg-1\" }");
}

#[test]
fn the_path_is_proven_when_prefill_is_back() {
    let mut play = Play::running(disaggregated());
    play.at(10).exits("prefill", 137);
    play.at(11).does(Event::Tick);
    assert_eq!(play.at(15).ready("prefill"), "probe path");
    assert_eq!(
        play.does(Event::DisaggregationOff),
        "RestartingFrontends; stop frontend"
    );
    assert_eq!(play.at(16).exits("frontend", 0), "start frontend");
    assert_eq!(play.ready("frontend"), "");
    assert_eq!(
        play.at(30).does(Event::DisaggregationOff),
        "",
        "not again and again"
    );
}

#[test]
fn three_questions_without_answer_are_a_failure() {
    let mut play = Play::running(aggregated());
    let silent = play.index("agg-1");
    assert_eq!(
        play.at(60).does(Event::Tick),
        "probe frontend; probe agg-0; probe agg-1"
    );
    assert_eq!(play.does(Event::Answered(1)), "");
    assert_eq!(play.does(Event::Unanswered(silent)), "");
    // It is asked again soon.
    assert_eq!(play.at(69).does(Event::Tick), "");
    assert_eq!(play.at(70).does(Event::Tick), "probe agg-1");
    assert_eq!(play.does(Event::Unanswered(silent)), "");
    play.at(80).does(Event::Tick);
    assert_eq!(
        play.does(Event::Unanswered(silent)),
        "out agg-1; agg-1 failed: Unanswered; kill agg-1"
    );
    assert_eq!(play.exits("agg-1", 137), "agg-1 again in 1");
}

#[test]
fn a_stop_goes_in_tiers() {
    let mut play = Play::running(disaggregated());
    assert_eq!(play.does(Event::Stop), "stop frontend");
    assert_eq!(play.exits("frontend", 0), "stop decode");
    assert_eq!(play.exits("decode", 0), "stop prefill");
    assert_eq!(play.exits("prefill", 143), "stop etcd");
    assert_eq!(play.exits("etcd", 0), "finished failed=false");
    assert_eq!(play.does(Event::Tick), "");
}

#[test]
fn the_second_stop_kills() {
    let mut play = Play::running(aggregated());
    play.does(Event::Stop);
    assert_eq!(
        play.does(Event::Stop),
        "kill frontend; kill agg-0; kill agg-1"
    );
    play.exits("frontend", 137);
    play.exits("agg-0", 137);
    assert_eq!(play.exits("agg-1", 137), "finished failed=false");
}

#[test]
fn one_that_ends_during_a_stop_is_not_started_again() {
    let mut play = Play::running(aggregated());
    play.does(Event::Stop);
    assert_eq!(play.exits("agg-0", 0), "");
    assert_eq!(play.at(10).does(Event::Tick), "");
}

#[test]
fn a_replica_that_is_removed_drains_first() {
    let mut play = Play::running(aggregated());
    assert_eq!(
        play.does(Event::Remove("agg-1".to_owned())),
        "out agg-1; drain agg-1"
    );
    let removed = play.index("agg-1");
    assert_eq!(play.does(Event::Drained(removed)), "stop agg-1");
    assert_eq!(play.exits("agg-1", 0), "");
    assert_eq!(
        play.at(999).does(Event::Tick),
        "probe frontend; probe agg-0"
    );
}

#[test]
fn one_that_is_added_is_started() {
    let mut play = Play::running(aggregated());
    let added = vec![member("agg-2", Part::Aggregated)];
    assert_eq!(play.does(Event::Add(added)), "start agg-2");
    assert_eq!(play.ready("agg-2"), "");
    assert_eq!(play.supervisor.ready(Part::Aggregated), 3);
}

#[test]
fn those_that_share_gpus_start_in_turn() {
    let mut second = member("prefill", Part::Prefill);
    second.after = Some("decode".to_owned());
    let mut play = Play::new(vec![
        member("frontend", Part::Frontend),
        second,
        member("decode", Part::Decode),
    ]);
    assert_eq!(play.does(Event::Begin), "start frontend; start decode");
    assert_eq!(play.ready("decode"), "start prefill");
}

#[test]
fn what_runs_is_adopted_and_what_is_missing_started() {
    let mut play = Play::new(aggregated());
    assert_eq!(play.does(Event::Adopted(0)), "");
    assert_eq!(play.does(Event::Adopted(1)), "");
    assert_eq!(play.does(Event::Begin), "start agg-1");
}
