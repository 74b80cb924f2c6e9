//! Everything decided: resolved axes, tags, stages with a source map, and their renderings.
//!
//! [`resolve`](resolve()) is a pure function, and [`resolve_all`] the same for the families of builds that
//! [`expand`] makes of several frameworks and devices. A [`crate::profile::Profile`], the user's [`Settings`] and
//! [`Facts`] about git, host and fragments go in; a [`BuildPlan`] comes out in which nothing may
//! still mean "the default", with an [`Explanation`](explanation::Explanation) of where each value comes from – or every
//! problem at once.

mod axes;
mod build_args;
mod build_plan;
mod builder_table;
mod chains;
mod compiler_cache;
mod contents;
mod declared;
mod demands;
mod epoch;
mod error;
mod explanation;
mod facts;
mod family;
mod features;
mod findings;
mod image_names;
mod labels;
mod layers;
pub mod lint;
mod masked;
mod origin;
mod place;
mod planner;
mod product;
mod reach;
mod reference;
mod releases;
pub mod render;
mod resolve;
mod secret_source;
mod secrets;
mod set_file;
mod set_products;
mod settings;
mod shared;
mod smoke;
mod specs;
pub mod stages;
mod steps;
mod target_fragments;
mod undeclared;
mod user_file;
mod values;

#[cfg(test)]
pub use build_plan::PlannedDockerfile;
pub use build_plan::{BuildPlan, PlannedSecret, PlannedTarget};
pub use builder_table::BuilderTable;
pub use compiler_cache::{CacheServer, SWITCH as CACHE_SWITCH};
pub use explanation::Explained;
pub use facts::{Facts, HostUser};
pub use image_names::moving_name;
pub use layers::{MANY_LAYERS, many_layers};
pub use origin::{Origin, Setting};
pub use product::{Candidate, Expansion, Product, expand};
pub use resolve::{Resolution, choose_fragments, resolve, resolve_all};
pub use secret_source::SecretSource;
pub use secrets::known_secrets;
pub use set_file::{REPOSITORY_FILE, SetTable, read_sets, repository_file_schema};
pub use settings::{Named, SccacheSettings, Settings};
pub use smoke::PlannedSmoke;
#[cfg(test)]
pub use steps::PlannedSteps;
pub use undeclared::{Undeclared, undeclared_by_all};
pub use user_file::user_file_schema;

#[cfg(test)]
mod tests;
