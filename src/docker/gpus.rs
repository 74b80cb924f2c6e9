//! `--gpus`, and the device request that it becomes.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::csv::{self, CsvError};
use super::hinted::{Hinted, similar_or};
use super::number;

/// A request for devices that a driver of the engine answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceRequest {
    /// The driver; empty lets the engine choose by capability.
    pub driver: String,
    /// How many devices; -1 for all, 0 if they are named.
    pub count: i64,
    /// The devices wanted, by index, UUID or CDI name; empty if they are counted.
    pub device_ids: Vec<String>,
    /// Alternatives of capabilities that a device must have together.
    pub capabilities: Vec<Vec<String>>,
    /// Options that the driver reads.
    pub options: BTreeMap<String, String>,
}

/// Why a GPU request could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GpusError {
    /// It is no record of fields.
    #[error("GPU request `{text}` cannot be split into fields")]
    Fields {
        /// The whole text.
        text: String,
        /// What is wrong with the fields.
        #[source]
        source: CsvError,
    },
    /// A field is given twice.
    #[error("GPU request gives `{0}` more than once")]
    Twice(String),
    /// The number of GPUs is no number.
    #[error("`{0}` is not a number of GPUs")]
    Count(String),
    /// There is no such field.
    #[error("GPU request has an unknown field `{0}`")]
    Key(String),
    /// The driver options are no record of fields.
    #[error("the `options` of the GPU request cannot be split into fields")]
    Options(#[source] CsvError),
}

const KEYS: [&str; 5] = ["driver", "count", "device", "capabilities", "options"];

impl Hinted for GpusError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Fields { source, .. } => source
                .hint()
                .or_else(|| Some("write `all`, a number or `device=…`".to_owned())),
            Self::Twice(_) | Self::Options(_) => {
                Some("put a list in quotes inside the value: `'\"device=0,1\"'`".to_owned())
            }
            Self::Count(text) => Some(match text.as_str() {
                "none" => "leave the flag out for no GPU".to_owned(),
                _ => "write `all`, a number, or `device=` and an index or UUID".to_owned(),
            }),
            Self::Key(key) => Some(similar_or(key, &KEYS, |keys| {
                if key.contains('/') {
                    format!("name CDI devices as such: `--device {key}=all`")
                } else {
                    format!("the fields are {}", keys.join(", "))
                }
            })),
        }
    }
}

impl DeviceRequest {
    /// The count that stands for all devices.
    pub const ALL: i64 = -1;

    /// Asks for a number of GPUs ([`Self::ALL`] for all).
    pub fn gpus(count: i64) -> Self {
        Self {
            count,
            capabilities: vec![vec!["gpu".to_owned()]],
            ..Self::default()
        }
    }

    /// Asks for devices by their qualified CDI names, `vendor/class=name`.
    pub fn cdi(device_ids: Vec<String>) -> Self {
        Self {
            driver: "cdi".to_owned(),
            device_ids,
            ..Self::default()
        }
    }
}

impl FromStr for DeviceRequest {
    type Err = GpusError;

    fn from_str(text: &str) -> Result<Self, GpusError> {
        let fields = csv::record(text).map_err(|source| GpusError::Fields {
            text: text.to_owned(),
            source,
        })?;
        let mut request = Self::gpus(0);
        let mut seen = Vec::new();
        for field in &fields {
            let (key, value) = match field.split_once('=') {
                Some((key, value)) => (key, Some(value)),
                None => (field.as_str(), None),
            };
            if seen.contains(&key) {
                return Err(GpusError::Twice(key.to_owned()));
            }
            seen.push(key);
            request.set(key, value)?;
            if value.is_none() {
                seen.push("count");
            }
        }
        if !seen.contains(&"count") && !seen.contains(&"device") {
            request.count = 1;
        }
        Ok(request)
    }
}

