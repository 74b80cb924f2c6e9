//! A first deployment file for a model: its sizes follow from the memory that the model needs, and
//! its comments say how.

use std::fmt::Write as _;

use super::derive::Engine;
use super::fit::budget::{Budget, Engine as Sharing, Question, budget};
use super::fit::groups::Split;
use super::fit::model::Model;
use super::fit::shown::{gib, grouped, kib};
use crate::problem::{Problem, ProblemKind};
use crate::text::{clean_line, counted};

/// Sizes of a replica that are tried if nobody says how many GPUs there are.
const SIZES: [u64; 4] = [1, 2, 4, 8];

/// What is asked for.
pub(crate) struct Wanted<'a> {
    /// The deployment's name.
    pub(crate) name: String,
    /// The model as the file names it.
    pub(crate) source: String,
    pub(crate) model: &'a Model,
    /// The framework, as profiles call it.
    pub(crate) framework: &'a str,
    pub(crate) sharing: Sharing,
    /// The GPU as it was typed, and its memory.
    pub(crate) gpu: Option<(String, u64)>,
    /// GPUs in all.
    pub(crate) gpus: Option<u64>,
    pub(crate) disaggregated: bool,
    /// Tokens of the longest sequence.
    pub(crate) context: Option<u64>,
}

/// GPUs of a replica, and what they hold.
struct Choice {
    tp: u64,
    budget: Option<Budget>,
    /// Sizes that hold too little.
    too_few: Vec<u64>,
}

impl Wanted<'_> {
    /// Writes the file.
    ///
    /// # Errors
    /// Returns why no number of GPUs holds the model.
    pub(crate) fn file(&self) -> Result<String, Problem> {
        let choice = self.choose()?;
        let workers: &[&str] = if self.disaggregated {
            &["prefill", "decode"]
        } else {
            &["agg"]
        };
        let mut out = self.head();
        let _ = writeln!(out, "deployment = {}", quoted(&self.name));
        let _ = writeln!(out, "schema = 1");
        let _ = writeln!(out, "framework = {}", quoted(self.framework));
        let _ = writeln!(out, "model = {}", quoted(&self.source));
        let replicas = self.gpus.unwrap_or(0) / choice.tp;
        for (index, worker) in workers.iter().enumerate() {
            let _ = writeln!(out, "\n[workers.{worker}]");
            if index == 0 {
                out.push_str(&self.reasons(&choice));
            }
            let _ = writeln!(out, "gpus = {}", choice.tp);
            let others = workers.len() as u64;
            // What is left over generates, which takes longer.
            let own = (replicas + index as u64) / others;
            if own > 1 {
                let _ = writeln!(out, "replicas = {own}");
            }
        }
        out.push_str(&self.arguments());
        Ok(out)
    }

    fn head(&self) -> String {
        let model = self.model;
        let kind = model.config.model_type().unwrap_or("no `model_type`");
        let not_known = || "not known".to_owned();
        let weights = model.weights.as_ref();
        let weights = weights.map_or_else(not_known, |it| gib(it.bytes.total()));
        let element = model.element(None).map(|(bytes, _)| bytes);
        let cache = model.cache.as_ref().zip(element);
        let cache = cache.map_or_else(not_known, |(cache, element)| {
            format!("{} per token", kib(cache.per_token(1, element)))
        });
        let source = clean_line(&self.source);
        let kind = clean_line(kind);
        format!("# {source}: {kind}, weights {weights}, KV cache {cache}.\n")
    }

    /// The smallest number of GPUs that holds the model and one sequence.
    fn choose(&self) -> Result<Choice, Problem> {
        let workers = if self.disaggregated { 2 } else { 1 };
        let most = self.gpus.map(|gpus| gpus / workers);
        if most == Some(0) {
            let message = "Prefill and decode need a GPU each, and there is one";
            return Err(Problem::new(ProblemKind::Usage, message)
                .hint("Give two or more: `--gpus 2`, or leave `--disaggregated` out"));
        }
        let Some((name, memory)) = &self.gpu else {
            let most = most.unwrap_or(1);
            let known = self.model.cache.is_some();
            let fits = |tp: &u64| most.is_multiple_of(*tp) && (!known || self.model.divides(*tp));
            return Ok(Choice {
                tp: (1..=most).rev().find(fits).unwrap_or(1),
                budget: None,
                too_few: Vec::new(),
            });
        };
        let sizes: Vec<u64> = match most {
            Some(most) => (1..=most).filter(|tp| most.is_multiple_of(*tp)).collect(),
            None => SIZES.to_vec(),
        };
        let known = self.model.cache.is_some();
        let sizes = sizes
            .into_iter()
            .filter(|tp| !known || self.model.divides(*tp));
        let mut too_few = Vec::new();
        let mut last = None;
        for tp in sizes {
            let budget = self.budget(tp, *memory);
            let fits = budget.is_none_or(|budget| budget.sequences > 0);
            if fits {
                return Ok(Choice {
                    tp,
                    budget,
                    too_few,
                });
            }
            last = budget;
            too_few.push(tp);
        }
        Err(self.does_not_fit(name, *memory, &too_few, last))
    }

    fn budget(&self, tp: u64, memory: u64) -> Option<Budget> {
        let (element, _) = self.model.element(None)?;
        let question = Question {
            engine: self.sharing,
            memory,
            share: self.sharing.usual_share(),
            split: Split::tensor(tp),
            element,
            context: self.sequence(),
        };
        budget(self.model, question)
    }

    fn sequence(&self) -> u64 {
        self.context
            .or(self.model.config.context())
            .unwrap_or(32_768)
    }

    fn does_not_fit(&self, gpu: &str, memory: u64, tried: &[u64], last: Option<Budget>) -> Problem {
        let most = tried.last().copied().unwrap_or(1);
        let message = format!(
            "`{}` with a sequence of {} tokens does not fit on {} of {} ({gpu})",
            self.source,
            grouped(self.sequence()),
            counted(usize::try_from(most).unwrap_or(usize::MAX), "GPU"),
            gib(memory)
        );
        let mut problem = Problem::new(ProblemKind::Usage, message);
        if let Some(last) = last {
            let (weights, other, usable) = (gib(last.weights), gib(last.other), gib(last.usable));
            problem.causes.push(format!(
                "each GPU has {usable} to use, and weights {weights} and other {other} (an estimate)"
            ));
        }
        problem.hint(format!(
            "Give more GPUs (`--gpus {}`), bigger ones (`--gpu h200`), or shorter sequences (`--context 8192`)",
            most * 2
        ))
    }

    /// Says in comments why a replica has this many GPUs.
    fn reasons(&self, choice: &Choice) -> String {
        let tp = usize::try_from(choice.tp).unwrap_or(usize::MAX);
        let Some((name, memory)) = &self.gpu else {
            return "# The memory of the GPUs is not known: `--gpu h100`, or `--gpu 80g`, chooses how many\n\
                    # a replica needs.\n"
                .to_owned();
        };
        let Some(budget) = choice.budget else {
            return "# Weights or cache of this model are not known: check the number of GPUs.\n"
                .to_owned();
        };
        let share = self.sharing.usual_share();
        let share = format!("0.{share:03}");
        let mut out = format!(
            "# {} of {} ({name}), of which the engine takes {}.\n\
             # Each holds weights {}, other {} (an estimate) and {} of cache:\n\
             # {} tokens, {} at once.\n",
            counted(tp, "GPU"),
            gib(*memory),
            share.trim_end_matches('0'),
            gib(budget.weights),
            gib(budget.other),
            gib(budget.cache.unwrap_or(0)),
            grouped(budget.tokens),
            sequences(budget.sequences, self.sequence()),
        );
        if !choice.too_few.is_empty() {
            let sizes: Vec<_> = choice.too_few.iter().map(ToString::to_string).collect();
            let _ = writeln!(out, "# Too few for one sequence: {}.", sizes.join(", "));
        }
        out
    }

    /// The longest sequence, if it is not the model's own.
    fn arguments(&self) -> String {
        let engines = Engine::ALL.iter();
        let mut engines = engines.filter(|(name, _)| *name == self.framework);
        let Some((context, (_, engine))) = self.context.zip(engines.next()) else {
            return String::new();
        };
        let flag = engine.context_flag();
        let own = self.model.config.context();
        let own = own.map_or(String::new(), |own| {
            format!(
                "# The longest sequence; the model's own length is {}.\n",
                grouped(own)
            )
        });
        format!("\n[all.args]\n{own}{flag} = {context}\n")
    }
}

