//! A plan in other forms: JSON, text for people, commands for docker, a bake file.

mod bake;
mod buildx;
mod json;
mod text;

pub use bake::bake;
pub use buildx::{buildx_line, render_command, shell_line};
pub use json::json;
pub use text::{Detail, text};
