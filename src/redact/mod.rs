//! What must not be read by others, in texts on their way out.
//!
//! There are two rules, and every printer of both programs uses them:
//!
//! * `known`: a [`Redactor`] masks the values of secrets that we were given, wherever they appear.
//!   A build step may print one: the engine masks it in the name of a step, but not in its output.
//! * `name` and `shown`: what looks like a secret by its name (`DB_PASS`, `openai-key`) or by its
//!   form (an address with a password, a token of a well-known service) is masked where it stands,
//!   although nobody said that it is one.

mod address;
mod known;
mod mask;
mod name;
mod shown;

pub use known::Redactor;
pub use mask::MASK;
pub use name::is_secret_name;
pub use shown::{
    is_secret, shown_assignment, shown_command, shown_json, shown_message, shown_source,
    shown_text, shown_value,
};
