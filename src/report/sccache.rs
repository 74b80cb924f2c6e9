//! What the compiler cache did.

use super::cache_log::CacheLog;
use super::step::Step;
use super::title::Title;
use crate::text::{Look, Table, Tone};

/// What the compiler cache did for one stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageCache {
    /// The stage, as people read it.
    pub stage: String,
    /// What its steps said of it.
    pub(super) log: CacheLog,
}

impl StageCache {
    /// Collects what the steps report.
    pub(super) fn of(steps: &[Step]) -> Vec<Self> {
        let with_figures = steps
            .iter()
            .filter(|step| step.cache != CacheLog::default());
        let stages = with_figures.map(|step| Self {
            stage: stage(&step.title),
            log: step.cache.clone(),
        });
        stages.collect()
    }

    /// Returns for example `350 of 371 hits (94 %)`.
    pub(super) fn figures(&self) -> String {
        let CacheLog { hits, misses, .. } = &self.log;
        let all = hits + misses;
        // Rounded down: 100 % means all of them.
        let percent = (hits * 100).checked_div(all);
        let percent = percent.map(|percent| format!(" ({percent} %)"));
        format!("{hits} of {all} hits{}", percent.unwrap_or_default())
    }

    /// Returns what went wrong with the cache, without having failed the build.
    pub(super) fn warnings(&self) -> impl Iterator<Item = String> {
        let stage = &self.stage;
        let fallback = self.log.warning.as_ref();
        let fallback = fallback.map(|why| format!("{stage}: sccache: {why}"));
        let errors = self.log.errors;
        let errors = (errors > 0).then(|| {
            format!(
                "{stage}: sccache: the cache failed {errors} times; what it did not give was compiled"
            )
        });
        fallback.into_iter().chain(errors)
    }
}

/// Returns the name of a step's stage, with the platform where there are several; the only stage of
/// a Dockerfile has none.
fn stage(title: &Title) -> String {
    let stage = title.stage.as_deref().unwrap_or("the only stage");
    match &title.platform {
        Some(platform) => format!("{platform} {stage}"),
        None => stage.to_owned(),
    }
}

/// Returns the figures of all stages as lines to read.
pub(super) fn render(stages: &[StageCache], look: Look) -> String {
    let mut table = Table::headless();
    for stage in stages {
        if let Some(location) = stage.log.location.clone() {
            table.row([format!("  {}", stage.stage), stage.figures(), location]);
        }
    }
    if table.is_empty() {
        return String::new();
    }
    look.paint(Tone::Faint, "Compiler cache") + "\n" + &table.render(look)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::cache_log::location;
    use jiff::Timestamp;

    use crate::buildkit::progress::VertexLog;

    /// As sccache 0.16 prints it.
    const STATS: &str = "\
Compile requests                     412
Compile requests executed            371
Cache hits                           350
Cache hits (C/C++)                    12
Cache hits (Rust)                    338
Cache misses                          21
Cache misses (Rust)                   21
Cache hits rate                    94.34 %
Cache timeouts                         0
Cache read errors                      2
Forced recaches                        0
Cache write errors                     1
Cache errors                           0
Cache location                  s3, name: objects, prefix: /ci/";

    fn read(text: &str) -> CacheLog {
        let mut log = CacheLog::default();
        for line in text.lines() {
            log.read(line);
        }
        log
    }

    #[test]
    fn the_totals_are_read() {
        let expected = CacheLog {
            hits: 350,
            misses: 21,
            errors: 3,
            location: Some("s3 objects/ci".to_owned()),
            warning: None,
        };
        assert_eq!(read(STATS), expected);
        assert_eq!(read("Cache is warm"), CacheLog::default());
    }

    /// A step of the stage `wheels` that wrote this.
    fn step(text: &str) -> Step {
        let mut step = Step::new("[wheels 3/3] RUN compile");
        step.log(&VertexLog {
            vertex: "sha256:1".into(),
            stream: 1,
            data: text.as_bytes().to_vec(),
            timestamp: Timestamp::UNIX_EPOCH,
        });
        step
    }

    #[test]
    fn figures_are_told_for_each_stage_whatever_it_wrote_after_them() {
        let much = "more\n".repeat(1000);
        let stages = StageCache::of(&[step("no cache"), step(&format!("{STATS}\n{much}"))]);
        insta::assert_snapshot!(render(&stages, Look::PLAIN), @"
        Compiler cache
          wheels  350 of 371 hits (94 %)  s3 objects/ci
        ");
        let warnings: Vec<_> = stages.iter().flat_map(StageCache::warnings).collect();
        insta::assert_snapshot!(warnings.join("\n"), @"wheels: sccache: the cache failed 3 times; what it did not give was compiled");
    }

    #[test]
    fn compilations_of_one_step_add_up() {
        let twice = read(&[STATS, STATS].join("\n"));
        assert_eq!((twice.hits, twice.misses), (700, 42));
    }

    #[test]
    fn what_went_wrong_is_told() {
        let log = read("warning: sccache: the s3 cache cannot be used: no\nCache hits   1\n");
        assert_eq!(
            log.warning.as_deref(),
            Some("the s3 cache cannot be used: no")
        );
    }

    #[test]
    fn places_are_told_in_few_words() {
        assert_eq!(
            location("Local disk: \"/root/.cache/sccache\""),
            "in the engine"
        );
        assert_eq!(location("s3, name: b, prefix: /"), "s3 b");
        assert_eq!(location("something new"), "something new");
    }
}
