//! Deployments: several containers that serve one model.

pub(crate) mod fit;
