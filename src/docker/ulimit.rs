//! `--ulimit NAME=SOFT[:HARD]`.

use std::fmt;
use std::str::FromStr;

use super::as_text::as_text;
use super::hinted::{Hinted, similar_or};
use super::number::{self, NumberError};
use crate::text::{Words as _, words};

words! {
    /// The resources that can be limited per process, as in setrlimit(2).
    #[derive(PartialOrd, Ord, Hash)]
    pub enum UlimitName(UlimitError, UlimitError::Name) {
        Core = "core",
        Cpu = "cpu",
        Data = "data",
        Fsize = "fsize",
        Locks = "locks",
        Memlock = "memlock",
        Msgqueue = "msgqueue",
        Nice = "nice",
        Nofile = "nofile",
        Nproc = "nproc",
        Rss = "rss",
        Rtprio = "rtprio",
        Rttime = "rttime",
        Sigpending = "sigpending",
        Stack = "stack",
    }
}

/// A limit of one resource. [`Ulimit::UNLIMITED`] stands for no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ulimit {
    name: UlimitName,
    soft: i64,
    hard: i64,
}

/// Why a limit could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UlimitError {
    /// There is no `=`.
    #[error("ulimit `{0}` has no value")]
    NoValue(String),
    /// There is no such resource.
    #[error("unknown ulimit `{0}`")]
    Name(String),
    /// A limit is no number.
    #[error("ulimit `{text}` has a wrong limit")]
    Limit {
        /// The whole text.
        text: String,
        /// What is wrong with the limit.
        #[source]
        source: NumberError,
    },
    /// There are more than two limits.
    #[error("ulimit `{0}` has more than a soft and a hard limit")]
    TooMany(String),
    /// The soft limit is above the hard one.
    #[error("ulimit `{name}` has a soft limit of {soft} above its hard limit of {hard}")]
    SoftAboveHard {
        /// The resource.
        name: UlimitName,
        /// The soft limit; -1 is unlimited.
        soft: i64,
        /// The hard limit.
        hard: i64,
    },
}

impl Hinted for UlimitError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::NoValue(text) => Some(with_equals_sign(text)),
            Self::Name(name) => Some(similar_or(name, UlimitName::WORDS, |words| {
                format!("the names are {}", words.join(", "))
            })),
            Self::Limit { .. } | Self::TooMany(_) => Some(
                "write NAME=SOFT or NAME=SOFT:HARD with whole numbers; -1 is unlimited".to_owned(),
            ),
            Self::SoftAboveHard { name, soft, .. } => {
                Some(format!("write `{name}={soft}` to set both"))
            }
        }
    }
}

/// `nofile:1024` is the most frequent mistake.
fn with_equals_sign(text: &str) -> String {
    match text.split_once(':') {
        Some((name, limit)) => format!("write `{name}={limit}`"),
        None => format!("write `{text}=SOFT:HARD`"),
    }
}

impl Ulimit {
    /// The value that stands for no limit.
    pub const UNLIMITED: i64 = -1;

    /// Sets a limit. Fails if the soft limit is above the hard one.
    pub fn new(name: UlimitName, soft: i64, hard: i64) -> Result<Self, UlimitError> {
        let unlimited = hard == Self::UNLIMITED;
        if !unlimited && (soft == Self::UNLIMITED || soft > hard) {
            return Err(UlimitError::SoftAboveHard { name, soft, hard });
        }
        Ok(Self { name, soft, hard })
    }

    /// Returns the resource.
    pub const fn name(self) -> UlimitName {
        self.name
    }

    /// Returns the limit that applies; the process may raise it up to the hard one.
    pub const fn soft(self) -> i64 {
        self.soft
    }

    /// Returns the limit that the process cannot raise.
    pub const fn hard(self) -> i64 {
        self.hard
    }
}

impl FromStr for Ulimit {
    type Err = UlimitError;

    fn from_str(text: &str) -> Result<Self, UlimitError> {
        let (name, limits) = text
            .split_once('=')
            .ok_or_else(|| UlimitError::NoValue(text.to_owned()))?;
        let name = name.parse()?;
        let limit = |limit| {
            number::decimal(limit).map_err(|source| UlimitError::Limit {
                text: text.to_owned(),
                source,
            })
        };
        match limits.split(':').collect::<Vec<_>>()[..] {
            [both] => Self::new(name, limit(both)?, limit(both)?),
            [soft, hard] => Self::new(name, limit(soft)?, limit(hard)?),
            _ => Err(UlimitError::TooMany(text.to_owned())),
        }
    }
}

impl fmt::Display for Ulimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}:{}", self.name, self.soft, self.hard)
    }
}

as_text!(Ulimit);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::reads_back::reads_back;
    use proptest::prelude::*;
    use test_case::test_case;

    #[test_case("nofile:1024", "write `nofile=1024`")]
    #[test_case("memlock", "write `memlock=SOFT:HARD`")]
    #[test_case("nofiles=1", "did you mean `nofile`?")]
    #[test_case(
        "memlock=x",
        "write NAME=SOFT or NAME=SOFT:HARD with whole numbers; -1 is unlimited"
    )]
    #[test_case("memlock=-1:5", "write `memlock=-1` to set both")]
    fn refusals_say_how_to_mend_them(text: &str, hint: &str) {
        assert_eq!(text.parse::<Ulimit>().unwrap_err().hint().unwrap(), hint);
    }

    reads_back!(Ulimit, "(nofile=)?[-:0-9a-z=]{0,8}");

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(at in 0..15_usize, soft: i64, hard: i64) {
            if let Ok(ulimit) = Ulimit::new(UlimitName::ALL[at], soft, hard) {
                prop_assert_eq!(ulimit.to_string().parse(), Ok(ulimit));
            }
        }
    }
}
