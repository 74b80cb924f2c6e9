//! The profile's `[run]` table as flags of `docker run`.
//!
//! A default gives way to what was typed: a single value to the same flag, a limit to one of the
//! same name, a variable to one of the same name. Typing `--shm-size` also takes a default
//! `ipc = "host"` away, with which it would have no effect.

use super::flag::{Flag, Flags as _, Origin};
use super::implied::Context;
use super::note::Note;
use super::request::{Accelerator, UlimitPolicy};
use crate::profile::RunTable;
use crate::toml_file::Located;

/// What a profile's defaults amount to.
#[derive(Clone, Debug)]
pub struct Defaults {
    /// Flags for `docker run`.
    pub flags: Vec<Flag>,
    /// Remarks for people.
    pub notes: Vec<Note>,
    /// What to do about limits that the engine cannot set.
    pub ulimit_policy: UlimitPolicy,
}

impl Defaults {
    /// Docker's own behaviour: none.
    pub fn none() -> Self {
        Self {
            flags: Vec::new(),
            notes: Vec::new(),
            ulimit_policy: UlimitPolicy::Keep,
        }
    }

    /// Takes what a profile says and what was not typed.
    pub fn new(context: &Context<'_>) -> Self {
        // Every key is named, so that a new one cannot be forgotten here.
        let RunTable {
            gpus,
            shm_size,
            ipc,
            network,
            ulimits,
            ulimit_policy,
            cap_add,
            workdir,
            init,
            env,
            caches: _, // see `implied::cache`
        } = context.table;
        let mut taken = Taken {
            context,
            flags: Vec::new(),
        };
        let mut notes = Vec::new();
        if context
            .request
            .accelerator
            .is_none_or(|kind| kind == Accelerator::Cuda)
        {
            taken.single("gpus", gpus.as_ref());
        }
        notes.extend(taken.shared_memory(shm_size.as_ref(), ipc.as_ref()));
        if !context.typed("net") {
            taken.single("network", network.as_ref());
        }
        for limit in ulimits.iter().flatten() {
            taken.keyed("ulimit", limit);
        }
        for capability in cap_add.iter().flatten() {
            taken.capability(capability);
        }
        taken.single("workdir", workdir.as_ref());
        taken.switch("init", init.as_ref());
        for (name, value) in env.iter() {
            let assignment = value
                .clone()
                .map(|text| format!("{}={}", name.value, text.0));
            taken.keyed("env", &assignment);
        }
        let named = ulimit_policy.as_ref().map(|policy| policy.value.as_str());
        let mut policies = UlimitPolicy::NAMED.into_iter();
        let policy = policies.find(|(name, _)| Some(*name) == named);
        Self {
            flags: taken.flags,
            notes,
            ulimit_policy: policy.map_or(UlimitPolicy::Clamp, |(_, policy)| policy),
        }
    }
}

/// The defaults taken so far.
struct Taken<'a> {
    context: &'a Context<'a>,
    flags: Vec<Flag>,
}

impl Taken<'_> {
    fn push(&mut self, name: &'static str, default: &Located<String>) {
        let origin = Origin::Profile(default.at.to_string());
        self.flags
            .push(Flag::value(name, default.value.clone(), origin));
    }

    fn single(&mut self, name: &'static str, default: Option<&Located<String>>) {
        if let Some(default) = default.filter(|_| !self.context.typed(name)) {
            self.push(name, default);
        }
    }

    fn switch(&mut self, name: &'static str, default: Option<&Located<bool>>) {
        if let Some(default) = default.filter(|_| !self.context.typed(name)) {
            let origin = Origin::Profile(default.at.to_string());
            self.flags.push(Flag::switch(name, default.value, origin));
        }
    }

    /// Takes a default `key=value` unless the same key was typed.
    fn keyed(&mut self, name: &'static str, default: &Located<String>) {
        let key = |text: &str| text.split('=').next().unwrap_or(text).to_owned();
        let wanted = key(&default.value);
        let mut typed = self.context.request.flags.named(name);
        if !typed.any(|flag| key(flag.text()) == wanted) {
            self.push(name, default);
        }
    }

    /// Takes a default capability unless it was added or dropped by hand.
    fn capability(&mut self, default: &Located<String>) {
        let bare = |text: &str| {
            let text = text.to_uppercase();
            text.strip_prefix("CAP_").unwrap_or(&text).to_owned()
        };
        let wanted = bare(&default.value);
        let flags = &self.context.request.flags;
        let mut typed = flags.named("cap-add").chain(flags.named("cap-drop"));
        if !typed.any(|flag| bare(flag.text()) == wanted) {
            self.push("cap-add", default);
        }
    }

    /// The size of `/dev/shm` is only the container's own with an IPC namespace of its own.
    fn shared_memory(
        &mut self,
        shm_size: Option<&Located<String>>,
        ipc: Option<&Located<String>>,
    ) -> Option<Note> {
        let typed = &self.context.request.flags;
        let (typed_size, typed_ipc) = (typed.has("shm-size"), typed.latest("ipc"));
        let default_is_foreign = ipc.is_some_and(|ipc| is_foreign(&ipc.value));
        if typed_size && typed_ipc.is_none() && default_is_foreign {
            return Some(Note::new(
                "`--shm-size` gives the container shared memory of its own; \
                 the profile's `ipc = \"host\"` is left out, because with it the size has no effect",
            ));
        }
        self.single("ipc", ipc);
        let foreign = typed_ipc.map_or(default_is_foreign, is_foreign);
        if foreign && typed_size {
            return Some(Note::new(
                "`--shm-size` has no effect with the shared memory of the host or of another container; \
                 `--ipc private` would make it count",
            ));
        }
        if !foreign {
            self.single("shm-size", shm_size);
        }
        None
    }
}

/// Returns whether an IPC mode shares the `/dev/shm` of something else.
fn is_foreign(mode: &str) -> bool {
    mode == "host" || mode.starts_with("container:")
}
