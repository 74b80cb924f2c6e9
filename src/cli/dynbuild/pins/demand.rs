//! What packages demand of each other, and where that has no solution.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr as _;

use pep508_rs::pep440_rs::{Operator, Version, VersionSpecifiers};
use pep508_rs::{PackageName, Requirement, VerbatimUrl, VersionOrUrl};

/// A demand on a package, and who makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Demand {
    pub(super) package: PackageName,
    pub(super) versions: VersionSpecifiers,
    /// For example `kvbm 1.4.2`, or `[args] PYTHON_REQUIREMENTS`.
    pub(super) by: String,
    /// Whether a package makes it for the engine that one of its extras is for.
    pub(super) is_of_an_extra: bool,
}

impl Demand {
    /// Takes the versions out of a requirement; one that names a URL demands none.
    pub(super) fn of(requirement: Requirement<VerbatimUrl>, by: &str) -> Self {
        let versions = match requirement.version_or_url {
            Some(VersionOrUrl::VersionSpecifier(versions)) => versions,
            Some(VersionOrUrl::Url(_)) | None => VersionSpecifiers::empty(),
        };
        Self {
            package: requirement.name,
            versions,
            by: by.to_owned(),
            is_of_an_extra: false,
        }
    }

    /// Returns the same demand as one that an extra makes.
    pub(super) fn of_an_extra(self, is_of_an_extra: bool) -> Self {
        Self {
            is_of_an_extra,
            ..self
        }
    }

    /// Returns the one version that will do, if only one will.
    fn exact(&self) -> Option<&Version> {
        let mut exact = self.versions.iter().filter(|specifier| {
            matches!(specifier.operator(), Operator::Equal | Operator::ExactEqual)
        });
        exact.next().map(pep440_rs::VersionSpecifier::version)
    }

    /// Returns whether this asks for a local version (`1.0+cu13`) of what `other` asks for.
    fn is_a_build_of(&self, other: &Self) -> bool {
        self.exact()
            .is_some_and(|version| other.versions.contains(version))
    }
}

impl fmt::Display for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            package,
            versions,
            by,
            is_of_an_extra: _,
        } = self;
        let versions = versions.to_string().replace(", ", ",");
        write!(f, "{by} demands `{package}{versions}`")
    }
}

/// Two demands that no version meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Contradiction {
    pub(super) one: Demand,
    pub(super) other: Demand,
}

/// Finds the demands that contradict each other. What `overridden` names is decided otherwise.
pub(super) fn contradictions(
    demands: &[Demand],
    overridden: &BTreeSet<PackageName>,
) -> Vec<Contradiction> {
    let mut by_package: BTreeMap<&PackageName, Vec<&Demand>> = BTreeMap::new();
    for demand in demands {
        if !overridden.contains(&demand.package) {
            by_package.entry(&demand.package).or_default().push(demand);
        }
    }
    by_package.values().filter_map(|all| first(all)).collect()
}

/// Finds overrides that were right for another release of Dynamo: the extra that names the engine names
/// another version than the override. Of a package that it does not name, nobody but the profile knows.
pub(super) fn stale(
    overrides: &[Demand],
    demands: &[Demand],
) -> impl Iterator<Item = Contradiction> {
    overrides.iter().filter_map(|own| {
        let version = own.exact()?;
        let mut named = demands.iter().filter(|demand| demand.is_of_an_extra);
        let other = named
            .find(|demand| demand.package == own.package && !demand.versions.contains(version))?;
        Some(Contradiction {
            one: own.clone(),
            other: other.clone(),
        })
    })
}

/// Returns an exact demand with the first other one that does not allow it.
fn first(demands: &[&Demand]) -> Option<Contradiction> {
    demands.iter().find_map(|one| {
        let version = one.exact()?;
        let other = demands
            .iter()
            .find(|other| !other.versions.contains(version) && !other.is_a_build_of(one))?;
        Some(Contradiction {
            one: (*one).clone(),
            other: (*other).clone(),
        })
    })
}

