//! Frameworks × devices × targets × platforms: which of the combinations exist.
//!
//! What does not exist is left out, and said; but each value that was named has to be used
//! somewhere. So an impossible pair that is named alone is an error, as it is for one build.

use std::collections::BTreeMap;

use super::axes;
use super::error::PlanError;
use super::facts::Facts;
use super::family::Family;
use super::findings::Findings;
use super::origin::Setting;
use super::settings::Settings;
use crate::problem::{Problem, Problems};
use crate::profile::Profile;

/// What was asked for on every axis; an empty one has the profile's default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Product {
    /// The frameworks, at least one.
    pub frameworks: Vec<Setting<String>>,
    /// The devices.
    pub devices: Vec<Setting<String>>,
    /// The targets.
    pub targets: Vec<Setting<String>>,
    /// The platforms of each image; each may be a list with commas.
    pub platforms: Vec<Setting<String>>,
}

/// A framework that is asked for, and what is known of the place where it is built.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its profile.
    pub profile: Profile,
    /// The facts.
    pub facts: Facts,
}

/// What a set of builds comes to.
#[derive(Debug, Default)]
pub struct Expansion<'c> {
    /// The builds that exist, in the order asked for.
    pub families: Vec<Family<'c>>,
    /// What was left out, a sentence each.
    pub left_out: Vec<String>,
}

/// Multiplies the axes; `candidates` are the frameworks by the name that they were asked for.
///
/// # Errors
/// Returns what was named and fits nowhere.
pub fn expand<'c>(
    products: &[Product],
    settings: &Settings,
    candidates: &'c BTreeMap<String, Candidate>,
) -> Result<Expansion<'c>, Problems> {
    let mut expansion = Expansion::default();
    let mut problems = Vec::new();
    for product in products {
        if product.frameworks.len() == 1 && product.devices.len() <= 1 {
            // Whatever is wrong here is an error, and planning says which.
            let asked = product.place(settings, 0, product.devices.first());
            expansion.families.extend(family(asked, candidates));
            continue;
        }
        let mut multiplication = Multiplication {
            product,
            settings,
            candidates,
            places: Vec::new(),
        };
        multiplication.run();
        problems.extend(multiplication.unused());
        expansion.take(&multiplication);
    }
    expansion.mark_devices();
    Problems(problems).or(expansion)
}

fn family(settings: Settings, candidates: &BTreeMap<String, Candidate>) -> Option<Family<'_>> {
    let candidate = candidates.get(&settings.frameworks.first()?.value)?;
    Some(Family::new(&candidate.profile, settings, &candidate.facts))
}

impl Product {
    /// Returns the settings of the builds of one framework on one device.
    fn place(
        &self,
        settings: &Settings,
        framework: usize,
        device: Option<&Setting<String>>,
    ) -> Settings {
        Settings {
            frameworks: vec![self.frameworks[framework].clone()],
            devices: device.cloned().into_iter().collect(),
            targets: self.targets.clone(),
            platforms: self.platforms.clone(),
            ..settings.clone()
        }
    }
}

/// Which value of one axis a combination takes.
type Axis = fn(&Place) -> Option<usize>;

/// Targets of one framework and device that have the same platforms.
struct Group<'a> {
    first: &'a Place,
    platforms: Vec<usize>,
    targets: Vec<Option<usize>>,
}

/// One combination, and what is wrong with it.
struct Place {
    framework: usize,
    device: Option<usize>,
    target: Option<usize>,
    platform: Option<usize>,
    refusal: Option<PlanError>,
}

struct Multiplication<'a, 'c> {
    product: &'a Product,
    settings: &'a Settings,
    candidates: &'c BTreeMap<String, Candidate>,
    places: Vec<Place>,
}

/// Returns the indices of an axis; none for what is not asked for.
fn indices(axis: &[Setting<String>]) -> Vec<Option<usize>> {
    if axis.is_empty() {
        vec![None]
    } else {
        (0..axis.len()).map(Some).collect()
    }
}

fn at(axis: &[Setting<String>], index: Option<usize>) -> Option<&Setting<String>> {
    axis.get(index?)
}

