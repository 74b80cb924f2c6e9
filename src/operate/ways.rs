//! The ways to a frontend: from here, as a client would, or from inside its container.

use std::cell::{Cell, OnceCell};
use std::time::Duration;

use tokio::time::Instant;

use crate::engine::{ContainerFacts, Engine};
use crate::launch::readiness::{Places, Route, reachable};

/// What asking inside costs at most: this share of the time. It takes a process in the container, and
/// while members start, they need the processors themselves.
const SHARE: u32 = 5;
const LEAST_REST: Duration = Duration::from_millis(250);

/// The ways to one frontend, of which one is chosen when it is known to lead there.
#[derive(Debug)]
pub(super) struct Ways {
    direct: Vec<Route>,
    inside: Route,
    chosen: OnceCell<Route>,
    /// When it may be asked inside again.
    rested: Cell<Option<Instant>>,
}

impl Ways {
    pub(super) fn new(
        engine: &Engine,
        facts: &ContainerFacts,
        (own, port): (&str, u16),
        places: &Places,
    ) -> Self {
        let direct = reachable(facts, (own, port), places);
        let direct = direct.iter().map(|(host, port)| Route::direct(host, *port));
        Self::of(direct.collect(), Route::inside(engine, facts, own, port))
    }

    pub(super) fn of(direct: Vec<Route>, inside: Route) -> Self {
        Self {
            direct,
            inside,
            chosen: OnceCell::new(),
            rested: Cell::new(None),
        }
    }

    pub(super) fn direct(&self) -> &[Route] {
        &self.direct
    }

    pub(super) fn inside(&self) -> &Route {
        &self.inside
    }

    pub(super) fn chosen(&self) -> Option<&Route> {
        self.chosen.get()
    }

    /// Keeps a way for good; the first one counts.
    pub(super) fn choose(&self, way: &Route) {
        self.chosen.get_or_init(|| way.clone());
    }

    /// Asks inside, if it is time.
    pub(super) async fn ask_inside<'a, T, A>(
        &'a self,
        ask: impl FnOnce(&'a Route) -> A,
    ) -> Result<T, String>
    where
        A: Future<Output = Result<T, String>>,
    {
        let begun = Instant::now();
        if self.rested.get().is_some_and(|rested| begun < rested) {
            return Err("it is not asked in its container all the time".to_owned());
        }
        let answer = ask(&self.inside).await;
        self.rested
            .set(Some(Instant::now() + rest(begun.elapsed())));
        answer
    }
}

/// Returns how long nobody is asked after a question that took this long.
fn rest(took: Duration) -> Duration {
    (took * (SHARE - 1)).max(LEAST_REST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_inside_leaves_most_of_the_time_to_the_members() {
        let rest = |millis| rest(Duration::from_millis(millis)).as_millis();
        assert_eq!([1, 100, 1000].map(rest), [250, 400, 4000]);
    }
}
