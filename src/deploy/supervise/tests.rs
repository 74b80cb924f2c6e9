//! Recorded sequences: what happened, and what has to be done about it.

use std::time::Duration;

use test_case::test_case;

use super::{Action, Cause, Event, Incident, Part, Supervisor, Watched};

const AGGREGATED: &str = "frontend agg-0 agg-1";
const DISAGGREGATED: &str = "etcd frontend prefill decode";

/// Returns members by their names, such as `agg-0`, `agg-0-r1` of several ranks, and `prefill<decode`,
/// which shares the GPUs of `decode`.
fn members(names: &'static str) -> Vec<Watched> {
    let member = |name: &'static str| {
        let mut names = name.split('<');
        let (name, after) = (names.next().unwrap(), names.next());
        let (replica, rank) = name.split_once("-r").unwrap_or((name, "0"));
        let part = match name.split('-').next() {
            Some("etcd") => Part::Service,
            Some("frontend") => Part::Frontend,
            Some("prefill") => Part::Prefill,
            Some("decode") => Part::Decode,
            _ => Part::Aggregated,
        };
        Watched {
            name: name.to_owned(),
            part,
            replica: replica.to_owned(),
            rank: rank.parse().unwrap(),
            after: after.map(str::to_owned),
        }
    };
    names.split(' ').map(member).collect()
}

/// A supervisor, and what it asked for, in words.
struct Play {
    supervisor: Supervisor,
    now: Duration,
}

impl Play {
    fn new(names: &'static str) -> Self {
        Self {
            supervisor: Supervisor::new(members(names)),
            now: Duration::ZERO,
        }
    }

    /// One that has begun, and whose members are all ready.
    fn running(names: &'static str) -> Self {
        let mut play = Self::new(names);
        let count = play.supervisor.members().len();
        play.does(Event::Begin);
        for member in 0..count {
            play.does(Event::Ready(member));
        }
        play
    }

    fn without_restarts(mut self) -> Self {
        self.supervisor = self.supervisor.without_restarts();
        self
    }

    /// Plays lines of the form `SECONDS EVENT -> ACTIONS`; without an arrow, any action will do.
    /// What begins with `#` is a comment.
    fn goes(&mut self, script: &'static str) {
        for line in script
            .lines()
            .map(str::trim)
            .filter(|it| !it.is_empty() && !it.starts_with('#'))
        {
            let (happens, expected) = match line.split_once("->") {
                Some((happens, expected)) => (happens, Some(expected.trim())),
                None => (line, None),
            };
            let (time, event) = happens.trim().split_once(' ').unwrap();
            self.now = Duration::from_secs(time.parse().unwrap());
            let said = self.does(self.event(event));
            assert_eq!(said, expected.unwrap_or(&said), "{line}");
        }
    }

    fn event(&self, text: &'static str) -> Event {
        let words: Vec<_> = text.split(' ').collect();
        let own = |name: &str| {
            let mut members = self.supervisor.members().iter();
            members.position(|member| member.name == name).unwrap()
        };
        match words[..] {
            ["begin"] => Event::Begin,
            ["hold"] => Event::Hold,
            ["release"] => Event::Release,
            ["tick"] => Event::Tick,
            ["stop"] => Event::Stop,
            ["revive"] => Event::Revive,
            ["decode", "alone"] => Event::DisaggregationOff,
            ["engine", "away"] => Event::EngineAway,
            ["engine", "back"] => Event::EngineBack,
            ["discovery", "away"] => Event::DiscoveryAway,
            ["discovery", "back"] => Event::DiscoveryBack,
            ["add", name] => Event::Add(members(name)),
            ["remove", name] => Event::Remove(name.to_owned()),
            [name, "adopted"] => Event::Adopted(own(name)),
            [name, "ready"] => Event::Ready(own(name)),
            [name, "answers"] => Event::Answered(own(name)),
            [name, "silent"] => Event::Unanswered(own(name)),
            [name, "drained"] => Event::Drained(own(name)),
            [name, "lasting", reason] => Event::WillRepeat {
                member: own(name),
                reason,
            },
            [name, "ends", code] => Event::Exited {
                member: own(name),
                code: code.parse().unwrap(),
            },
            _ => panic!("unknown event `{text}`"),
        }
    }

    fn does(&mut self, event: Event) -> String {
        let actions = self.supervisor.handle(self.now, event);
        let words: Vec<_> = actions.iter().map(|action| self.words(action)).collect();
        words.join("; ")
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
                Incident::StaysDown { replica } => format!("{replica} stays down"),
                Incident::Hopeless { replica } => format!("{replica} is hopeless"),
                other => format!("{other:?}"),
            },
        }
    }
}