fn sequences(count: u64, tokens: u64) -> String {
    let tokens = grouped(tokens);
    if count == 1 {
        format!("1 sequence of {tokens}")
    } else {
        format!("{} sequences of {tokens}", grouped(count))
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::fit::config::{Config, LLAMA_70B};
    use crate::deploy::tests::derive;

    /// Returns the file, which must plan, or the error.
    fn file(config: &str, change: impl FnOnce(&mut Wanted<'_>)) -> String {
        let model = Model::of(Config::parse(config).unwrap(), None);
        let mut wanted = Wanted {
            name: "llama".to_owned(),
            source: "meta-llama/Llama-3.1-70B".to_owned(),
            model: &model,
            framework: "vllm",
            sharing: Sharing::Vllm,
            gpu: Some(("h100".to_owned(), 80 << 30)),
            gpus: None,
            disaggregated: false,
            context: None,
        };
        change(&mut wanted);
        match wanted.file() {
            Ok(text) => {
                derive(&text, false).unwrap();
                text
            }
            Err(problem) => format!(
                "{problem}\n{}\n{}",
                problem.causes.join("\n"),
                problem.hints.join("\n")
            ),
        }
    }

    #[test]
    fn the_smallest_replica_that_holds_a_sequence_is_chosen() {
        insta::assert_snapshot!(file(LLAMA_70B, |wanted| wanted.context = Some(8192)));
    }

    #[test]
    fn gpus_are_shared_out_over_replicas() {
        insta::assert_snapshot!(file(LLAMA_70B, |wanted| {
            wanted.gpus = Some(16);
            wanted.disaggregated = true;
            (wanted.framework, wanted.sharing) = ("sglang", Sharing::Sglang);
            wanted.context = Some(16384);
        }));
    }

    #[test]
    fn what_is_not_known_is_said() {
        let without_gpu = file(LLAMA_70B, |wanted| {
            wanted.gpu = None;
            wanted.gpus = Some(4);
        });
        let unknown = file("{\"model_type\": \"new\"}", |_| ());
        insta::assert_snapshot!(format!("{without_gpu}\n---\n{unknown}"));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let too_big = file(LLAMA_70B, |wanted| wanted.gpus = Some(1));
        let too_few = file(LLAMA_70B, |wanted| {
            wanted.gpus = Some(1);
            wanted.disaggregated = true;
        });
        insta::assert_snapshot!(format!("{too_big}\n---\n{too_few}"));
    }
}
