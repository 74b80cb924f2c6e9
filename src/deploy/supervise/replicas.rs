//! The replicas of a deployment.

use std::time::Duration;

use super::event::Action;
use super::member::{MemberIndex, Part, Watched};
use super::replica::Replica;

/// All replicas, in the order of their members.
#[derive(Clone, Debug, Default)]
pub(super) struct Replicas(Vec<Replica>);

impl Replicas {
    /// Adds replicas of members, of which the first has this place in the list.
    pub(super) fn add(&mut self, members: &[Watched], first: MemberIndex) {
        let mut ranked: Vec<_> = members.iter().enumerate().collect();
        ranked.sort_by_key(|(_, member)| member.rank);
        let begin = self.0.len();
        for member in members {
            let known = |replica: &Replica| replica.name == member.replica;
            if !self.0[begin..].iter().any(known) {
                self.0.push(Replica::new(member));
            }
        }
        for (index, member) in ranked {
            let mut new = self.0[begin..].iter_mut();
            if let Some(replica) = new.find(|replica| replica.name == member.replica) {
                replica.members.push(first + index);
            }
        }
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Replica> {
        self.0.iter()
    }

    pub(super) fn iter_mut(&mut self) -> std::slice::IterMut<'_, Replica> {
        self.0.iter_mut()
    }

    /// Returns the replica that a member is a rank of.
    pub(super) fn of(&mut self, member: MemberIndex) -> &mut Replica {
        let own = |replica: &Replica| replica.members.contains(&member);
        let position = self.0.iter().position(own).unwrap_or_default();
        &mut self.0[position]
    }

    /// Returns the replica of this name that belongs to the deployment.
    pub(super) fn wanted(&mut self, name: &str) -> Option<&mut Replica> {
        let mut named = self.0.iter_mut();
        named.find(|replica| replica.name == name && replica.is_wanted())
    }

    pub(super) fn of_part(&self, part: Part) -> impl Iterator<Item = &Replica> {
        self.0.iter().filter(move |replica| replica.part == part)
    }

    /// Returns whether nothing runs.
    pub(super) fn have_ended(&self) -> bool {
        self.0.iter().all(|replica| replica.running.is_empty())
    }

    /// Starts those whose turn it is; without the rest, services only.
    pub(super) fn start_idle(&mut self, now: Duration, rest: bool) -> Vec<Action> {
        let ready = |name: &String| {
            let mut ready = self.0.iter().filter(|replica| replica.is_ready());
            ready.any(|replica| replica.name == *name)
        };
        let due: Vec<_> = self
            .0
            .iter()
            .map(|replica| {
                let turn = rest || replica.part == Part::Service;
                turn && replica.is_idle() && replica.after.as_ref().is_none_or(ready)
            })
            .collect();
        let replicas = self.0.iter_mut().zip(due);
        let started = replicas.filter(|(_, due)| *due);
        started
            .flat_map(|(replica, _)| replica.start(now))
            .collect()
    }
}
