//! What dynrun remembers between launches: leases, and notes that were shown.

use super::place::state;
use crate::cli::edge::Edge;
use crate::engine::Engine;
use crate::hash::sha256_hex;
use crate::launch::lease::Leases;
use crate::launch::note::Note;

/// Returns the leases of the user; none where there is no place for what programs remember.
pub(super) fn leases(edge: &Edge) -> Option<Leases> {
    Some(Leases::new(state(edge)?.join("dynrun/followed")))
}

/// Returns whether a note about an engine was not shown before, and remembers that it is now. With
/// no place to remember it, each one is new.
pub(super) fn is_news(note: &Note, engine: &Engine, edge: &Edge) -> bool {
    let Some(shown) = state(edge).map(|state| state.join("dynrun/shown")) else {
        return true;
    };
    let file = shown.join(sha256_hex(format!("{} {note}", engine.address())));
    if file.exists() {
        return false;
    }
    // Where it cannot be written, the note is shown again.
    if fs_err::create_dir_all(shown).is_ok() {
        fs_err::write(file, "").ok();
    }
    true
}
