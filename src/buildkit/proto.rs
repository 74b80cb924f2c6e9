//! The generated messages and services, under the names that this module uses.
//!
//! Everything comes through here, so that the crate of generated code can be replaced in one place.

pub(crate) use bollard_buildkit_proto::fsutil::types as fsutil;
pub(crate) use bollard_buildkit_proto::moby::buildkit::secrets::v1 as secrets;
pub(crate) use bollard_buildkit_proto::moby::buildkit::v1 as control;
pub(crate) use bollard_buildkit_proto::moby::filesync::v1 as filesync;
pub(crate) use bollard_buildkit_proto::moby::sshforward::v1 as sshforward;
pub(crate) use bollard_buildkit_proto::{google, health, pb};
