//! `[fit]` of a deployment: whether its workers fit on the GPUs that it names.

use super::budget::{Budget, Engine as Sharing, Question, budget};
use super::error::FitError;
use super::gpu;
use super::groups::Split;
use super::model::Model;
use super::share::Share;
use super::shown::{gib, grouped};
use crate::deploy::derive::{Engine, PlannedWorker};
use crate::deploy::file::{DeploymentFile, FlagValue, Role, Written as _};
use crate::deploy::finding::Finding;
use crate::text::counted;
use crate::toml_file::Located;

/// Where TensorRT-LLM's own configuration has what the others have as flags.
const TRTLLM_SHARE: &str = "/kv_cache_config/free_gpu_memory_fraction";
const TRTLLM_TYPE: &str = "/kv_cache_config/dtype";

/// Opens a model by its name, if it is on this machine.
pub(crate) type Open<'a> = &'a dyn Fn(&str) -> Result<Model, FitError>;

/// Checks all workers; a file without `[fit]` has nothing to check.
///
/// What does not fit is an error, what cannot be known a warning, and the rest a note.
pub(crate) fn check(file: &DeploymentFile, open: Open<'_>) -> Vec<Finding> {
    let fit = &file.fit;
    let Some(gpu) = &fit.gpu else {
        let written = fit.context.as_ref().or(fit.concurrency.as_ref());
        let missing = written.map(|key| {
            Finding::error("`[fit]` does not say which GPUs there are")
                .at(&key.at)
                .hint("Add their name, `gpu = \"h100\"`, or their memory, `gpu = \"80g\"`")
        });
        return missing.into_iter().collect();
    };
    let Some(memory) = gpu::memory_of(&gpu.value) else {
        let names: Vec<_> = gpu::names().collect();
        let hint = format!(
            "Write their memory, such as `gpu = \"80g\"`, or one of {}",
            names.join(", ")
        );
        let unknown = Finding::error(format!("Unknown GPU `{}`", gpu.value));
        return vec![unknown.at(&gpu.at).hint(hint)];
    };
    let engine = file.framework.as_ref().map(Engine::find);
    let Some(Ok(engine)) = engine else {
        return Vec::new();
    };
    // What is wrong with their sizes was reported when members were derived.
    let workers = PlannedWorker::all(file, engine, false, &mut Vec::new());
    let takes_cache = workers.iter().filter(|worker| worker.role != Role::Encode);
    takes_cache
        .filter_map(|worker| {
            let fitting = Fitting {
                file,
                worker,
                engine,
                gpu,
                memory,
            };
            fitting.finding(open)
        })
        .collect()
}

/// One worker that is to fit.
struct Fitting<'a> {
    file: &'a DeploymentFile,
    worker: &'a PlannedWorker<'a>,
    engine: Engine,
    gpu: &'a Located<String>,
    memory: u64,
}