#[test_case(Play::running(AGGREGATED).without_restarts(), "
    0 agg-0 ends 137 -> out agg-0; agg-0 failed: 137; agg-0 stays down
    600 tick -> probe frontend; probe agg-1
    600 agg-1 ends 0 -> out agg-1; agg-1 failed: 0; agg-1 stays down; NoneLeft(Aggregated); stop frontend
    600 frontend ends 0 -> finished failed=true
"; "without restarts the rest goes on until nobody is left")]
#[test_case(Play::new(DISAGGREGATED), "
    0 begin -> start etcd
    0 tick ->
    0 etcd ready -> start frontend; start prefill; start decode
"; "services come first and the rest together")]
#[test_case(Play::running(AGGREGATED), "
    5 agg-0 ends 0 -> out agg-0; agg-0 failed: 0; agg-0 again in 1
    5 tick ->
    6 tick -> start agg-0
"; "a server that ends with 0 has failed")]
#[test_case(Play::running(AGGREGATED), "
    10 agg-1 ends 1 -> out agg-1; agg-1 failed: 1; agg-1 again in 1
    11 tick -> start agg-1
    20 agg-1 ends 1 -> out agg-1; agg-1 failed: 1; agg-1 again in 2
    22 tick -> start agg-1
    30 agg-1 ends 1 -> out agg-1; agg-1 failed: 1; agg-1 again in 4
    34 tick -> start agg-1
    40 agg-1 ends 1 -> out agg-1; agg-1 failed: 1; agg-1 again in 8
    48 tick -> start agg-1
    60 agg-1 ends 1 -> out agg-1; agg-1 failed: 1; agg-1 given up after 5
    600 tick -> probe frontend; probe agg-0
"; "one that always fails is given up and the rest goes on")]
#[test_case(Play::running(AGGREGATED).without_restarts(), "
    10 agg-1 ends 1
    100 revive -> start agg-1
    100 revive ->
"; "one that was given up is tried again when somebody asks")]
#[test_case(Play::running(DISAGGREGATED), "
    20 decode ends 0 -> out decode; decode failed: 0; decode again in 1
    20 discovery away -> DiscoveryAway
    30 tick ->
    30 discovery back -> DiscoveryBack(10s); start decode
"; "members that ended before the outage was noticed wait as well")]
#[test_case(Play::running(DISAGGREGATED), "
    10 discovery away
    10 etcd ends 137 -> etcd failed: 137; etcd again in 1
    11 tick -> start etcd
"; "etcd that ends is started again")]
#[test_case(Play::running(AGGREGATED), "
    0 engine away
    0 stop -> StopWaitsForEngine; stop frontend
    0 stop -> finished failed=true
"; "a second stop does not wait for an engine that is away")]
#[test_case(Play::running(AGGREGATED), "
    100 agg-1 ends 1
    100 agg-1 lasting model-missing ->
    110 tick
    110 agg-1 ready
    200 agg-1 ends 1
    200 agg-1 lasting model-missing ->
    210 tick
    210 agg-1 ready
    300 agg-1 ends 1
    300 agg-1 lasting model-missing
    310 tick
    320 agg-1 ends 1
    320 agg-1 lasting model-missing -> agg-1 is hopeless
"; "a lasting reason counts from when it was ready")]
#[test_case(Play::running(DISAGGREGATED), "
    10 prefill ends 137
    11 tick
    15 prefill ready -> probe path
    15 decode alone -> RestartingFrontends; stop frontend
    16 frontend ends 0 -> start frontend
    16 frontend ready ->
    30 decode alone ->
"; "the path is proven when prefill is back")]
#[test_case(Play::running(DISAGGREGATED), "
    0 stop -> stop frontend
    0 frontend ends 0 -> stop decode
    0 decode ends 0 -> stop prefill
    0 prefill ends 143 -> stop etcd
    0 etcd ends 0 -> finished failed=false
    0 tick ->
"; "a stop goes in tiers")]
#[test_case(Play::running(AGGREGATED), "
    0 stop
    0 stop -> kill frontend; kill agg-0; kill agg-1
    0 frontend ends 137
    0 agg-0 ends 137
    0 agg-1 ends 137 -> finished failed=false
"; "the second stop kills")]
#[test_case(Play::running(AGGREGATED), "
    0 stop
    0 agg-0 ends 0 ->
    10 tick ->
"; "one that ends during a stop is not started again")]
#[test_case(Play::running(AGGREGATED), "
    0 remove agg-1 -> out agg-1; drain agg-1
    0 agg-1 drained -> stop agg-1
    0 agg-1 ends 0 ->
    999 tick -> probe frontend; probe agg-0
