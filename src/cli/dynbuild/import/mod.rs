//! `dynbuild import`: a line that calls build.sh as the line of dynbuild that does the same.
//!
//! [`table`] knows every option that build.sh had. [`words`] reads a line into them, [`translate`]
//! says them in dynbuild's words, with notes on what differs.

mod command;
mod table;
mod translate;
mod words;

pub(super) use command::run;
