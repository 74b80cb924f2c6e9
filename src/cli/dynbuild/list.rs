//! `dynbuild list`: frameworks with their targets, devices and platforms.

use serde::Serialize;

use super::args::{BuildArgs, Format, ListArgs};
use super::sets;
use super::settings::settings;
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::cli::output::json;
use crate::cli::profiles;
use crate::plan::SetTable;
use crate::problem::Problems;
use crate::profile::{Profile, Target};
use crate::text::{Look, Table};
use crate::toml_file::{Merge as _, Table as Entries};

/// Runs the command.
pub(super) fn run(args: &ListArgs, edge: &mut Edge) -> Result<Exit, Problems> {
    let directory = profiles::directory(args.profile_dir.as_deref(), edge);
    let store = profiles::store(directory.as_deref(), edge)?;
    let chosen = match args.framework.name() {
        Some(name) => vec![store.load(name)?],
        None => store.load_all()?,
    };
    let frameworks: Vec<_> = chosen.iter().map(Framework::new).collect();
    let all = all_sets(edge)?;
    let sets: Vec<_> = all.iter().map(|(name, set)| Set::new(name, set)).collect();
    let look = edge.ui.stdout.look();
    let text = match args.format {
        Format::Text if args.sets => render_sets(&sets, look),
        Format::Json if args.sets => json(&sets),
        Format::Text if sets.is_empty() || args.framework.name().is_some() => {
            render(&frameworks, look)
        }
        Format::Text => render(&frameworks, look) + "\n" + &render_sets(&sets, look),
        Format::Json => json(&frameworks),
    };
    edge.ui.print(&text);
    Ok(Exit::Done)
}

/// Returns the sets of your own file over those of the repository.
fn all_sets(edge: &Edge) -> Result<Entries<SetTable>, Problems> {
    let own = settings(&BuildArgs::default(), &edge.environment)?.sets;
    Ok(own.merge(sets::of_repository(&edge.context(None))?))
}

/// A set, as listed.
#[derive(Debug, Serialize)]
struct Set<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    file: String,
    builds: Vec<Builds<'a>>,
}

/// One product of axes, as listed; an empty axis has its default.
#[derive(Debug, Serialize)]
struct Builds<'a> {
    framework: Vec<&'a str>,
    device: Vec<&'a str>,
    target: Vec<&'a str>,
    platform: Vec<&'a str>,
}

impl<'a> Set<'a> {
    fn new(name: &'a Located, set: &'a SetTable) -> Self {
        let builds = set.builds.iter();
        Self {
            name: &name.value,
            description: text(set.description.as_ref()),
            file: name.at.to_string(),
            builds: builds
                .map(|entry| Builds {
                    framework: texts(entry.framework.as_deref()),
                    device: texts(entry.device.as_deref()),
                    target: texts(entry.target.as_deref()),
                    platform: texts(entry.platform.as_deref()),
                })
                .collect(),
        }
    }
}

impl Builds<'_> {
    /// Returns `vllm, sglang × cuda12.9 × dev`.
    fn text(&self) -> String {
        let Self {
            framework,
            device,
            target,
            platform,
        } = self;
        let axes = [framework, device, target, platform].into_iter();
        let named = axes.filter(|axis| !axis.is_empty());
        named
            .map(|axis| axis.join(", "))
            .collect::<Vec<_>>()
            .join(" × ")
    }
}

fn render_sets(sets: &[Set<'_>], look: Look) -> String {
    let mut text = String::new();
    for Set {
        name,
        description,
        file,
        builds,
    } in sets
    {
        let about = if description.is_empty() {
            file
        } else {
            *description
        };
        let mut table = Table::headless();
        for entry in builds {
            table.row(["  builds".to_owned(), entry.text()]);
        }
        text.extend([format!("--set {name}: {about}\n"), table.render(look)]);
    }
    text
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
                    description: text(device.description.as_ref()),
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
        let about = match device.description {
            "" => platforms,
            description => format!("{platforms}; {description}"),
        };
        table.row(["  device", device.name, default, &about]);
    }
    format!("{name}{aliases}: {description}\n{}", table.render(look))
}

fn mark(is_default: bool) -> &'static str {
    if is_default { "(default)" } else { "" }
}
