//! Limits: what is asked for against what the engine can set.
//!
//! The engine does not check limits; setting them fails when the container starts, with a number
//! instead of a name (`error setting rlimit type 7`). A process without `CAP_SYS_RESOURCE` cannot
//! raise a limit above its own, which is the case for engines in containers and without root.

use crate::docker::ulimit::Ulimit;
use crate::launch::facts::LimitFacts;
use crate::launch::flag::{Flag, Origin};
use crate::launch::note::Note;
use crate::launch::request::UlimitPolicy;
use crate::problem::{Problem, ProblemKind};

/// A limit that the engine cannot set, under the policy `refuse`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The engine cannot set `--ulimit {asked}`: its own hard limit of {} is {}", asked.name(), shown(*possible))]
pub struct LimitProblem {
    /// What was asked for.
    pub asked: Ulimit,
    /// What the engine can set.
    pub possible: i64,
}

impl From<LimitProblem> for Problem {
    fn from(error: LimitProblem) -> Self {
        let name = error.asked.name();
        Self::new(ProblemKind::Usage, error.to_string())
            .hint(format!(
                "Ask for less: `--ulimit {name}={}`",
                error.possible
            ))
            .hint("Or take what is possible: `--ulimit-policy clamp`")
    }
}

/// Compares `--ulimit` flags with what the engine can set.
///
/// # Errors
/// Under the policy `refuse`, returns every limit that cannot be set.
pub fn negotiate(
    flags: Vec<Flag>,
    limits: &LimitFacts,
    policy: UlimitPolicy,
) -> Result<(Vec<Flag>, Option<Note>), Vec<LimitProblem>> {
    let (mut negotiated, mut lowered, mut problems) = (Vec::new(), Vec::new(), Vec::new());
    for flag in flags {
        let excess = excess(&flag, limits);
        match (excess, policy) {
            (None, _) | (_, UlimitPolicy::Keep) => negotiated.push(flag),
            (Some(excess), UlimitPolicy::Refuse) => problems.push(excess),
            (Some(excess), UlimitPolicy::Clamp) => {
                negotiated.push(clamp(&flag, &excess));
                lowered.push(excess);
            }
        }
    }
    if problems.is_empty() {
        Ok((negotiated, told(&lowered)))
    } else {
        Err(problems)
    }
}

fn excess(flag: &Flag, limits: &LimitFacts) -> Option<LimitProblem> {
    if flag.name != "ulimit" || limits.unrestricted {
        return None;
    }
    // A limit that is none is told when the flag is applied.
    let asked: Ulimit = flag.text().parse().ok()?;
    let possible = (*limits.hard.get(asked.name().as_str())?)?;
    let exceeds = asked.hard() == Ulimit::UNLIMITED || asked.hard() > possible;
    exceeds.then_some(LimitProblem { asked, possible })
}

fn clamp(flag: &Flag, excess: &LimitProblem) -> Flag {
    let (asked, hard) = (excess.asked, excess.possible);
    let soft = match asked.soft() {
        Ulimit::UNLIMITED => hard,
        soft => soft.min(hard),
    };
    let origin = Origin::Negotiated {
        from: format!("--ulimit {}", flag.text()),
        why: "the engine cannot set more".to_owned(),
    };
    Flag::value("ulimit", format!("{}={soft}:{hard}", asked.name()), origin)
}

/// One remark for all limits, because they come together.
fn told(lowered: &[LimitProblem]) -> Option<Note> {
    let each = lowered.iter().map(|LimitProblem { asked, possible }| {
        let (from, to) = (shown(asked.hard()), shown(*possible));
        format!("`{}` to {to} (not {from})", asked.name())
    });
    let each = each.collect::<Vec<_>>().join(", ");
    let message = format!("The engine may not set limits this high; the container gets {each}");
    (!lowered.is_empty()).then(|| Note::lasting(message))
}

fn shown(limit: i64) -> String {
    match limit {
        Ulimit::UNLIMITED => "unlimited".to_owned(),
        limit => limit.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    fn weak() -> LimitFacts {
        let hard = [
            ("nofile", Some(20_000)),
            ("memlock", Some(8_388_608)),
            ("stack", None),
        ];
        LimitFacts {
            unrestricted: false,
            hard: hard.map(|(name, limit)| (name.to_owned(), limit)).into(),
        }
    }

    fn flags(limits: &[&str]) -> Vec<Flag> {
        let flag = |text: &&str| Flag::value("ulimit", *text, Origin::Typed);
        limits.iter().map(flag).collect()
    }

    #[test_case("memlock=-1", "memlock=8388608:8388608")]
    #[test_case("nofile=65536:65536", "nofile=20000:20000")]
    #[test_case("nofile=1024:65536", "nofile=1024:20000"; "soft limits stay if they can")]
    #[test_case("nofile=1024", "nofile=1024"; "possible")]
    #[test_case("stack=67108864", "stack=67108864"; "unlimited in the engine")]
    #[test_case("core=-1", "core=-1"; "unknown")]
    fn limits_are_lowered_to_what_can_be_set(asked: &str, expected: &str) {
        let (clamped, note) = negotiate(flags(&[asked]), &weak(), UlimitPolicy::Clamp).unwrap();
        assert_eq!(clamped[0].text(), expected);
        assert_eq!(note.is_none(), asked == expected);
    }

    #[test]
    fn keep_and_unrestricted_engines_change_nothing() {
        let asked = flags(&["memlock=-1", "nofile=65536"]);
        let (kept, _) = negotiate(asked.clone(), &weak(), UlimitPolicy::Keep).unwrap();
        assert_eq!(kept, asked);
        let strong = LimitFacts {
            unrestricted: true,
            ..weak()
        };
        let (kept, _) = negotiate(asked.clone(), &strong, UlimitPolicy::Clamp).unwrap();
        assert_eq!(kept, asked);
    }

    #[test]
    fn refuse_names_every_limit() {
        let asked = flags(&["memlock=-1", "nofile=65536", "stack=1024"]);
        let problems = negotiate(asked, &weak(), UlimitPolicy::Refuse).unwrap_err();
        let messages: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            messages,
            [
                "The engine cannot set `--ulimit memlock=-1:-1`: its own hard limit of memlock is 8388608",
                "The engine cannot set `--ulimit nofile=65536:65536`: its own hard limit of nofile is 20000",
            ]
        );
    }
}
