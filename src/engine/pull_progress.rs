//! How far a pull is, by what the engine says of the image's layers.

use std::collections::BTreeMap;

/// The layers of an image that is pulled.
#[derive(Clone, Debug, Default)]
pub struct PullProgress {
    layers: BTreeMap<String, Layer>,
}

#[derive(Clone, Debug, Default)]
struct Layer {
    /// Its compressed size, once its download began.
    size: Option<u64>,
    downloaded: u64,
    /// Compressed bytes that were unpacked. The containerd store counts seconds in their place.
    extracted: u64,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    #[default]
    Waiting,
    Downloading,
    Downloaded,
    Complete,
}

impl PullProgress {
    /// Takes in one line of the engine about a layer: `current` and `size` in bytes.
    pub(super) fn take(&mut self, layer: &str, status: &str, current: u64, size: Option<u64>) {
        let layer = self.layers.entry(layer.to_owned()).or_default();
        match status {
            "Downloading" => {
                layer.stage = layer.stage.max(Stage::Downloading);
                layer.size = size.or(layer.size);
                layer.downloaded = current.max(layer.downloaded);
            }
            "Extracting" => {
                layer.stage = layer.stage.max(Stage::Downloaded);
                if size.is_some() {
                    layer.size = size;
                    layer.extracted = current.max(layer.extracted);
                }
            }
            "Verifying Checksum" | "Download complete" => {
                layer.stage = layer.stage.max(Stage::Downloaded);
            }
            "Pull complete" | "Already exists" => layer.stage = Stage::Complete,
            _ => {}
        }
        if layer.stage >= Stage::Downloaded {
            layer.downloaded = layer.size.unwrap_or(layer.downloaded);
        }
        if layer.stage == Stage::Complete {
            layer.extracted = layer.size.unwrap_or_default();
        }
    }

    /// Returns how many layers are there for use, and how many there are.
    pub fn layers(&self) -> (usize, usize) {
        let complete = self
            .layers
            .values()
            .filter(|layer| layer.stage == Stage::Complete);
        (complete.count(), self.layers.len())
    }

    /// Returns whether everything was downloaded and only unpacking goes on.
    pub fn is_downloaded(&self) -> bool {
        self.layers
            .values()
            .all(|layer| layer.stage >= Stage::Downloaded)
    }

    /// Returns how many bytes are done of what goes on: downloading, then unpacking.
    pub fn bytes(&self) -> u64 {
        let layers = self.layers.values();
        if self.is_downloaded() {
            layers.map(|layer| layer.extracted).sum()
        } else {
            layers.map(|layer| layer.downloaded).sum()
        }
    }

    /// Returns the size of all layers. The engine says it of each when its download begins, so that
    /// it is not known before the last one's has.
    pub fn size(&self) -> Option<u64> {
        let size = |layer: &Layer| match layer.stage {
            Stage::Waiting | Stage::Downloading => layer.size,
            Stage::Downloaded | Stage::Complete => Some(layer.size.unwrap_or_default()),
        };
        self.layers.values().map(size).sum()
    }
}

#[cfg(test)]
impl PullProgress {
    /// Takes in lines of an engine: layer, status, current, and size or 0.
    pub(crate) fn after(lines: &[(&str, &str, u64, u64)]) -> Self {
        let mut progress = Self::default();
        for (layer, status, current, size) in lines {
            let size = Some(*size).filter(|size| *size > 0);
            progress.take(layer, status, *current, size);
        }
        progress
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STARTED: [(&str, &str, u64, u64); 5] = [
        ("a", "Already exists", 0, 0),
        ("b", "Pulling fs layer", 0, 0),
        ("c", "Pulling fs layer", 0, 0),
        ("c", "Waiting", 0, 0),
        ("b", "Downloading", 16_121_856, 60_006_448),
    ];

    #[test]
    fn the_size_is_known_when_the_last_download_began() {
        let mut progress = PullProgress::after(&STARTED);
        assert_eq!((progress.bytes(), progress.size()), (16_121_856, None));
        progress.take("c", "Downloading", 1_000_000, Some(90_007_684));
        assert_eq!(
            (progress.bytes(), progress.size()),
            (17_121_856, Some(150_014_132))
        );
        assert_eq!(progress.layers(), (1, 3));
        assert!(!progress.is_downloaded());
    }

    #[test]
    fn unpacking_counts_from_the_start() {
        let mut progress = PullProgress::after(&STARTED);
        progress.take("c", "Downloading", 90_007_684, Some(90_007_684));
        progress.take("c", "Download complete", 0, None);
        progress.take("b", "Verifying Checksum", 0, None);
        assert!(progress.is_downloaded());
        assert_eq!((progress.bytes(), progress.size()), (0, Some(150_014_132)));
        progress.take("b", "Extracting", 557_056, Some(60_006_448));
        assert_eq!(progress.bytes(), 557_056);
        progress.take("b", "Pull complete", 0, None);
        assert_eq!((progress.bytes(), progress.layers()), (60_006_448, (2, 3)));
    }

    #[test]
    fn seconds_are_no_bytes() {
        // The containerd store: {"current":3,"units":"s"}.
        let progress =
            PullProgress::after(&[("b", "Downloading", 10, 10), ("b", "Extracting", 3, 0)]);
        assert_eq!((progress.bytes(), progress.size()), (0, Some(10)));
    }

    #[test]
    fn a_layer_that_is_fetched_again_does_not_run_backwards() {
        let mut progress = PullProgress::after(&[("b", "Downloading", 5_000, 10_000)]);
        progress.take("b", "Retrying in 5 seconds", 0, None);
        progress.take("b", "Downloading", 100, Some(10_000));
        assert_eq!(progress.bytes(), 5_000);
    }
}