impl Fitting<'_> {
    /// Returns what is to be said; nothing of a process that needs no GPU.
    fn finding(&self, open: Open<'_>) -> Option<Finding> {
        let sharing = match self.engine {
            Engine::Vllm => Sharing::Vllm,
            Engine::Sglang => Sharing::Sglang,
            Engine::Trtllm => Sharing::Trtllm,
            Engine::Mocker => return None,
        };
        let own = self.worker.table.model.as_ref();
        let name = own.or(self.file.model.as_ref())?;
        let model = match open(&name.value) {
            Ok(model) => model,
            Err(why) => return Some(self.unchecked(&why.to_string())),
        };
        let question = match self.question(sharing, &model) {
            Ok(question) => question,
            Err(why) => return Some(self.unchecked(why)),
        };
        Some(match budget(&model, question) {
            Some(budget) => self.judge(question, budget),
            None => self.unchecked("weights or cache of this architecture are not known"),
        })
    }

    fn question(&self, engine: Sharing, model: &Model) -> Result<Question, &'static str> {
        let kind = self.argument("kv-cache-dtype", TRTLLM_TYPE);
        let element = model.element(kind.as_deref());
        let (element, _) = element.ok_or("the type of the cache is not known")?;
        let share = self.share(engine);
        Ok(Question {
            engine,
            memory: self.memory,
            share: share.ok_or("the engine's share of memory is not written as a fraction")?,
            split: self.split(),
            element,
            context: self.context(model),
        })
    }

    fn split(&self) -> Split {
        let shape = self.worker.shape;
        Split {
            tp: shape.tp.into(),
            pp: shape.pp.into(),
            ep: shape.ep.unwrap_or(1).into(),
            dp_attention: self.engine == Engine::Sglang && shape.dp > 1,
        }
    }

    /// Returns the share of memory in thousandths; `None` if it is written in another way.
    fn share(&self, engine: Sharing) -> Option<u64> {
        let key = match self.engine {
            Engine::Sglang => "mem-fraction-static",
            Engine::Trtllm => "free-gpu-memory-fraction",
            Engine::Vllm | Engine::Mocker => "gpu-memory-utilization",
        };
        let memory = self.worker.table.memory.text().map(str::to_owned);
        match memory.or_else(|| self.argument(key, TRTLLM_SHARE)) {
            Some(text) => text.parse::<Share>().ok().map(|share| share.0),
            None => Some(engine.usual_share()),
        }
    }

    fn context(&self, model: &Model) -> u64 {
        let asked = self.file.fit.context.value();
        let longest = || self.argument(self.engine.context_flag(), "/max_seq_len");
        asked
            .or_else(|| longest()?.parse().ok())
            .or(model.config.context())
            .unwrap_or(32_768)
    }

    /// Returns what is written for a flag, by the worker or for all, or in TensorRT-LLM's own
    /// configuration.
    fn argument(&self, flag: &str, pointer: &str) -> Option<String> {
        let tables = [&self.worker.table.args, &self.file.all.args];
        let written = |name: &str| tables.iter().find_map(|table| table.get(name));
        if let Some(value) = written(flag) {
            return Some(value.value.text());
        }
        match &written("engine")?.value {
            FlagValue::Json(json) => match json.pointer(pointer)? {
                serde_json::Value::String(text) => Some(text.clone()),
                value => Some(value.to_string()),
            },
            FlagValue::Switch(_) | FlagValue::Text(_) | FlagValue::Words(_) => None,
        }
    }

    fn judge(&self, question: Question, budget: Budget) -> Finding {
        let wanted = self.file.fit.concurrency.value_or(1);
        // Data-parallel ranks have requests of their own.
        let room = budget.sequences.saturating_mul(self.worker.shape.dp.into());
        let name = &self.worker.name.value;
        let context = grouped(question.context);
        let terms = format!(
            "of {} that the engine takes on each GPU ({}), weights are {} and other {} (an estimate)",
            gib(budget.usable),
            self.gpu.value,
            gib(budget.weights),
            gib(budget.other)
        );
        if room < wanted {
            let requests = counted(wanted, "request");
            return Finding::error(format!(
                "`workers.{name}` does not fit: a replica is to hold {requests} of {context} \
                 tokens, and has room for {room}; {terms}"
            ))
            .at(&self.worker.name.at)
            .hint("Give it more `gpus`, name bigger ones in `fit.gpu`, or lower `fit.context` or `fit.concurrency`");
        }
        Finding::note(format!(
            "`workers.{name}` fits: a replica has room for {} of {context} tokens; {terms}, which \
             leaves {} for the cache",
            counted(room, "request"),
            gib(budget.cache.unwrap_or(0))
        ))
    }

    fn unchecked(&self, why: &str) -> Finding {
        let name = &self.worker.name.value;
        let message = format!("Whether `workers.{name}` fits is not checked: {why}");
        Finding::warning(message).at(&self.gpu.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::fit::config::{Config, LLAMA_70B};
    use crate::toml_file::SourceFile;

    /// Returns what is found in a file that serves this model.
    fn found(config: &str, rest: &str) -> String {
        let text = format!("deployment = \"x\"\nschema = 1\nmodel = \"m\"\n{rest}");
        let file = DeploymentFile::parse(&SourceFile::new("x.toml", text)).unwrap();
        let open = |_: &str| Ok(Model::of(Config::parse(config).unwrap(), None));
        let lines = check(&file, &open).into_iter().map(|finding| {
            let at = finding.at.map(|at| at.to_string());
            format!(
                "{:?} {}: {}",
                finding.severity,
                at.unwrap_or_default(),
                finding.message
            )
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_fits_is_a_note_with_its_terms() {
        let rest = "framework = \"vllm\"\n[fit]\ngpu = \"h100\"\ncontext = 8192\nconcurrency = 4\n[workers.agg]\ngpus = 4\n";
        insta::assert_snapshot!(found(LLAMA_70B, rest), @"Note : `workers.agg` fits: a replica has room for 59 requests of 8,192 tokens; of 73.6 GiB that the engine takes on each GPU (h100), weights are 32.9 GiB and other 3.5 GiB (an estimate), which leaves 37.2 GiB for the cache");
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let rest = "framework = \"vllm\"\n[fit]\ngpu = \"h100\"\nconcurrency = 100\n[workers.agg]\ngpus = 4\n";
        insta::assert_snapshot!(found(LLAMA_70B, rest), @"Error x.toml:8: `workers.agg` does not fit: a replica is to hold 100 requests of 131,072 tokens, and has room for 3; of 73.6 GiB that the engine takes on each GPU (h100), weights are 32.9 GiB and other 3.5 GiB (an estimate)");
        let one = "framework = \"vllm\"\n[fit]\ngpu = \"80g\"\n[workers.agg]\n";
        insta::assert_snapshot!(found(LLAMA_70B, one), @"Error x.toml:7: `workers.agg` does not fit: a replica is to hold 1 request of 131,072 tokens, and has room for 0; of 73.6 GiB that the engine takes on each GPU (80g), weights are 131.4 GiB and other 3.5 GiB (an estimate)");
    }

    #[test]
    fn what_the_file_says_of_memory_counts() {
        let room = |args: &str, framework: &str| {
            let rest = format!(
                "framework = \"{framework}\"\n[fit]\ngpu = \"h200\"\ncontext = 8192\n[all.args]\n{args}\n[workers.agg]\ngpus = 4\n"
            );
            let text = found(LLAMA_70B, &rest);
            let (_, rest) = text.split_once("room for ").unwrap();
            rest.split(' ').next().unwrap().parse::<u64>().unwrap()
        };
        let usual = room("", "vllm");
        assert!(room("gpu-memory-utilization = 0.5", "vllm") < usual);
        assert_eq!(room("kv-cache-dtype = \"fp8\"", "vllm"), usual * 2);
        assert!(room("mem-fraction-static = 0.5", "sglang") < room("", "sglang"));
        let engine = "engine = { kv_cache_config = { free_gpu_memory_fraction = 0.3 } }";
        assert!(room(engine, "trtllm") < room("", "trtllm"));
    }

    #[test]
    fn what_is_not_known_is_a_warning() {
        let rest = "framework = \"vllm\"\n[fit]\ngpu = \"h100\"\n[workers.agg]\n";
        insta::assert_snapshot!(found(r#"{"model_type": "unheard-of"}"#, rest), @"Warning x.toml:6: Whether `workers.agg` fits is not checked: weights or cache of this architecture are not known");
        let bytes =
            "framework = \"vllm\"\n[fit]\ngpu = \"h100\"\n[workers.agg]\nmemory = \"20g\"\n";
        insta::assert_snapshot!(found(LLAMA_70B, bytes), @"Warning x.toml:6: Whether `workers.agg` fits is not checked: the engine's share of memory is not written as a fraction");
    }

    #[test]
    fn gpus_have_to_be_named() {
        insta::assert_snapshot!(found(LLAMA_70B, "framework = \"vllm\"\n[fit]\ncontext = 8192\n[workers.agg]\n"), @"Error x.toml:6: `[fit]` does not say which GPUs there are");
        insta::assert_snapshot!(found(LLAMA_70B, "framework = \"vllm\"\n[fit]\ngpu = \"h1000\"\n[workers.agg]\n"), @"Error x.toml:6: Unknown GPU `h1000`");
        assert_eq!(
            found(LLAMA_70B, "framework = \"vllm\"\n[workers.agg]\n"),
            ""
        );
    }
}
