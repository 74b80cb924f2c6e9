//! `dynrun ps`: the containers that dynrun started.

use std::collections::BTreeMap;

use clap::Parser;
use serde_json::{Map, Value};

use super::connection::connect;
use super::listed;
use super::machines::Target;
use super::verb::Verb;
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::cli::runtime::block_on;
use crate::docker::Hinted as _;
use crate::docker::template::Template;
use crate::engine::{ContainerLine, Filters, short_id};
use crate::launch::label;
use crate::problem::{Problem, Problems};
use crate::text::Table;

/// The columns of the table: name of the field, and what stands above it.
const COLUMNS: [(&str, &str); 5] = [
    ("Names", "NAME"),
    ("Image", "IMAGE"),
    ("Status", "STATUS"),
    ("Ports", "PORTS"),
    ("FollowedBy", "FOLLOWED BY"),
];

/// List the containers that dynrun started
///
/// Formats and filters are those of `docker ps`. FORMAT is `table`, `json` (one object per line),
/// `table TEMPLATE` or a template such as `{{.Names}} {{.Ports}}`; its fields are those of
/// `docker ps`, and `FollowedBy`.
#[derive(Debug, Parser)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag that can be typed"
)]
pub(super) struct Ps {
    /// List the members of these deployments only, by name or file
    #[arg(value_name = "FILE|NAME")]
    deployments: Vec<String>,
    /// List those that ended as well
    #[arg(long, short)]
    all: bool,
    /// Print ids only
    #[arg(long, short)]
    quiet: bool,
    /// List those that fit, for example name=front, status=exited, label=KEY=VALUE
    #[arg(long, short, value_name = "KEY=VALUE", value_parser = filter)]
    filter: Vec<(String, String)>,
    /// Print them so: table, json, or a template
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: String,
    /// List the last N that were made, whatever they do
    #[arg(long, short = 'n', value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    last: Option<u32>,
    /// List the one that was made last
    #[arg(long, short, conflicts_with = "last")]
    latest: bool,
    /// Print whole ids and commands
    #[arg(long)]
    no_trunc: bool,
}

impl Verb for Ps {
    fn run(self, edge: &mut Edge) -> Result<Exit, Problems> {
        let format = Format::read(&self.format)?;
        block_on(list(&self, &format, edge))
    }
}

/// How containers are printed.
#[derive(Debug)]
enum Format {
    /// Our own columns.
    Table,
    /// Columns of a template, separated by tabs.
    Columns(Template),
    /// An object per line.
    Json,
    /// A line each.
    Lines(Template),
}

impl Format {
    fn read(text: &str) -> Result<Self, Problem> {
        let template = |text: &str| -> Result<Template, Problem> {
            let template: Template = text.parse().map_err(|error| refuse(&error))?;
            let fields = listed::row(&ContainerLine::default(), false);
            template.check(&fields).map_err(|error| refuse(&error))?;
            Ok(template)
        };
        match text {
            "table" | "" => Ok(Self::Table),
            "json" => Ok(Self::Json),
            text => match text.strip_prefix("table ") {
                Some(columns) => template(columns.trim_start()).map(Self::Columns),
                None => template(text).map(Self::Lines),
            },
        }
    }
}

fn refuse(error: &crate::docker::template::TemplateError) -> Problem {
    let mut problem = error.problem();
    problem.message = format!("Invalid value for `--format`: {}", problem.message);
    problem
}

/// Takes a filter apart; which ones there are is for the engine to say.
fn filter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => {
            Ok((key.trim().to_lowercase(), value.trim().to_owned()))
        }
        _ => Err("a filter is KEY=VALUE, for example `name=front`".to_owned()),
    }
}

async fn list(asked: &Ps, format: &Format, edge: &mut Edge) -> Result<Exit, Problems> {
    let mut filters: Filters = BTreeMap::new();
    let ours = ("label".to_owned(), label::MANAGED.to_owned());
    for (key, value) in asked.filter.iter().cloned().chain([ours]) {
        filters.entry(key).or_default().push(value);
    }
    let last = if asked.latest { Some(1) } else { asked.last };
    let mut containers = Vec::new();
    if asked.deployments.is_empty() {
        let engine = connect(edge).await?;
        containers = engine.containers(asked.all, last, &filters).await?;
    }
    for word in &asked.deployments {
        let target = Target::find(word, edge)?;
        for mut machine in target.machines {
            let engine = connect(&mut machine.edge).await;
            let engine = engine.map_err(|problem| machine.explain(problem))?;
            let found = engine.containers(asked.all, last, &filters).await?;
            let own = |container: &ContainerLine| {
                container.labels.get(label::DEPLOYMENT) == Some(&target.name)
                    && !containers
                        .iter()
                        .any(|known: &ContainerLine| known.id == container.id)
            };
            let found: Vec<_> = found.into_iter().filter(own).collect();
            containers.extend(found);
        }
    }
    if asked.quiet {
        for container in &containers {
            let id = if asked.no_trunc {
                &container.id
            } else {
                short_id(&container.id)
            };
            edge.ui.print(id);
        }
        return Ok(Exit::Done);
    }
    let rows = containers
        .iter()
        .map(|line| listed::row(line, asked.no_trunc));
    print(rows.collect(), format, edge);
    Ok(Exit::Done)
}

fn print(rows: Vec<Map<String, Value>>, format: &Format, edge: &mut Edge) {
    let look = edge.ui.stdout.look();
    match format {
        Format::Table => {
            let mut table = Table::new(COLUMNS.map(|(_, title)| title));
            for row in rows {
                let text = |(field, _): (&str, _)| row[field].as_str().unwrap_or_default();
                table.row(COLUMNS.map(text));
            }
            edge.ui.print_painted(&table.render(look));
        }
        Format::Columns(template) => {
            let mut table = Table::new(template.fields().map(listed::title));
            for row in rows {
                table.row(template.fill(&row).split('\t'));
            }
            edge.ui.print_painted(&table.render(look));
        }
        Format::Json => {
            for row in rows {
                edge.ui.print(&Value::Object(row).to_string());
            }
        }
        Format::Lines(template) => {
            for row in rows {
                edge.ui.print(&template.fill(&row));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("name=front" => Ok(("name".to_owned(), "front".to_owned())))]
    #[test_case("label=a=b" => Ok(("label".to_owned(), "a=b".to_owned())); "a value with an equals sign")]
    #[test_case("front" => Err("a filter is KEY=VALUE, for example `name=front`".to_owned()); "no key")]
    #[test_case("=x" => Err("a filter is KEY=VALUE, for example `name=front`".to_owned()); "an empty key")]
    fn filters_are_taken_apart(text: &str) -> Result<(String, String), String> {
        filter(text)
    }

    #[test]
    fn a_field_that_is_not_there_is_refused_before_the_engine_is_asked() {
        let problem = Format::read("{{.Name}}").unwrap_err();
        assert_eq!(
            problem.message,
            "Invalid value for `--format`: `{{.Name}}` is not a field"
        );
        assert_eq!(problem.hints, ["Did you mean `{{.Names}}`?"]);
    }
}
