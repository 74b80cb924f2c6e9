//! `--builder`: which BuildKit builds, if it is not that of docker's engine.

use std::path::{Path, PathBuf};

use super::args::BuildArgs;
use crate::builder::{Builder, Certificates, Known, choose, store_directory};
use crate::cli::edge::Edge;
use crate::plan::{BuilderTable, Settings};
use crate::problem::Problem;
use crate::toml_file::Located;

/// The variable by which buildx is asked for a builder.
const VARIABLE: &str = "BUILDX_BUILDER";

/// Returns the builder that is asked for, by the option or by buildx's variable.
///
/// # Errors
/// Fails if it cannot be used.
pub(super) fn asked(
    args: &BuildArgs,
    settings: &Settings,
    edge: &Edge,
) -> Result<Option<Builder>, Problem> {
    let variable = || edge.environment.get(VARIABLE);
    let Some(name) = args.run.builder.as_deref().or_else(variable) else {
        return Ok(None);
    };
    let surroundings = edge.surroundings();
    let buildx = edge.environment.get("BUILDX_CONFIG").map(Path::new);
    let known = Known {
        own: settings
            .builders
            .iter()
            .map(|(name, table)| (name.value.clone(), own(table, edge)))
            .collect(),
        store: store_directory(buildx, surroundings.config.as_deref()),
        surroundings: &surroundings,
    };
    let chosen = choose(name, &known).map_err(|error| {
        let mut problem = Problem::from(error);
        if args.run.builder.is_none() {
            problem.causes.push(format!("Set by `${VARIABLE}`"));
        }
        problem
    });
    chosen.map(Some)
}

fn own(table: &BuilderTable, edge: &Edge) -> (String, Certificates) {
    let BuilderTable {
        endpoint,
        ca,
        cert,
        key,
        server_name,
    } = table;
    let file = |path: &Option<Located<String>>| -> Option<PathBuf> {
        let path = path.as_ref()?;
        Some(super::secret_values::secret_file(&path.value, edge))
    };
    let certificates = Certificates {
        ca: file(ca),
        cert: file(cert),
        key: file(key),
        server_name: server_name.as_ref().map(|name| name.value.clone()),
    };
    (endpoint.value.clone(), certificates)
}
