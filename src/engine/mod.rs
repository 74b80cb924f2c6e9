//! The Docker Engine API that we use; the only module that names bollard.
