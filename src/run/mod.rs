//! What dynrun launches, and how it follows it.
