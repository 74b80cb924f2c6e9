//! A model in a directory: what is known of its cache and of its weights.

use std::io;
use std::path::Path;

use serde_json::Value;

use super::cache::Cache;
use super::config::Config;
use super::elements::{ElementSource, cache_element};
use super::error::FitError;
use super::family::Family;
use super::groups::Groups;
use super::layers::layers;
use super::parameters::parameters;
use super::weights::{Weights, WeightsSource, stored};
use crate::text_file;

/// What the files of a model say about the memory that it needs.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) config: Config,
    /// `None` if the architecture is not known.
    pub(crate) cache: Option<Cache>,
    /// The parameters of the language model; `None` if they are not known.
    pub(crate) parameters: Option<Groups>,
    /// `None` if there are no weights and their size cannot be computed.
    pub(crate) weights: Option<Weights>,
    quantized_cache: Option<String>,
}

impl Model {
    /// Reads the model of a directory.
    pub(crate) fn open(directory: &Path) -> Result<Self, FitError> {
        let path = directory.join("config.json");
        let config = read(&path)?.ok_or_else(|| FitError::Read {
            path: path.clone(),
            source: io::ErrorKind::NotFound.into(),
        })?;
        let config = Config::parse(&config).map_err(|source| FitError::Invalid { path, source })?;
        let quantization = read(&directory.join("hf_quant_config.json"))?;
        let mut model = Self::of(config, quantization.as_deref());
        if let Some(weights) = stored(directory, &model.config)? {
            model.weights = Some(weights);
        }
        Ok(model)
    }

    /// Says what the configurations alone say.
    pub(crate) fn of(config: Config, quantization: Option<&str>) -> Self {
        let family = Family::of(&config);
        let layers = family.and_then(|family| layers(&config, family));
        let parameters = family.and_then(|family| parameters(&config, family, layers.as_deref()?));
        let quantized_cache = quantized_cache(&config, quantization);
        let quantized = quantization.is_some() || config.value("quantization_config").is_some();
        // Which matrices are quantised, and how their scales are stored, only the files say.
        let weights = parameters.filter(|_| !quantized).map(|parameters| Weights {
            bytes: parameters * 2,
            source: WeightsSource::Config,
        });
        Self {
            cache: layers.map(Cache::new),
            parameters,
            weights,
            quantized_cache,
            config,
        }
    }

    /// Returns the bytes of an element of the cache, and who says so; `None` for an unknown type.
    pub(crate) fn element(&self, asked: Option<&str>) -> Option<(u64, ElementSource)> {
        cache_element(asked, self.quantized_cache.as_deref(), &self.config)
    }

    /// Returns whether attention can be shared out over this many GPUs.
    pub(crate) fn divides(&self, tp: u64) -> bool {
        let heads = self
            .config
            .heads()
            .is_some_and(|heads| heads.is_multiple_of(tp));
        let kv_heads = self
            .config
            .kv_heads()
            .is_some_and(|heads| heads.is_multiple_of(tp) || tp.is_multiple_of(heads));
        heads && kv_heads
    }
}

fn read(path: &Path) -> Result<Option<String>, FitError> {
    match text_file::read_text(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(FitError::Read {
            path: path.to_owned(),
            source,
        }),
    }
}

/// Returns the type of the cache that a quantised model was calibrated for.
fn quantized_cache(config: &Config, quantization: Option<&str>) -> Option<String> {
    let file: Option<Value> = quantization.and_then(|text| serde_json::from_str(text).ok());
    let stated = file.as_ref().and_then(|file| {
        let name = file
            .pointer("/quantization/kv_cache_quant_algo")?
            .as_str()?;
        Some(name.to_owned())
    });
    stated.or_else(|| {
        let scheme = config
            .value("quantization_config")?
            .get("kv_cache_scheme")?;
        (scheme.get("num_bits")?.as_u64()? == 8).then(|| "fp8".to_owned())
    })
}
