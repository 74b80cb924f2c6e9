//! The only owner of stdout and stderr.
