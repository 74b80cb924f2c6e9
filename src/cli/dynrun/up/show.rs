//! What people see of an operation.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fs_err::OpenOptions;

use crate::cli::dynrun::diagnosis;
use crate::cli::edge::Edge;
use crate::deploy::Deployment;
use crate::deploy::file::Role;
use crate::operate::Report;
use crate::text::clean_line;

/// Shows reports; remembers what the last line needs.
pub(super) struct Shown {
    name: String,
    model: String,
    url: Option<String>,
    /// Where the frontends are, for a machine that has none.
    frontends: String,
    mock: bool,
    width: usize,
    /// The machine, if that is to be said of everything.
    node: Option<String>,
    /// Where a supervisor goes on to write when its parent has been answered.
    log: Option<PathBuf>,
}

impl Shown {
    pub(super) fn new(deployment: &Deployment, node: Option<&str>, log: Option<PathBuf>) -> Self {
        let names = deployment.members.iter().map(|member| member.name.len());
        Self {
            name: deployment.name.clone(),
            model: deployment.model.served.clone(),
            url: deployment.url(),
            frontends: frontends(deployment),
            mock: deployment.mock,
            width: names.max().unwrap_or_default(),
            node: node.map(str::to_owned),
            log,
        }
    }

    /// Writes the machine before a text.
    fn named(&self, text: &str) -> String {
        match &self.node {
            Some(node) => format!("{node}: {text}"),
            None => text.to_owned(),
        }
    }

    pub(super) fn report(&mut self, report: Report, edge: &mut Edge) {
        match report {
            Report::Note(text) => edge.ui.note(&self.named(&text)),
            Report::Warning(text) => edge.ui.warn(&self.named(&text)),
            Report::Quote(text) => edge.ui.quote(&text),
            Report::Diagnosis(diagnosis) => diagnosis::show(&diagnosis, edge),
            Report::Hindered { cause, fixes } => {
                edge.ui.warn(&self.named(&cause));
                for fix in &fixes {
                    edge.ui.hint(fix);
                }
            }
            Report::Problems(problems) => edge.ui.problems(&problems),
            Report::Line { member, text } => {
                let node = self.node.as_ref();
                let node = node.map_or_else(String::new, |node| format!("{node}/"));
                edge.ui.print(&format!(
                    "{node}{member:width$} | {}",
                    clean_line(&text),
                    width = self.width
                ));
            }
            Report::Ready {
                after,
                workers,
                answered,
            } => {
                let seconds = after.as_secs_f64();
                let text = format!(
                    "{}: ready after {seconds:.1} s: {}",
                    self.name,
                    self.ready(&workers, &answered)
                );
                self.answer(0, &text, edge);
            }
            Report::Registered { after, members } => {
                let seconds = after.as_secs_f64();
                let text = format!(
                    "{}: {} in discovery after {seconds:.1} s; {} proves that requests arrive",
                    self.name,
                    members.join(", "),
                    self.frontends
                );
                self.answer(0, &text, edge);
            }
            Report::TimedOut { missing } => {
                edge.ui.warn(&format!(
                    "`{}` was not ready before the timeout: {missing}",
                    self.name
                ));
                edge.ui.hint(&format!(
                    "Read its logs: `dynrun logs {}`; stop it: `dynrun down {0}`",
                    self.name
                ));
                self.answer(124, "", edge);
            }
        }
    }

    fn ready(&self, workers: &BTreeMap<Role, usize>, answered: &[String]) -> String {
        let counts = workers
            .iter()
            .map(|(role, count)| format!("{count} {}", role.as_str()));
        let counts = counts.collect::<Vec<_>>().join(", ");
        let url = self.url.as_deref().unwrap_or("no frontend on this machine");
        let mock = if self.mock {
            "; a rehearsal with the mocker"
        } else {
            ""
        };
        format!(
            "{url}, {} ({counts}; answered: {}{mock})",
            self.model,
            answered.join(", ")
        )
    }

    /// Answers whoever started the supervisor, and leaves their terminal; in the foreground, prints.
    fn answer(&mut self, code: u8, text: &str, edge: &mut Edge) {
        match self.log.take() {
            Some(log) => {
                edge.ui.print(&format!("{code} {text}"));
                leave_terminal(&log);
            }
            None if !text.is_empty() => edge.ui.note(text),
            None => {}
        }
    }
}

fn frontends(deployment: &Deployment) -> String {
    let frontends = deployment.frontends().map(|member| {
        let node = member.node.as_deref().unwrap_or_default();
        format!("`{}` on machine `{node}`", member.name)
    });
    frontends.collect::<Vec<_>>().join(" or ")
}

/// From now on everything is written to the log.
fn leave_terminal(log: &Path) {
    let Ok(file) = OpenOptions::new().create(true).append(true).open(log) else {
        return;
    };
    // Without a log there is nobody to tell.
    rustix::stdio::dup2_stdout(&file).ok();
    rustix::stdio::dup2_stderr(&file).ok();
}
