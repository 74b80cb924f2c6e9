//! Which parts belong to which table of the deployment file.

use std::collections::BTreeSet;

use super::input::{Format, Input};
use super::note::Notes;
use super::part::{InputFlag, InputVariable, Part, PartKind};
use crate::deploy::file::Role;
use crate::deploy::lint::names;
use crate::toml_file::Located;

/// A table and its parts: by replica, then by rank.
#[derive(Clone, Debug)]
pub(super) struct TableParts<'a> {
    /// For example `workers.decode`, `frontend` or `services.etcd`.
    pub(super) table: String,
    pub(super) role: Option<Role>,
    pub(super) parts: Vec<&'a Part>,
    pub(super) replicas: u32,
    pub(super) nodes: u32,
}

/// Numbers the replicas of Compose, which are services of their own: `decode-1`, `decode-1-r0`.
pub(super) fn number(input: &mut Input) {
    if input.format == Format::Dgd {
        return;
    }
    let names: Vec<_> = input
        .parts
        .iter()
        .map(|part| split(&part.name.value))
        .collect();
    let groups: BTreeSet<String> = names
        .iter()
        .flatten()
        .map(|(base, ..)| base.clone())
        .collect();
    for group in groups {
        let of_group =
            |name: &Option<(String, u32, u32)>| name.as_ref().is_some_and(|it| it.0 == group);
        let members: Vec<usize> = (0..names.len()).filter(|i| of_group(&names[*i])).collect();
        let kinds: Vec<PartKind> = members.iter().map(|i| input.parts[*i].kind).collect();
        let places: BTreeSet<(u32, u32)> = members
            .iter()
            .filter_map(|i| names[*i].as_ref().map(|it| (it.1, it.2)))
            .collect();
        let replicas = places.iter().map(|it| it.0 + 1).max().unwrap_or(0);
        let nodes = places.iter().map(|it| it.1 + 1).max().unwrap_or(0);
        let is_complete = places.len() == members.len()
            && u64::from(replicas) * u64::from(nodes) == places.len() as u64;
        if !is_complete || kinds.iter().any(|kind| *kind != kinds[0]) {
            continue;
        }
        for index in members {
            let part = &mut input.parts[index];
            let (_, replica, rank) = names[index].clone().unwrap_or_default();
            part.group.clone_from(&group);
            (part.replica, part.rank) = (replica, rank);
            (part.replicas, part.nodes) = (part.replicas.max(replicas), nodes);
        }
    }
}

/// Returns the base of a name, the number of the replica and of the rank.
fn split(name: &str) -> Option<(String, u32, u32)> {
    let (base, last) = name.rsplit_once('-')?;
    if let Some(rank) = last.strip_prefix('r').and_then(|rank| rank.parse().ok()) {
        let (base, replica) = base.rsplit_once('-')?;
        return Some((base.to_owned(), replica.parse().ok()?, rank));
    }
    Some((base.to_owned(), last.parse().ok()?, 0))
}

impl Input {
    /// Returns the frontends as one table, if there are any.
    pub(super) fn frontends(&self) -> Option<TableParts<'_>> {
        self.of_kind("frontend", PartKind::Frontend)
    }

    /// Returns etcd and NATS.
    pub(super) fn services(&self) -> Vec<TableParts<'_>> {
        let etcd = self.of_kind("services.etcd", PartKind::Etcd);
        etcd.into_iter()
            .chain(self.of_kind("services.nats", PartKind::Nats))
            .collect()
    }

    /// Returns other services, one part each.
    pub(super) fn others(&self) -> impl Iterator<Item = &Part> {
        self.parts
            .iter()
            .filter(|part| part.kind == PartKind::Other)
    }

    fn of_kind(&self, table: &str, kind: PartKind) -> Option<TableParts<'_>> {
        let parts: Vec<&Part> = self.parts.iter().filter(|part| part.kind == kind).collect();
        let counted = match self.format {
            Format::Compose => u32::try_from(parts.len()).unwrap_or(1),
            Format::Dgd => parts.iter().map(|part| part.replicas).sum(),
        };
        let scaled = parts.first().map_or(0, |part| part.replicas);
        (!parts.is_empty()).then(|| TableParts {
            table: table.to_owned(),
            role: None,
            replicas: counted.max(scaled),
            nodes: 1,
            parts,
        })
    }

    /// Returns the workers in the order of the input, with names that tables may have.
    pub(super) fn workers(&self, notes: &mut Notes) -> Vec<TableParts<'_>> {
        let mut groups: Vec<(&str, Vec<&Part>)> = Vec::new();
        for part in self.parts.iter().filter(|part| part.engine().is_some()) {
            match groups.iter_mut().find(|(group, _)| *group == part.group) {
                Some((_, parts)) => parts.push(part),
                None => groups.push((&part.group, vec![part])),
            }
        }
        let has_prefill = groups
            .iter()
            .any(|(_, parts)| own_role(parts[0]) == Some(Role::Prefill));
        let role = |part: &Part| {
            let usual = if has_prefill {
                Role::Decode
            } else {
                Role::Aggregated
            };
            let own = own_role(part);
            // A decode worker alone does all of it.
            own.filter(|role| *role != Role::Decode || has_prefill)
                .unwrap_or(usual)
        };
        let roles: Vec<Role> = groups.iter().map(|(_, parts)| role(parts[0])).collect();
        let mut tables: Vec<TableParts<'_>> = Vec::new();
        for (index, (group, mut parts)) in groups.iter().cloned().enumerate() {
            parts.sort_by_key(|part| (part.replica, part.rank));
            let role = roles[index];
            let is_only = roles.iter().filter(|other| **other == role).count() == 1;
            let taken = |name: &str| {
                tables
                    .iter()
                    .any(|it| it.table == format!("workers.{name}"))
            };
            let mut name = if is_name(group) {
                (*group).to_owned()
            } else if is_only && !groups.iter().any(|(other, _)| *other == role.as_str()) {
                role.as_str().to_owned()
            } else {
                sanitized(group)
            };
            while taken(&name) {
                name = format!("{name}-{index}");
            }
            if name != *group {
                let said = format!("`{group}` is called `{name}` in the deployment");
                notes.add(parts[0].at(), said);
            }
            tables.push(TableParts {
                table: format!("workers.{name}"),
                role: Some(role),
                replicas: parts[0].replicas,
                nodes: parts[0].nodes,
                parts,
            });
        }
        tables
    }
}