impl<'c> Multiplication<'_, 'c> {
    fn run(&mut self) {
        let Product {
            frameworks,
            devices,
            targets,
            platforms,
        } = self.product;
        for framework in 0..frameworks.len() {
            for device in indices(devices) {
                for target in indices(targets) {
                    for platform in indices(platforms) {
                        self.try_place(framework, device, target, platform);
                    }
                }
            }
        }
    }

    fn try_place(
        &mut self,
        framework: usize,
        device: Option<usize>,
        target: Option<usize>,
        platform: Option<usize>,
    ) {
        let settings = self.settings_of(framework, device, target, platform.into_iter());
        let Some(family) = family(settings, self.candidates) else {
            return;
        };
        let mut findings = Findings::default();
        let decided = axes::decide(
            family.profile,
            &family.settings,
            family.facts,
            &mut findings,
        );
        let refusal = findings.errors.into_iter().next();
        self.places.push(Place {
            framework,
            device,
            target,
            platform,
            refusal: refusal.filter(|_| decided.is_none()),
        });
    }

    fn settings_of(
        &self,
        framework: usize,
        device: Option<usize>,
        target: Option<usize>,
        platforms: impl Iterator<Item = usize>,
    ) -> Settings {
        let product = self.product;
        let device = at(&product.devices, device);
        Settings {
            targets: at(&product.targets, target).cloned().into_iter().collect(),
            platforms: platforms
                .map(|index| product.platforms[index].clone())
                .collect(),
            ..product.place(self.settings, framework, device)
        }
    }

    /// Returns a problem for each value that fits nowhere.
    fn unused(&self) -> Vec<Problem> {
        let framework = |place: &Place| Some(place.framework);
        let axes: [(usize, Axis); 4] = [
            (self.product.frameworks.len(), framework),
            (self.product.devices.len(), |place| place.device),
            (self.product.targets.len(), |place| place.target),
            (self.product.platforms.len(), |place| place.platform),
        ];
        let mut errors: Vec<&PlanError> = Vec::new();
        for (count, axis) in axes {
            for value in 0..count {
                let places = self.places.iter();
                let places = places.filter(|place| axis(place) == Some(value));
                let refusals: Option<Vec<_>> = places.map(|place| place.refusal.as_ref()).collect();
                errors.extend(refusals.iter().flatten().next());
            }
        }
        let mut problems: Vec<Problem> = Vec::new();
        for problem in errors.into_iter().cloned().map(Problem::from) {
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
        problems
    }

    /// Returns the builds that exist: targets of one place that have the same platforms together.
    fn families(&self) -> Vec<Family<'c>> {
        let mut groups: Vec<Group<'_>> = Vec::new();
        for target_places in self
            .places
            .chunk_by(|a, b| (a.framework, a.device, a.target) == (b.framework, b.device, b.target))
        {
            let fitting = target_places.iter().filter(|place| place.refusal.is_none());
            let platforms: Vec<Option<usize>> = fitting.map(|place| place.platform).collect();
            let Some(place) = target_places.first().filter(|_| !platforms.is_empty()) else {
                continue;
            };
            let platforms: Vec<usize> = platforms.into_iter().flatten().collect();
            let same = groups.iter_mut().find(|group| {
                (group.first.framework, group.first.device) == (place.framework, place.device)
                    && group.platforms == platforms
            });
            match same {
                Some(group) => group.targets.push(place.target),
                None => groups.push(Group {
                    first: place,
                    platforms,
                    targets: vec![place.target],
                }),
            }
        }
        let families = groups.into_iter().filter_map(|group| {
            let Group {
                first,
                platforms,
                targets,
            } = group;
            let targets = targets.into_iter().flatten();
            let settings = Settings {
                targets: targets
                    .map(|index| self.product.targets[index].clone())
                    .collect(),
                ..self.settings_of(first.framework, first.device, None, platforms.into_iter())
            };
            family(settings, self.candidates)
        });
        families.collect()
    }

    /// Says what was left out, and why, each pair once.
    fn left_out(&self) -> Vec<String> {
        let mut said: Vec<String> = Vec::new();
        for place in &self.places {
            let Some(refusal) = &place.refusal else {
                continue;
            };
            let framework = &self.product.frameworks[place.framework].value;
            let sentence = format!("Left out for `{framework}`: {refusal}");
            if !said.contains(&sentence) {
                said.push(sentence);
            }
        }
        said
    }
}

impl<'c> Expansion<'c> {
    /// Takes over what exists; what an earlier product has already is built once.
    fn take(&mut self, multiplication: &Multiplication<'_, 'c>) {
        self.left_out.extend(multiplication.left_out());
        for family in multiplication.families() {
            if !self
                .families
                .iter()
                .any(|known| known.settings == family.settings)
            {
                self.families.push(family);
            }
        }
    }

    fn mark_devices(&mut self) {
        let device = |family: &Family<'_>| {
            let asked = family.settings.devices.first();
            asked.map(|asked| asked.value.clone())
        };
        let mut devices: BTreeMap<String, Vec<Option<String>>> = BTreeMap::new();
        for family in &self.families {
            let known = devices.entry(family.called().to_owned()).or_default();
            if !known.contains(&device(family)) {
                known.push(device(family));
            }
        }
        for family in &mut self.families {
            family.several_devices = devices
                .get(family.called())
                .is_some_and(|all| all.len() > 1);
        }
    }
}
