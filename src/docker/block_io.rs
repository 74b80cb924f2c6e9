//! Limits of block devices: `--blkio-weight-device`, `--device-read-bps` and its like.

use super::hinted::Hinted;
use super::size::ByteSize;

/// A device of the host and a number that is set for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceLimit {
    /// The path of the device, below `/dev`.
    pub path: String,
    /// The weight, or bytes or operations per second.
    pub value: u64,
}

/// Why a limit could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceLimitError {
    /// It does not begin with the path of a device.
    #[error("`{0}` does not begin with the path of a device and a colon")]
    Path(String),
    /// The number is wrong.
    #[error("`{0}` has a wrong number behind its colon")]
    Value(String),
}

impl Hinted for DeviceLimitError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Path(_) => Some("write `/dev/NAME:NUMBER`".to_owned()),
            Self::Value(_) => Some(
                "a weight is 0 or 10 to 1000, operations are a whole number, bytes a size such as `10m`"
                    .to_owned(),
            ),
        }
    }
}

impl DeviceLimit {
    /// Reads a value of `--device-read-bps` and `--device-write-bps`.
    pub fn bytes(text: &str) -> Result<Self, DeviceLimitError> {
        Self::read(text, |value| value.parse().ok().map(ByteSize::get))
    }

    /// Reads a value of `--device-read-iops` and `--device-write-iops`.
    pub fn operations(text: &str) -> Result<Self, DeviceLimitError> {
        Self::read(text, whole)
    }

    /// Reads a value of `--blkio-weight-device`.
    pub fn weight(text: &str) -> Result<Self, DeviceLimitError> {
        Self::read(text, |value| {
            whole(value).filter(|weight| matches!(weight, 0 | 10..=1000))
        })
    }

    fn read(text: &str, value: impl Fn(&str) -> Option<u64>) -> Result<Self, DeviceLimitError> {
        let (path, number) = text
            .split_once(':')
            .filter(|(path, _)| path.starts_with("/dev/"))
            .ok_or_else(|| DeviceLimitError::Path(text.to_owned()))?;
        let value = value(number).ok_or_else(|| DeviceLimitError::Value(text.to_owned()))?;
        Ok(Self {
            path: path.to_owned(),
            value,
        })
    }
}

/// Reads decimal digits without a sign.
fn whole(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| !text.starts_with('+'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_has_numbers_of_its_own() {
        let value = |limit: Result<DeviceLimit, _>| limit.ok().map(|limit| limit.value);
        assert_eq!(value(DeviceLimit::bytes("/dev/sda:1m")), Some(1 << 20));
        assert_eq!(value(DeviceLimit::operations("/dev/sda:100")), Some(100));
        assert_eq!(value(DeviceLimit::operations("/dev/sda:1m")), None);
        assert_eq!(value(DeviceLimit::weight("/dev/sda:0")), Some(0));
        assert_eq!(value(DeviceLimit::weight("/dev/sda:9")), None);
        assert_eq!(value(DeviceLimit::weight("sda:10")), None);
        assert_eq!(value(DeviceLimit::weight("/dev/sda:+10")), None);
    }
}
