//! What dynrun launches, and how it follows it.
//!
//! A [`Request`](request::Request) is what was typed; [`apply`] makes a
//! [`ContainerSpec`](spec::ContainerSpec) of docker's flags, and [`render`] the engine's create
//! request of that.

pub mod apply;
pub mod facts;
pub mod flag;
pub mod image;
pub mod option;
pub mod paths;
pub mod readiness;
pub mod render;
pub mod request;
pub mod spec;
