//! A deployment for people and programs: the same facts as a table and as JSON.

mod json;
mod text;

pub use json::json;
pub use text::text;
