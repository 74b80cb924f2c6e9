//! A TOML profile as written: one file per key.
