//! What the tests in `tests/it` use of the rooms, and nobody else.
//!
//! The library belongs to its two programs: its rooms are private, so that rustc finds what nobody
//! calls. Tests are a crate of their own and see only what stands here; a name that no test uses
//! any more goes.

pub mod buildkit {
    pub use crate::buildkit::export::{
        Archive, ArchiveFormat, Export, ExportResponse, ImageOptions, LocalExport, MobyExport,
    };
    pub use crate::buildkit::progress::SolveStatus;
    pub use crate::buildkit::request::{DockerfileOptions, ImageResolve};
    pub use crate::buildkit::session::filesync::{Transfer, TransferIssue};
    pub use crate::buildkit::session::{
        Agents, Credentials, Destination, LocalDir, SecretStore, Session, SessionOptions, local,
    };
    pub use crate::buildkit::{
        BuildFailure, Client, Process, SolveError, SolveRequest, Solved, StagedError,
    };
}

pub mod credentials {
    pub use crate::credentials::Keyring;
}

pub mod dial {
    pub use crate::dial::{Address, Endpoint};
}

pub mod diagnosis {
    pub use crate::diagnosis::{Evidence, Setting, diagnose};
}

pub mod docker {
    pub use crate::docker::env::EnvVar;
    pub use crate::docker::gpus::DeviceRequest;
    pub use crate::docker::mount::{BindOptions, BindRecursion, Mount, MountKind, VolumeOptions};
    pub use crate::docker::platform::Platform;
    pub use crate::docker::port;
    pub use crate::docker::port::PortMapping;
    pub use crate::docker::reference::Reference;
    pub use crate::docker::run_flags::{CONTAINER, FlagTable};
    pub use crate::docker::size::ByteSize;
    pub use crate::docker::ulimit::Ulimit;
    pub use crate::docker::volume::Volume;
}

pub mod dockerfile {
    pub use crate::dockerfile::{Kind, Stage, Variable};
}

pub mod git {
    pub use crate::git::{Checkout, GitProgram, SourceRevision, Version, VersionOrigin};
}

pub mod launch {
    pub use crate::launch::apply;
    pub use crate::launch::facts::HostFacts;
    pub use crate::launch::image::{Chosen, Reason};
    pub use crate::launch::render::create_request;
    pub use crate::launch::request::docker_flags;
}

pub mod plan {
    pub use crate::plan::lint::{Subject, lint};
    pub use crate::plan::stages::{
        AUTOMATIC, Composition, Fragment, Fragments, Ids, Inputs, Joined, StageGraph, StageId,
    };
    pub use crate::plan::{
        BuildPlan, Facts, HostUser, PlannedTarget, Setting, Settings, render, resolve,
    };
}

pub mod problem {
    pub use crate::problem::{Problem, Problems};
}

pub mod profile {
    pub use crate::profile::{Profile, Source, Store, Template};
}

pub mod secret {
    pub use crate::secret::Secret;
}

pub mod toml_file {
    pub use crate::toml_file::SourceFile;
}
