//! `dynbuild list`: frameworks with their targets, devices and platforms.

use serde::Serialize;

use super::args::{Format, ListArgs};
use super::profiles;
use crate::cli::edge::Edge;
use crate::exit::Exit;
use crate::problem::Problems;
use crate::profile::{Profile, Target};
use crate::text::{Look, Table};

/// Runs the command.
pub(super) fn run(args: &ListArgs, edge: &mut Edge) -> Result<Exit, Problems> {
    let directory = profiles::directory(args.profile_dir.as_deref(), edge);
    let store = profiles::store(directory.as_deref(), edge)?;
    let chosen = match args.framework.name() {
        Some(name) => vec![store.load(name)?],
        None => store.load_all()?,
    };
    let frameworks: Vec<_> = chosen.iter().map(Framework::new).collect();
    let text = match args.format {
        Format::Text => render(&frameworks, edge.ui.stdout.look()),
        Format::Json => super::output::json(&frameworks),
    };
    edge.ui.print(&text);
    Ok(Exit::Done)
}

/// A framework, as listed.
#[derive(Debug, Serialize)]
struct Framework<'a> {
    name: &'a str,
    aliases: Vec<&'a str>,
    description: &'a str,
    default_target: &'a str,
    default_device: &'a str,
    targets: Vec<Item<'a>>,
    devices: Vec<Item<'a>>,
}

/// A target or a device, as listed.
#[derive(Debug, Serialize)]
struct Item<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    platforms: Vec<&'a str>,
}

impl<'a> Framework<'a> {
    fn new(profile: &'a Profile) -> Self {
        let name = text(profile.framework.as_ref());
        let built_here = |target: &Target| {
            let frameworks = target.frameworks.as_ref();
            frameworks.is_none_or(|patterns| patterns.matches(name))
        };
        let targets = profile.targets.iter();
        Self {
            name,
            aliases: texts(profile.aliases.as_deref()),
            description: text(profile.description.as_ref()),
            default_target: text(profile.default_target.as_ref()),
            default_device: text(profile.default_device.as_ref()),
            targets: targets
                .filter(|(_, target)| built_here(target))
                .map(|(name, target)| Item {
                    name: &name.value,
                    description: text(target.description.as_ref()),
                    platforms: Vec::new(),
                })
                .collect(),
            devices: profile
                .devices
                .iter()
                .map(|(name, device)| Item {
                    name: &name.value,
                    description: "",
                    platforms: texts(device.platforms.as_deref()),
                })
                .collect(),
        }
    }
}

type Located = crate::toml_file::Located<String>;

fn text(located: Option<&Located>) -> &str {
    located.map_or("", |located| located.value.as_str())
}

fn texts(located: Option<&[Located]>) -> Vec<&str> {
    let texts = located.unwrap_or_default().iter();
    texts.map(|located| located.value.as_str()).collect()
}

fn render(frameworks: &[Framework<'_>], look: Look) -> String {
    frameworks
        .iter()
        .map(|framework| one(framework, look))
        .collect::<Vec<_>>()
        .join("\n")
}

fn one(framework: &Framework<'_>, look: Look) -> String {
    let aliases = match framework.aliases.as_slice() {
        [] => String::new(),
        aliases => format!(" (also {})", aliases.join(", ")),
    };
    let Framework {
        name, description, ..
    } = framework;
    let mut table = Table::headless();
    for target in &framework.targets {
        let default = mark(target.name == framework.default_target);
        table.row(["  target", target.name, default, target.description]);
    }
    for device in &framework.devices {
        let default = mark(device.name == framework.default_device);
        let platforms = device.platforms.join(", ");
        table.row(["  device", device.name, default, &platforms]);
    }
    format!("{name}{aliases}: {description}\n{}", table.render(look))
}

fn mark(is_default: bool) -> &'static str {
    if is_default { "(default)" } else { "" }
}