impl DeviceRequest {
    fn set(&mut self, key: &str, value: Option<&str>) -> Result<(), GpusError> {
        let list = |value: &str| value.split(',').map(str::to_owned).collect::<Vec<_>>();
        match (key, value) {
            (bare, None) => self.count = count(bare)?,
            ("count", Some(value)) => self.count = count(value)?,
            ("driver", Some(value)) => value.clone_into(&mut self.driver),
            ("device", Some(value)) => self.device_ids = list(value),
            ("capabilities", Some(value)) => {
                self.capabilities = vec![list(value)];
                self.capabilities[0].push("gpu".to_owned());
            }
            ("options", Some(value)) => self.options = options(value)?,
            (key, Some(_)) => return Err(GpusError::Key(key.to_owned())),
        }
        Ok(())
    }
}

fn count(text: &str) -> Result<i64, GpusError> {
    match text {
        "all" => Ok(DeviceRequest::ALL),
        _ => number::decimal(text).map_err(|_| GpusError::Count(text.to_owned())),
    }
}

fn options(text: &str) -> Result<BTreeMap<String, String>, GpusError> {
    let fields = csv::record(text).map_err(GpusError::Options)?;
    let pairs = fields
        .iter()
        .map(|field| field.split_once('=').unwrap_or((field, "")));
    Ok(pairs
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect())
}

impl fmt::Display for DeviceRequest {
    /// Prints the request as `--gpus` reads it. A request by CDI name has no such spelling of its
    /// own; it prints as one for GPUs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = if self.count == Self::ALL {
            "all".to_owned()
        } else {
            self.count.to_string()
        };
        let mut fields = Vec::new();
        if self.device_ids.is_empty() {
            fields.push(count);
        } else {
            fields.push(format!("device={}", self.device_ids.join(",")));
            fields.extend((self.count != 0).then(|| format!("count={count}")));
        }
        fields.extend((!self.driver.is_empty()).then(|| format!("driver={}", self.driver)));
        if let Some([rest @ .., _gpu]) = self.capabilities.first().map(Vec::as_slice)
            && !rest.is_empty()
        {
            fields.push(format!("capabilities={}", rest.join(",")));
        }
        if !self.options.is_empty() {
            let pairs: Vec<_> = self
                .options
                .iter()
                .map(|(key, value)| format!("{key}={value}"))
                .collect();
            fields.push(format!("options={}", csv::join(&pairs)));
        }
        f.write_str(&csv::join(&fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::reads_back::reads_back;
    use test_case::test_case;

    #[test_case("all", "all")]
    #[test_case("count=2,driver=nvidia", "2,driver=nvidia")]
    #[test_case(
        "\"device=0,GPU-1\",capabilities=utility",
        "\"device=0,GPU-1\",capabilities=utility"
    )]
    #[test_case("options=a=b", "1,options=a=b")]
    fn requests_are_printed_as_docker_reads_them(text: &str, printed: &str) {
        assert_eq!(text.parse::<DeviceRequest>().unwrap().to_string(), printed);
    }

    #[test_case("none", "leave the flag out for no GPU")]
    #[test_case("ALL", "write `all`, a number, or `device=` and an index or UUID")]
    #[test_case("devices=1", "did you mean `device`?")]
    #[test_case(
        "device=0,device=1",
        "put a list in quotes inside the value: `'\"device=0,1\"'`"
    )]
    #[test_case("", "write `all`, a number or `device=…`")]
    fn refusals_say_how_to_mend_them(text: &str, hint: &str) {
        assert_eq!(
            text.parse::<DeviceRequest>().unwrap_err().hint().unwrap(),
            hint
        );
    }

    reads_back!(
        DeviceRequest,
        "(all|[0-9]|(count|driver|options)=[a-c0-9=]{0,3}|\"(device|capabilities|options)=[a-c0-9,=]{0,5}\")(,(driver|device|options|capabilities)=[a-c0-9]{0,3}){0,2}",
        "[a-z0-9=,\"]{0,16}",
    );
}
