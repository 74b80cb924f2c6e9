//! The last lines of a container's output.

use std::collections::VecDeque;

const BYTES: usize = 16 * 1024;

/// The last bytes that were pushed.
#[derive(Clone, Debug, Default)]
pub struct Tail(VecDeque<u8>);

impl Tail {
    /// Adds bytes, and forgets the oldest.
    pub fn push(&mut self, bytes: &[u8]) {
        let kept = &bytes[bytes.len().saturating_sub(BYTES)..];
        let excess = (self.0.len() + kept.len()).saturating_sub(BYTES);
        self.0.drain(..excess);
        self.0.extend(kept);
    }

    /// Returns the lines; the first may be cut off.
    pub fn lines(&self) -> Vec<String> {
        let (front, back) = self.0.as_slices();
        let bytes = [front, back].concat();
        let text = String::from_utf8_lossy(&bytes);
        text.lines().map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten() {
        let mut tail = Tail::default();
        tail.push(&vec![b'x'; 3 * BYTES]);
        tail.push(b"\nlast");
        let lines = tail.lines();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].len(), BYTES - 5);
        assert_eq!(lines[1], "last");
    }
}
