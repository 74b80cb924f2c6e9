//! Random names.

const LENGTH: usize = 25;
const ALPHABET: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// Returns a name that nobody else has: 25 characters, as BuildKit's own clients use them.
pub(super) fn random() -> String {
    let character = |_| char::from(ALPHABET[rand::random_range(0..ALPHABET.len())]);
    (0..LENGTH).map(character).collect()
}
