//! Logins to registries, from docker's configuration file and its credential helpers.

mod error;
mod helper;
mod keyring;
mod login;

pub use error::LoginError;
pub use keyring::Keyring;
pub use login::{Login, login_command};
