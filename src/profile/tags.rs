//! `[tags]`: templates of image names.

use super::template::{Template, Variable};
use crate::toml_file::{Located, table};

table! {
    /// Templates of the names that an image gets.
    pub struct Tags: passed_on {
        /// The name that says the version.
        primary: Option<Located<Template>> = "primary",
        /// The name that moves along with every build; `--no-tag-latest` drops it. Next to a `primary`
        /// alone it is that one with `latest` for the version.
        latest: Option<Located<Template>> = "latest",
    }
}

impl Tags {
    /// Under the parent's moving name there would be images of other names.
    fn passed_on(&self, parent: Self) -> Self {
        let latest = parent.latest.filter(|_| self.primary.is_none());
        Self { latest, ..parent }
    }

    /// Returns whether there is any template.
    pub const fn is_given(&self) -> bool {
        self.primary.is_some() || self.latest.is_some()
    }

    /// Returns the template of the moving name; none where the other name says no version, so that
    /// it moves itself.
    pub fn moving(&self) -> Option<Located<Template>> {
        let derived = || {
            let primary = self.primary.as_ref()?;
            let moving = primary.value.with(Variable::Version, "latest")?;
            Some(primary.clone().map(|_| moving))
        };
        self.latest.clone().or_else(derived)
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use crate::profile::Profile;
    use crate::toml_file::{Merge as _, SourceFile};

    fn moving(text: &str, parent: &str) -> Option<String> {
        let read = |text: &str| {
            Profile::parse(&SourceFile::new("x.toml", text))
                .unwrap()
                .tags
        };
        let tags = read(text).merge(read(parent)).moving()?;
        Some(tags.value.as_str().to_owned())
    }

    #[test_case("tags.latest = \"a:b\"", Some("a:b"); "written")]
    #[test_case("tags.primary = \"r/lab:{version}{-target}\"", Some("r/lab:latest{-target}"); "derived")]
    #[test_case("tags.primary = \"lab:v{-version}\"", Some("lab:v-latest"); "with its dash")]
    #[test_case("tags.primary = \"lab:{target}\"", None; "one that moves itself")]
    #[test_case("", Some("parent:latest"); "inherited")]
    fn the_moving_name_goes_along_with_the_other(text: &str, expected: Option<&str>) {
        let parent = "tags.primary = \"parent:{version}\"\ntags.latest = \"parent:latest\"";
        assert_eq!(moving(text, parent).as_deref(), expected);
    }
}
