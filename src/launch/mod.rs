//! What dynrun launches, and how it follows it.
//!
//! A [`Request`](request::Request) is what was typed. [`Launch::decide`](decision::Launch::decide)
//! makes of it, of a profile's defaults and of what is known about host and engine a list of
//! `docker run` flags with their origins, and of those a [`ContainerSpec`](spec::ContainerSpec).
//! Everything dynrun adds is a flag that docker knows as well, so that the line it prints and the
//! request it sends cannot differ. [`render`] turns a launch into either.

pub mod access;
pub mod apply;
pub mod decision;
pub mod defaults;
pub mod explain;
pub mod facts;
pub mod flag;
pub mod image;
pub mod implied;
pub mod label;
pub mod lease;
pub mod live;
pub mod masked;
pub mod negotiate;
pub mod note;
pub mod option;
pub mod paths;
pub mod readiness;
pub mod render;
pub mod request;
pub mod secret_place;
pub mod spec;
pub mod terminal;
