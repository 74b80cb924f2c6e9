//! Compares the input with the export of what is being made of it: what differs and has a key goes
//! into the file, the rest becomes notes. Both are read by the same reader.

use super::draft::{Draft, text};
use super::input::{Format, Input};
use super::note::Notes;
use super::part::{Part, PartKind};
use super::tables::TableParts;
use super::words::{added_flags, flags, lost_flags, lost_variables, variables, why};
use crate::deploy::Deployment;
use crate::deploy::network::Network;

/// The input with its tables, and the export of the draft.
pub(super) struct Comparison<'a> {
    pub(super) input: &'a Input,
    pub(super) tables: &'a [TableParts<'a>],
    pub(super) output: &'a Input,
    pub(super) deployment: &'a Deployment,
}

impl<'a> Comparison<'a> {
    /// Returns the part of the export that stands for a part of the input.
    fn counterpart(&self, table: &TableParts<'_>, part: &Part) -> Option<&'a Part> {
        let name = table.table.rsplit('.').next().unwrap_or_default();
        let is_dgd = self.input.format == Format::Dgd;
        let index = table
            .parts
            .iter()
            .position(|it| std::ptr::eq(*it, part))
            .unwrap_or(0);
        let of_table = |other: &&Part| match part.kind {
            PartKind::Worker(_) => other.engine().is_some() && other.group == name,
            kind => other.kind == kind,
        };
        let mut others = self.output.parts.iter().filter(of_table);
        match part.kind {
            PartKind::Worker(_) if is_dgd => others.next(),
            PartKind::Worker(_) => {
                others.find(|other| (other.replica, other.rank) == (part.replica, part.rank))
            }
            _ => others.nth(index),
        }
    }

    /// Puts what differs into the draft.
    pub(super) fn complete(&self, draft: &mut Draft) {
        self.images(draft);
        self.network(draft);
        for table in self.tables {
            let part = table.first();
            let Some(other) = self.counterpart(table, part) else {
                continue;
            };
            if matches!(part.kind, PartKind::Frontend | PartKind::Worker(_)) {
                flags(table, part, other, draft);
                variables(table, part, other, draft);
            }
            for (key, value) in &part.run {
                let derived = other.run.iter().find(|(name, _)| name == key);
                if derived.is_none_or(|(_, derived)| derived.value != value.value) {
                    draft.set(&format!("{}.run", table.table), key, value.value.clone());
                }
            }
            self.gpu_ids(table, draft);
            self.timeout(part, other, draft);
        }
    }

    /// The image that most have is the deployment's; one that dynrun knows itself is not written.
    fn images(&self, draft: &mut Draft) {
        let mut images: Vec<(&str, &TableParts<'_>)> = Vec::new();
        for table in self.tables {
            let part = table.first();
            let derived = self
                .counterpart(table, part)
                .and_then(|other| other.image.as_ref());
            let Some(image) = &part.image else { continue };
            let is_known = derived.is_some_and(|derived| derived.value == image.value);
            let is_service = matches!(part.kind, PartKind::Etcd | PartKind::Nats);
            let runs_ours = is_service
                && self
                    .counterpart(table, part)
                    .is_some_and(|other| same_command(part, other));
            if is_service && runs_ours && !is_known {
                draft.set_text(&table.table, "image", &image.value);
            } else if !is_service && !is_known {
                images.push((&image.value, table));
            }
        }
        let count = |image: &str| images.iter().filter(|(other, _)| *other == image).count();
        let Some((common, _)) = images
            .iter()
            .copied()
            .rev()
            .max_by_key(|(image, _)| count(image))
        else {
            return;
        };
        let named = self
            .tables
            .iter()
            .filter(|table| matches!(table.first().kind, PartKind::Frontend | PartKind::Worker(_)));
        // One image next to those that dynrun knows is that of its table only.
        let is_common = named.clone().count() == images.len();
        if is_common {
            draft.set_text("", "image", common);
        }
        for (image, table) in images {
            if !is_common || image != common {
                draft.set_text(&table.table, "image", image);
            }
        }
    }

    fn network(&self, draft: &mut Draft) {
        let is_host = self.deployment.network == Network::Host;
        if self.input.network.as_deref() == Some("host") && !is_host {
            draft.set_text("run", "network", "host");
        }
    }

    /// GPUs that are not the first free ones are named.
    fn gpu_ids(&self, table: &TableParts<'_>, draft: &mut Draft) {
        if table.nodes > 1 || draft.get(&table.table, "share").is_some() {
            return;
        }
        let differs = table.parts.iter().any(|part| {
            let other = self.counterpart(table, part);
            !part.gpus.ids.is_empty() && other.is_some_and(|it| it.gpus.ids != part.gpus.ids)
        });
        if differs {
            let ids: Vec<_> = table
                .parts
                .iter()
                .map(|part| text(&part.gpus.ids.join(",")))
                .collect();
            draft.set(&table.table, "gpu-ids", format!("[{}]", ids.join(", ")));
        }
    }

    /// The time to start is the deployment's if the check is.
    fn timeout(&self, part: &Part, other: &Part, draft: &mut Draft) {
        let check = |part: &Part| {
            let found = part.rest.iter().find(|(key, _)| key == "healthcheck");
            found.map(|(_, value)| value.value.clone())
        };
        let of = |input: &Input, part: &Part| {
            let start = input
                .starts
                .iter()
                .find(|(name, _)| *name == part.name.value);
            start.map(|(_, start)| start.value.clone())
        };
        let (start, derived) = (of(self.input, part), of(self.output, other));
        if check(part) == check(other)
            && start != derived
            && let Some(start) = start
        {
            draft.set_text("ready", "timeout", &start);
        }
    }

    /// Returns what still differs.
    pub(super) fn notes(&self) -> Notes {
        let mut notes = Notes::default();
        for table in self.tables {
            for part in &table.parts {
                if let Some(other) = self.counterpart(table, part) {
                    differences(table, part, other, &mut notes);
                } else {
                    let said = format!("`{}` is not in the deployment", part.name.value);
                    notes.add(part.at(), said);
                }
            }
        }
        if self.input.format == Format::Compose
            && self.input.network.is_none()
            && self.deployment.network == Network::Host
        {
            notes.say("members use the host's network, because KV caches are transferred");
        }
        notes
    }
}

fn differences(table: &TableParts<'_>, part: &Part, other: &Part, notes: &mut Notes) {
    let is_service = matches!(part.kind, PartKind::Etcd | PartKind::Nats);
    if is_service && !same_command(part, other) {
        let said = format!(
            "`{}` is started by dynrun: image, command and variables of the file are not taken over",
            part.name.value
        );
        notes.add(part.at(), said);
        return;
    }
    lost_flags(part, other, notes);
    added_flags(table, part, other, notes);
    lost_variables(part, other, notes);
    for (key, value) in &part.rest {
        let derived = other.rest.iter().find(|(name, _)| name == key);
        if derived.is_none_or(|(_, derived)| derived.value != value.value) {
            let said = format!("`{key}` is not taken over{}", why(key));
            notes.add(&value.at, said);
        }
    }
}

fn same_command(part: &Part, other: &Part) -> bool {
    part.words == other.words
}