/// Returns the role that flags or the format say.
fn own_role(part: &Part) -> Option<Role> {
    let mode = part.flag("disaggregation-mode").map(InputFlag::value);
    let named = mode.as_deref().and_then(Role::from_word);
    let old = [
        ("is-prefill-worker", Role::Prefill),
        ("is-decode-worker", Role::Decode),
        ("multimodal-encode-worker", Role::Encode),
    ];
    let old = old.into_iter().find(|(flag, _)| part.flag(flag).is_some());
    let said = part.role.and_then(Role::from_word);
    named.or(old.map(|(_, role)| role)).or(said).or_else(|| {
        // The mocker has no encoder: a component of this name plays one.
        Role::from_word(&part.group).filter(|role| *role == Role::Encode)
    })
}

fn is_name(name: &str) -> bool {
    names::is_spelled(name) && name.len() <= names::LONGEST && !names::RESERVED.contains(&name)
}

/// Returns a name with small letters, digits and dashes.
pub(super) fn sanitized(name: &str) -> String {
    let letters = name
        .chars()
        .map(|letter| match letter.to_ascii_lowercase() {
            letter @ ('a'..='z' | '0'..='9') => letter,
            _ => '-',
        });
    let name: String = letters.take(names::LONGEST).collect();
    let name = name
        .trim_matches('-')
        .trim_start_matches(|c: char| c.is_ascii_digit() || c == '-');
    if name.is_empty() {
        "imported".to_owned()
    } else {
        name.to_owned()
    }
}

impl TableParts<'_> {
    /// Returns what a flag says in the first part that has it; where it says the same, it is
    /// understood.
    pub(super) fn take(&self, names: &[&str]) -> Option<Located<String>> {
        let found = |part: &&Part| names.iter().any(|name| part.flag(name).is_some());
        let first = self.parts.iter().copied().find(found)?;
        let flag = names.iter().find_map(|name| first.flag(name))?;
        for part in &self.parts {
            let same = names.iter().filter_map(|name| part.flag(name));
            same.filter(|other| other.equals(flag))
                .for_each(|other| other.is_said.set(true));
        }
        let at = flag.name.at.clone();
        let value = flag.value();
        Some(Located { value, at })
    }

    /// Returns what a variable says.
    pub(super) fn take_env(&self, name: &str) -> Option<Located<String>> {
        let variable = self.parts.iter().find_map(|part| part.variable(name))?;
        let same = self.parts.iter().filter_map(|part| part.variable(name));
        same.filter(|it| it.value == variable.value)
            .for_each(|it: &InputVariable| it.is_said.set(true));
        let at = variable.name.at.clone();
        let value = variable.value.clone();
        Some(Located { value, at })
    }

    /// Returns a number that a flag says.
    pub(super) fn take_number(&self, names: &[&str]) -> Option<u32> {
        self.take(names)?.value.parse().ok()
    }

    pub(super) fn first(&self) -> &Part {
        self.parts[0]
    }
}
