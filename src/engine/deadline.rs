//! How long the engine may take to answer, and who hears of it meanwhile.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::EngineError;
use crate::dial::Address;

/// How long an engine may take before somebody is told that it is waited for.
const REPORT_AFTER: Duration = Duration::from_secs(3);

/// How many times the limit the engine has for work of its own: to create, start and remove.
const WORK: u32 = 5;

/// Takes what is reported.
type Report = dyn Fn(&str) + Send + Sync;

/// How long the engine may take to answer.
#[derive(Clone)]
pub struct Deadline {
    limit: Duration,
    report: Option<Arc<Report>>,
}

/// What kind of answer is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// What the engine knows.
    Quick,
    /// What the engine has to do first.
    Work,
    /// What takes as long as it was asked to, and the engine's own time on top.
    AtLeast(Duration),
    /// What may never come: output of a container that says nothing.
    Endless,
}

impl Deadline {
    /// How long an engine may take if nothing else is asked for.
    pub const DEFAULT: Duration = Duration::from_secs(60);

    /// Limits each answer.
    pub fn new(limit: Duration) -> Self {
        Self {
            limit,
            report: None,
        }
    }

    /// Reports what is waited for, when it takes more than a few seconds.
    #[must_use]
    pub fn reporting(mut self, report: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.report = Some(Arc::new(report));
        self
    }

    /// Returns how long a quick answer may take.
    pub const fn limit_of_answers(&self) -> Duration {
        self.limit
    }

    /// Waits for a connection to come up that others make.
    ///
    /// # Errors
    /// Fails as `connecting` does, and when it takes too long.
    pub async fn connecting<T, E: From<EngineError>>(
        &self,
        address: &Address,
        connecting: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let action = format!("connect at `{address}`");
        self.within(&action, Pace::Quick, connecting).await
    }

    /// Waits for an answer for as long as it may take. `action` says what was asked, as an
    /// infinitive.
    pub(super) async fn within<T, E: From<EngineError>>(
        &self,
        action: &str,
        pace: Pace,
        answer: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let Some(limit) = self.limit(pace) else {
            return answer.await;
        };
        // Boxed: what waits for several answers would be too large for the stack.
        let mut answer = Box::pin(answer);
        let first = REPORT_AFTER.min(limit);
        if let Ok(answered) = timeout(first, &mut answer).await {
            return answered;
        }
        if let Some(report) = self.report.as_ref().filter(|_| first < limit) {
            report(&format!(
                "Waiting for the engine to {action}, for at most {}s",
                limit.as_secs()
            ));
        }
        let answered = timeout(limit.saturating_sub(first), answer).await;
        answered.unwrap_or_else(|_| {
            let action = action.to_owned();
            Err(EngineError::TimedOut { action, limit }.into())
        })
    }

    fn limit(&self, pace: Pace) -> Option<Duration> {
        match pace {
            Pace::Quick => Some(self.limit),
            Pace::Work => Some(self.limit * WORK),
            Pace::AtLeast(time) => Some(self.limit.saturating_add(time)),
            Pace::Endless => None,
        }
    }
}

impl Default for Deadline {
    fn default() -> Self {
        Self::new(Self::DEFAULT)
    }
}

impl fmt::Debug for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deadline")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::Mutex;

    use super::*;

    #[tokio::test]
    async fn who_waits_hears_of_it_and_not_for_ever() {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let listener = Arc::clone(&heard);
        let deadline = Deadline::new(Duration::from_millis(3100))
            .reporting(move |text| listener.lock().unwrap().push(text.to_owned()));
        let never = pending::<Result<(), EngineError>>();
        let error = deadline.within("list containers", Pace::Quick, never).await;
        assert_eq!(
            error.unwrap_err().to_string(),
            "The engine did not answer within 3.1s when asked to list containers"
        );
        let heard = heard.lock().unwrap().join("\n");
        assert_eq!(
            heard,
            "Waiting for the engine to list containers, for at most 3s"
        );
    }

    #[tokio::test]
    async fn what_answers_in_time_is_not_mentioned() {
        let deadline = Deadline::default().reporting(|text| panic!("{text}"));
        let answer = async { Ok::<_, EngineError>(7) };
        let answer = deadline.within("x", Pace::Work, answer).await;
        assert_eq!(answer.unwrap(), 7);
    }
}
