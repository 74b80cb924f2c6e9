//! Headers of safetensors files: names, types and sizes of tensors, without the weights.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

/// The format's own limit.
const LARGEST_HEADER: u64 = 100_000_000;

/// One tensor of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tensor {
    pub(crate) name: String,
    pub(crate) dtype: String,
    pub(crate) dimensions: usize,
    pub(crate) bytes: u64,
}

#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: [u64; 2],
}

/// Reads the tensors that a file holds.
pub(crate) fn header(path: &Path) -> io::Result<Vec<Tensor>> {
    let mut file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(invalid("it is not a regular file"));
    }
    let mut length = [0; 8];
    file.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    if length > LARGEST_HEADER {
        return Err(invalid("its header is larger than the format allows"));
    }
    let mut text = Vec::new();
    file.take(length).read_to_end(&mut text)?;
    tensors(&text).map_err(io::Error::from)
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

fn tensors(text: &[u8]) -> Result<Vec<Tensor>, serde_json::Error> {
    let mut entries: Map<String, Value> = serde_json::from_slice(text)?;
    entries.remove("__metadata__");
    let tensor = |(name, entry): (String, Value)| {
        let entry: Entry = serde_json::from_value(entry)?;
        let [start, end] = entry.data_offsets;
        Ok(Tensor {
            name,
            dtype: entry.dtype,
            dimensions: entry.shape.len(),
            bytes: end.saturating_sub(start),
        })
    };
    entries.into_iter().map(tensor).collect()
}
