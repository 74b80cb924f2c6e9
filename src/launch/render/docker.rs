//! The `docker run` line that comes to the same.

use crate::launch::decision::Launch;
use crate::launch::flag::Flag;

/// Writes a launch as one line that can be pasted into a shell.
pub fn line(launch: &Launch) -> String {
    let mut words = vec!["docker".to_owned(), "run".to_owned()];
    words.extend(launch.flags.iter().flat_map(Flag::words));
    words.push(launch.chosen.image.clone());
    words.extend(launch.chosen.command.iter().cloned());
    shell_words::join(words)
}
