//! A member and what is known of its container.

use std::rc::Rc;

use super::frontend::Frontend;
use crate::deploy::Member;

#[derive(Clone, Debug)]
pub(super) struct Seat {
    pub(super) member: Rc<Member>,
    /// The container that runs, or ran last.
    pub(super) container: Option<String>,
    pub(super) running: bool,
    /// Whether it was asked to end before it was started.
    pub(super) unwanted: bool,
    /// Whether it does not belong to the deployment any more.
    pub(super) removed: bool,
    /// Its id in discovery.
    pub(super) id: Option<u64>,
    /// The way to it, of a frontend.
    pub(super) frontend: Option<Frontend>,
}

impl Seat {
    pub(super) fn new(member: Rc<Member>) -> Self {
        Self {
            member,
            container: None,
            running: false,
            unwanted: false,
            removed: false,
            id: None,
            frontend: None,
        }
    }

    pub(super) fn started(&mut self, container: String) {
        self.container = Some(container);
        self.running = true;
    }

    pub(super) fn ended(&mut self) {
        self.running = false;
        self.unwanted = false;
        self.id = None;
        self.frontend = None;
    }
}