"; "a replica that is removed drains first")]
#[test_case(Play::new(AGGREGATED), "
    0 frontend adopted ->
    0 agg-0 adopted ->
    0 begin -> start agg-1
"; "what runs is adopted and what is missing started")]
#[test_case(Play::new("etcd-1 agg-0"), "
    0 hold ->
    0 begin -> start etcd-1
    0 etcd-1 ready ->
    0 release -> start agg-0
"; "services of other machines are waited for")]
#[test_case(Play::new("frontend agg-0-r1 agg-0-r0"), "
    0 begin -> start frontend; start agg-0-r0; start agg-0-r1
    0 frontend ready ->
    0 agg-0-r0 ready ->
    60 tick -> probe frontend
    60 agg-0-r1 ready ->
    120 tick -> probe frontend; probe agg-0-r0
    129 agg-0-r1 ends 137 -> out agg-0-r0; out agg-0-r1; agg-0-r1 failed: 137; stop agg-0-r0
    132 agg-0-r0 ends 143 -> agg-0 again in 1
    133 tick -> start agg-0-r0; start agg-0-r1
"; "ranks live and die together")]
#[test_case(Play::running("frontend agg-0"), "
    10 agg-0 ends 1
    19 tick
    20 agg-0 ends 1
    29 tick
    30 agg-0 ends 1
    39 tick
    40 agg-0 ends 1
    49 tick
    50 agg-0 ends 1 -> out agg-0; agg-0 failed: 1; agg-0 given up after 5; NoneLeft(Aggregated); stop frontend
    50 frontend ends 0 -> finished failed=true
"; "without any worker all is stopped")]
#[test_case(Play::running(DISAGGREGATED), "
    100 discovery away -> DiscoveryAway
    108 decode ends 0 -> out decode; decode failed: DiscoveryAway; probe etcd; probe frontend; probe prefill
    110 tick ->
    112 discovery back -> DiscoveryBack(12s); start decode
    # The frontend ends in the phases of its shutdown, after etcd is back.
    113 frontend ends 0 -> frontend failed: DiscoveryAway; start frontend
    200 decode ends 0 -> out decode; decode failed: 0; decode again in 1
"; "an outage of etcd is no failure of the members")]
#[test_case(Play::running(AGGREGATED), "
    # An engine that is restarted ends its containers before it goes.
    20 agg-0 ends 0 -> out agg-0; agg-0 failed: 0; agg-0 again in 1
    21 tick -> start agg-0
    21 engine away -> EngineAway
    21 agg-0 ends 125 -> out agg-0; agg-0 failed: EngineAway
    # Nobody is asked meanwhile.
    90 tick ->
    90 agg-1 silent ->
    120 engine back -> EngineBack(99s); probe frontend; start agg-0; probe agg-1
    120 agg-1 ends 137 -> out agg-1; agg-1 failed: EngineAway; start agg-1
    # One that was started since has a reason of its own, and its failures count from there.
    125 agg-0 ends 1 -> out agg-0; agg-0 failed: 1; agg-0 again in 1
"; "an outage of the engine is nobodys failure")]
#[test_case(Play::new(AGGREGATED), "
    0 begin
    5 agg-1 ends 1
    5 agg-1 lasting gated-model ->
    6 tick -> start agg-1
    9 agg-1 ends 1
    9 agg-1 lasting model-missing ->
    11 tick -> start agg-1
    15 agg-1 ends 1
    # The log was read when it ran again.
    19 tick -> start agg-1
    19 agg-1 lasting model-missing ->
    23 agg-1 ends 1 -> out agg-1; agg-1 failed: 1; agg-1 is hopeless
"; "a lasting reason that is confirmed ends the restarts")]
#[test_case(Play::running(AGGREGATED), "
    60 tick -> probe frontend; probe agg-0; probe agg-1
    60 agg-0 answers ->
    60 agg-1 silent ->
    # It is asked again soon.
    69 tick ->
    70 tick -> probe agg-1
    70 agg-1 silent ->
    80 tick
    80 agg-1 silent -> out agg-1; agg-1 failed: Unanswered; kill agg-1
    80 agg-1 ends 137 -> agg-1 again in 1
"; "three questions without answer are a failure")]
#[test_case(Play::running(AGGREGATED), "
    0 add agg-2 -> start agg-2
    0 agg-2 ready ->
    60 tick -> probe frontend; probe agg-0; probe agg-1; probe agg-2
"; "one that is added is started")]
#[test_case(Play::new("frontend prefill<decode decode"), "
    0 begin -> start frontend; start decode
    0 decode ready -> start prefill
"; "those that share gpus start in turn")]
fn plays(mut play: Play, script: &'static str) {
    play.goes(script);
}
