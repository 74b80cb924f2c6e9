//! Deployment files from what others wrote: Compose files and `DynamoGraphDeployment`s.
//!
//! Only the keys are guessed from which everything else is derived ([`guess`]). The draft is derived
//! and exported to the format of the input, and both are compared ([`compare`]): what differs and has
//! a key is added, what has none becomes a note with its line. So whatever derivation learns, import
//! knows as well, and nothing is lost without a word.

mod compare;
mod compose;
mod config_file;
mod dgd;
mod dgd_container;
mod draft;
mod frontend;
mod guess;
mod input;
mod machines;
mod note;
mod objects;
mod part;
mod planes;
mod script;
mod shape;
mod shell;
mod tables;
#[cfg(test)]
mod tests;
mod words;
mod yaml;

use std::rc::Rc;
use std::sync::Arc;

use self::compare::Comparison;
use self::draft::Draft;
use self::input::{Format, Input};
use self::tables::TableParts;
use self::yaml::{Node, documents};
use super::file::DeploymentFile;
use super::{Deployment, DynamoVersion, Exported, Inputs};
use crate::problem::{Problem, ProblemKind, Problems};
use crate::profile::Profile;
use crate::toml_file::SourceFile;

/// Where exports mount the volume of models.
const CACHE: &str = "/home/dynamo/.cache/huggingface";
/// How often what differs is added: keys may make others necessary.
const ROUNDS: usize = 4;

/// A deployment file that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The deployment's name.
    pub name: String,
    /// The file.
    pub text: String,
    /// What was not taken over, with its place.
    pub notes: Vec<String>,
    /// Why the file does not plan yet.
    pub missing: Vec<String>,
}

impl Imported {
    /// Makes a deployment file of the files of one deployment; `object` is the name of one of several
    /// `DynamoGraphDeployment`s, and `profile` returns the profile of a framework.
    ///
    /// # Errors
    /// Returns why the files cannot be read.
    pub fn new(
        files: &[Arc<SourceFile>],
        object: Option<&str>,
        profile: &dyn Fn(&str) -> Result<Profile, Problems>,
    ) -> Result<Self, Problems> {
        let mut input = read(files, object)?;
        let mut draft = Draft::default();
        draft.notes = std::mem::take(&mut input.notes);
        let workers = input.workers(&mut draft.notes);
        if workers.is_empty() {
            return Err(no_worker(files).into());
        }
        guess::fill(&mut draft, &input, &workers);
        let name = text_of(&draft, "deployment");
        let mut tables: Vec<TableParts<'_>> = input.frontends().into_iter().collect();
        tables.extend(workers);
        tables.extend(input.services());
        let mut missing = Vec::new();
        for round in 0..ROUNDS {
            let before = draft.clone();
            match Trial::new(&draft, input.format, profile) {
                Ok(trial) => {
                    let comparison = trial.comparison(&input, &tables);
                    comparison.complete(&mut draft);
                    if draft == before || round + 1 == ROUNDS {
                        draft.notes.extend(comparison.notes());
                        break;
                    }
                }
                Err(problems) => {
                    missing = problems.0.iter().map(ToString::to_string).collect();
                    break;
                }
            }
        }
        let lines = draft.notes.lines();
        Ok(Self {
            name,
            text: written(files, &draft, &lines, &missing),
            notes: lines,
            missing,
        })
    }
}

/// The file, with what was not taken over at its head.
fn written(
    files: &[Arc<SourceFile>],
    draft: &Draft,
    notes: &[String],
    missing: &[String],
) -> String {
    let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
    let mut head = vec![format!("Imported from {}.", names.join(", "))];
    head.extend(
        missing
            .iter()
            .map(|reason| format!("It does not plan yet: {reason}")),
    );
    head.extend(notes.iter().cloned());
    let head: Vec<_> = head
        .iter()
        .map(|line| format!("# {}\n", line.replace(['\n', '\r'], " ")))
        .collect();
    format!("{}{}", head.concat(), draft.write())
}

fn text_of(draft: &Draft, key: &str) -> String {
    draft
        .get("", key)
        .unwrap_or_default()
        .trim_matches('"')
        .to_owned()
}

/// What a draft comes to, in the format of the input.
struct Trial {
    deployment: Deployment,
    output: Input,
}

impl Trial {
    fn new(
        draft: &Draft,
        format: Format,
        profile: &dyn Fn(&str) -> Result<Profile, Problems>,
    ) -> Result<Self, Problems> {
        let source = SourceFile::new("the imported file", draft.write());
        let file = DeploymentFile::parse(&source)
            .map_err(|errors| Problems(errors.into_iter().map(Problem::from).collect()))?;
        let framework = file.framework.as_ref().map_or("dynamo", |it| it.as_str());
        let version = DynamoVersion::of_profile(&profile(framework)?);
        let deployment = Deployment::derive(Inputs {
            file: &file,
            mock: false,
            version: &version,
        })?;
        let exported = Exported::new(&deployment, format.export(), profile)?;
        let files = exported.files.into_iter();
        let files: Vec<_> = files
            .map(|(name, text)| SourceFile::new(name, text))
            .collect();
        let output = read(&files, None)?;
        Ok(Self { deployment, output })
    }

    const fn comparison<'a>(
        &'a self,
        input: &'a Input,
        tables: &'a [TableParts<'a>],
    ) -> Comparison<'a> {
        Comparison {
            input,
            tables,
            output: &self.output,
            deployment: &self.deployment,
        }
    }
}

/// Reads the files of one deployment, which is the object of that name if there are several.
fn read(files: &[Arc<SourceFile>], object: Option<&str>) -> Result<Input, Problems> {
    let mut input = Input {
        file: files
            .first()
            .map(|file| file.name.clone())
            .unwrap_or_default(),
        ..Input::default()
    };
    for file in files {
        let documents = objects::listed(documents(file)?);
        match (
            objects::choose(&documents, object, file)?,
            documents.as_slice(),
        ) {
            (Some(object), _) => dgd::read(&documents, object, &mut input)?,
            (None, [root]) if root.get("services").is_some() => {
                compose::read(root, file, &mut input);
            }
            (None, others) => return Err(unknown(file, others).into()),
        }
    }
    if !input.problems.is_empty() {
        return Err(Problems(input.problems));
    }
    tables::number(&mut input);
    Ok(input)
}

fn unknown(file: &SourceFile, documents: &[Rc<Node>]) -> Problem {
    let kinds = documents.iter().filter_map(|it| it.get("kind"));
    let kinds: Vec<_> = kinds.collect();
    let found: Vec<_> = kinds.iter().filter_map(|kind| kind.text()).collect();
    let message = format!(
        "`{}` is neither a Compose file nor a DynamoGraphDeployment",
        file.name
    );
    let mut problem = Problem::new(ProblemKind::Usage, message);
    if !found.is_empty() {
        problem.causes.push(format!("it has {}", found.join(", ")));
    }
    if let Some(at) = kinds.first().map(|kind| &kind.at) {
        problem = problem.excerpt(at.excerpt("here"));
    }
    problem.hint("Name a file with `services`, or with `kind: DynamoGraphDeployment`")
}

fn no_worker(files: &[Arc<SourceFile>]) -> Problem {
    let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
    let message = format!("`{}` runs no worker of Dynamo", names.join("`, `"));
    Problem::new(ProblemKind::Usage, message).hint(
        "Workers are found by their command: `python3 -m dynamo.vllm`, `dynamo.sglang`, `dynamo.trtllm` or `dynamo.mocker`",
    )
}