/// Reads requirements as files have them, a line each; what is no requirement is for pip to refuse.
pub(super) fn requirements(text: &str) -> impl Iterator<Item = Requirement<VerbatimUrl>> {
    let lines = text
        .lines()
        .map(|line| line.split(" #").next().unwrap_or(line));
    let lines = lines.map(str::trim).filter(|line| !line.is_empty());
    lines.filter_map(|line| Requirement::from_str(line).ok())
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn found(demands: &[(&str, &str)], overridden: &[&str]) -> Vec<String> {
        let demands: Vec<_> = demands
            .iter()
            .flat_map(|(by, text)| requirements(text).map(|found| Demand::of(found, by)))
            .collect();
        let names = overridden.iter().map(|name| PackageName::from_str(name));
        let overridden = names.map(Result::unwrap).collect();
        let found = contradictions(&demands, &overridden);
        let found = found.iter();
        found
            .map(|found| format!("{}; {}", found.one, found.other))
            .collect()
    }

    const B3: [(&str, &str); 2] = [
        ("kvbm 1.4.2", "nixl[cu13]==1.0.1"),
        ("ai-dynamo[vllm] 1.4.2", "nixl[cu13]==1.3.2"),
    ];

    #[test_case("nixl[cu13]==1.3.2" => Vec::<String>::new(); "what the extra names")]
    #[test_case("nixl[cu13]==1.3.0" => vec!["own demands `nixl==1.3.0`; dynamo[vllm] demands `nixl==1.3.2`"]; "what another release named")]
    #[test_case("pydantic>=2,<3" => Vec::<String>::new(); "a range")]
    #[test_case("nixl-cu12 ; sys_platform == 'never'" => Vec::<String>::new(); "nothing at all")]
    #[test_case("kvbm==9" => Vec::<String>::new(); "what no extra names")]
    fn overrides_become_stale(own: &str) -> Vec<String> {
        let demand = |text, by| Demand::of(requirements(text).next().unwrap(), by);
        let demands = [
            demand("nixl==1.0.1", "kvbm"),
            demand("kvbm==1.4.2", "the profile"),
            demand("nixl[cu13]==1.3.2", "dynamo[vllm]").of_an_extra(true),
        ];
        let own = [demand(own, "own")];
        let found = stale(&own, &demands);
        found
            .map(|found| format!("{}; {}", found.one, found.other))
            .collect()
    }

    #[test_case(&B3, &[] => vec!["kvbm 1.4.2 demands `nixl==1.0.1`; ai-dynamo[vllm] 1.4.2 demands `nixl==1.3.2`"]; "two pins")]
    #[test_case(&B3, &["nixl"] => Vec::<String>::new(); "an override decides")]
    #[test_case(&[("a", "x==2.0"), ("b", "X>=1,<3")], &[] => Vec::<String>::new(); "a pin within a range")]
    #[test_case(&[("a", "x>=3"), ("b", "x==2.0")], &[] => vec!["b demands `x==2.0`; a demands `x>=3`"]; "a pin outside of a range")]
    #[test_case(&[("a", "x==1.0.0"), ("b", "x==1.0")], &[] => Vec::<String>::new(); "one version, spelled in two ways")]
    #[test_case(&[("a", "x==1.0+cu13"), ("b", "x==1.0")], &[] => Vec::<String>::new(); "a local version")]
    #[test_case(&[("a", "x"), ("b", "x @ https://example.com/x.whl")], &[] => Vec::<String>::new(); "no version")]
    #[test_case(&[("a", "x==1.* # why\n\ny==2"), ("b", "y==3")], &[] => vec!["a demands `y==2`; b demands `y==3`"]; "several lines")]
    fn demands_contradict_each_other(demands: &[(&str, &str)], overridden: &[&str]) -> Vec<String> {
        found(demands, overridden)
    }
}
