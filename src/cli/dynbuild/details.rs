//! What `--verbose` says: where everything comes from.

use super::planning::Planned;
use super::user_file;
use crate::buildkit::{Client, Store};
use crate::cli::edge::Edge;
use crate::engine::locate;

/// Says which files decide what is built.
pub(super) fn of_plan(planned: &Planned, edge: &mut Edge) {
    let plan = &planned.resolution.plan;
    if let Some(file) = user_file::place(&edge.environment).filter(|file| file.is_file()) {
        edge.detail(&format!("Your settings are in `{}`", file.display()));
    }
    edge.detail(&match &plan.profile_dir {
        Some(directory) => format!(
            "Profiles and fragments are those of `{}` over the built-in ones",
            directory.display()
        ),
        None => "Profiles and fragments are the built-in ones".to_owned(),
    });
    for target in &plan.targets {
        edge.detail(&format!(
            "`{}` is version {} of `{}`, from the fragments {}",
            target.name,
            target.version,
            target.context,
            target.dockerfile.fragments.join(", ")
        ));
    }
}

/// Says which engine builds.
pub(super) fn of_engine(client: &Client, edge: &mut Edge) {
    let capabilities = client.capabilities();
    let store = match capabilities.store {
        Store::Classic => "classic image store",
        Store::Containerd => "containerd image store",
        Store::None => "no image store",
    };
    let version = capabilities.engine.as_ref();
    let version = version.map(|engine| format!(" {}", engine.version));
    let address = locate(&edge.surroundings()).map(|located| located.address.to_string());
    edge.detail(&format!(
        "The engine{} at `{}` has the {store}",
        version.unwrap_or_default(),
        address.unwrap_or_default()
    ));
}
