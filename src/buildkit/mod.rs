//! The BuildKit client; the only module that names protobuf.
