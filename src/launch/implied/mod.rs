//! What dynrun's own flags mean in flags of `docker run`, one file per meaning.
//!
//! Each part looks at the request and the host and returns flags with their origin and notes for
//! people; nothing is created or touched.

mod accelerator;
mod bind;
mod cache;
mod context;
mod gds;
mod git_link;
mod imply;
mod secret_file;
mod secrets;
mod standard;
mod user;
mod worker;
mod workspace;

pub use context::{Context, Implied};
pub use imply::imply;
pub use secret_file::{SECRETS, SecretFile, SecretSource};
