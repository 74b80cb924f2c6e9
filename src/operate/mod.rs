//! Running a deployment: its members are launched, watched, proven, kept alive and stopped.
//!
//! What to do is decided by [`crate::deploy::supervise`]; here it is done, with the engine and
//! through the frontends. [`Operation`] is the loop between both.

mod answers;
mod begin;
mod census;
mod discovery;
mod elsewhere;
mod etcd;
mod event;
mod frontend;
mod gpus;
mod health;
mod inside;
mod jobs;
mod labels;
mod launcher;
mod leftovers;
mod lock;
mod logs;
mod machines;
mod operation;
mod ports;
mod proof;
mod react;
mod seat;
mod tell;
mod ways;

pub(crate) use event::{Command, Ended, Report};
pub(crate) use gpus::give_gpus;
pub(crate) use labels::{Found, found};
pub(crate) use launcher::Launcher;
pub(crate) use leftovers::{remove_all, stop_all};
pub(crate) use lock::{Lock, Place, Record, Supervising};
pub(crate) use logs::follow;
pub(crate) use operation::{Operation, Settings};
pub(crate) use ports::check_ports;
