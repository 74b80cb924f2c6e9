//! What a set, or the options, ask for on the axes.

use super::origin::Setting;
use super::product::Product;
use super::set_file::{REPOSITORY_FILE, SetTable};
use super::settings::Settings;
use crate::problem::{Problem, ProblemKind};
use crate::profile::Template;
use crate::toml_file::{Located, with_choices};

impl SetTable {
    /// Returns what is built; `settings` has what an entry leaves out.
    fn products(&self, settings: &Settings) -> Vec<Product> {
        let axis = |written: &Option<Vec<Located<String>>>, default: &[Setting<String>]| {
            let written = written.clone();
            written.map_or_else(
                || default.to_vec(),
                |values| values.into_iter().map(Setting::from).collect(),
            )
        };
        let builds = self.builds.iter();
        builds
            .map(|entry| Product {
                frameworks: axis(&entry.framework, &settings.frameworks),
                devices: axis(&entry.device, &settings.devices),
                targets: axis(&entry.target, &settings.targets),
                platforms: axis(&entry.platform, &settings.platforms),
            })
            .collect()
    }
}

impl Settings {
    /// Returns what is asked for on the axes: by the set that is named, else by options. What a set
    /// says of names goes into the settings.
    ///
    /// # Errors
    /// Fails if there is no set of that name.
    pub fn take_products(&mut self) -> Result<Vec<Product>, Problem> {
        let Some(name) = self.set.clone() else {
            return Ok(vec![Product {
                frameworks: self.frameworks.clone(),
                devices: self.devices.clone(),
                targets: self.targets.clone(),
                platforms: self.platforms.clone(),
            }]);
        };
        let Some(set) = self.sets.get(&name.value).cloned() else {
            return Err(self.unknown_set(&name));
        };
        let products = set.products(self);
        if self.tags.is_empty() {
            let text = |template: Located<Template>| template.map(|text| text.as_str().to_owned());
            let tags = set.tags.into_iter().flatten();
            self.tags = tags.map(|tag| Setting::from(text(tag))).collect();
        }
        self.tag_latest = self.tag_latest.take().or(set.tag_latest.map(Setting::from));
        Ok(products)
    }

    fn unknown_set(&self, name: &Setting<String>) -> Problem {
        let message = format!("Unknown set `{}`", name.value);
        let problem = name
            .origin
            .blamed_for(Problem::new(ProblemKind::Usage, message));
        let names: Vec<_> = self.sets.names().map(str::to_owned).collect();
        if names.is_empty() {
            return problem.hint(format!(
                "Write it into `{REPOSITORY_FILE}`: `[sets.{}]` with `builds = [{{ framework = \
                 [\"vllm\"], target = [\"runtime\"] }}]`",
                name.value
            ));
        }
        with_choices(problem, "Sets", &name.value, &names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::read_sets;
    use crate::toml_file::SourceFile;

    #[test]
    fn an_entry_has_axes_and_takes_the_others_from_the_settings() {
        let file = SourceFile::new(
            "dynbuild.toml",
            "[sets.nightly]\ntags = [\"r.example/a:{device}\"]\n\
             builds = [{ framework = [\"vllm\", \"sglang\"], target = [\"dev\"] }]\n",
        );
        let sets = read_sets(&file);
        let mut settings = Settings {
            sets: sets.unwrap(),
            set: Some(Setting::flag("nightly", "--set")),
            devices: vec![Setting::flag("cpu", "--device")],
            ..Settings::default()
        };
        let products = settings.take_products().unwrap();
        assert_eq!(products[0].frameworks.len(), 2);
        assert_eq!(
            products[0].frameworks[1].origin.to_string(),
            "dynbuild.toml:3"
        );
        assert_eq!(products[0].devices, settings.devices);
        assert_eq!(settings.tags[0].value, "r.example/a:{device}");
        settings.set = Some(Setting::flag("nightli", "--set"));
        let problem = settings.take_products().unwrap_err();
        assert_eq!(problem.message, "Unknown set `nightli`");
        assert!(problem.hints[0].contains("nightly"), "{:?}", problem.hints);
    }
}
