//! The answer for people.

use super::answer::{Answer, Row};
use crate::cli::edge::Edge;
use crate::deploy::fit::elements::ElementSource;
use crate::deploy::fit::layers::{Layer, Reach};
use crate::deploy::fit::shown::{gib, grouped, kib};
use crate::deploy::fit::weights::{Weights, WeightsSource};
use crate::text::{Table, clean_line, counted};

const NOT_KNOWN: &str = "not known";

pub(super) fn print(answer: &Answer, edge: &mut Edge) {
    let kind = answer
        .model
        .config
        .model_type()
        .unwrap_or("no `model_type`");
    edge.ui.print(&format!(
        "{}: {}, {} tokens per sequence",
        clean_line(&answer.name),
        clean_line(kind),
        grouped(answer.context)
    ));
    edge.ui.print(&format!(
        "weights: {}",
        weights(answer.model.weights.as_ref())
    ));
    edge.ui.print(&format!("cache: {}", cache(answer)));
    if let Some(gpu) = &answer.gpu {
        edge.ui.print(&format!(
            "GPU: {}, of which the engine takes {}",
            gib(gpu.memory),
            gpu.share
        ));
    }
    let look = edge.ui.stdout.look();
    edge.ui.print_painted(table(answer).render(look).trim_end());
    if answer.gpu.is_some() {
        edge.ui
            .print("* an estimate: activations, graphs, libraries");
    }
}

fn weights(weights: Option<&Weights>) -> String {
    let Some(weights) = weights else {
        return format!("{NOT_KNOWN} (no safetensors files, and they cannot be computed)");
    };
    let source = match weights.source {
        WeightsSource::Headers(files) => format!("headers of {}", counted(files, "file")),
        WeightsSource::Index => "index; files are missing".to_owned(),
        WeightsSource::Config => "computed from `config.json` for 16-bit weights".to_owned(),
    };
    format!("{} ({source})", gib(weights.bytes.total()))
}

fn cache(answer: &Answer) -> String {
    let Some(cache) = &answer.model.cache else {
        return format!("{NOT_KNOWN}: the layers of this architecture are not known to dynrun");
    };
    let (element, source) = answer.element;
    let source = match source {
        ElementSource::Asked => "`--kv-cache-dtype`",
        ElementSource::Quantization => "the model's quantisation",
        ElementSource::Model => "the model's type",
    };
    let elements = counted(usize::try_from(element).unwrap_or_default(), "byte");
    let mut text = format!(
        "{} per token ({}; {elements} per element from {source})",
        kib(cache.per_token(1, element)),
        layers(cache.layers()),
    );
    if let Some(window) = cache.window() {
        let beyond = kib(cache.per_token_beyond_window(1, element));
        text.extend([", ", &beyond, " beyond the window of ", &grouped(window)]);
    }
    if answer.model.config.value("index_head_dim").is_some() {
        text += "; the keys of the indexer are not counted";
    }
    text
}

fn layers(layers: &[Layer]) -> String {
    let kind = |layer: &Layer| match layer {
        Layer::Attention(_, Reach::All) => "full",
        Layer::Attention(_, Reach::Window(_)) => "sliding",
        Layer::Attention(_, Reach::Chunk(_)) => "chunked",
        Layer::Latent(_) => "latent",
        Layer::Recurrent => "recurrent",
        Layer::Nothing => "without attention",
    };
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for name in layers.iter().map(kind) {
        match kinds.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => kinds.push((name, 1)),
        }
    }
    let kinds: Vec<_> = kinds
        .iter()
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    format!("layers: {}", kinds.join(", "))
}

fn table(answer: &Answer) -> Table {
    let size = |bytes: Option<u64>| bytes.map_or_else(|| NOT_KNOWN.to_owned(), gib);
    let token = |row: &Row| row.per_token.map_or_else(|| NOT_KNOWN.to_owned(), kib);
    if answer.gpu.is_none() {
        let mut table = Table::new(["GPUS", "WEIGHTS PER GPU", "CACHE PER TOKEN AND GPU"]);
        for row in &answer.rows {
            table.row([row.tp.to_string(), size(row.weights), token(row)]);
        }
        return table;
    }
    let mut table = Table::new([
        "GPUS",
        "USABLE",
        "WEIGHTS",
        "OTHER*",
        "CACHE",
        "TOKENS",
        "SEQUENCES",
    ]);
    for row in &answer.rows {
        if let Some(budget) = row.budget {
            let cache = budget.cache;
            table.row([
                row.tp.to_string(),
                gib(budget.usable),
                gib(budget.weights),
                gib(budget.other),
                cache.map_or_else(|| "does not fit".to_owned(), gib),
                grouped(budget.tokens),
                grouped(budget.sequences),
            ]);
        } else {
            let (number, none) = (row.tp.to_string(), String::new());
            let unknown = NOT_KNOWN.to_owned();
            table.row([number, none.clone(), size(row.weights), none, unknown]);
        }
    }
    table
}
