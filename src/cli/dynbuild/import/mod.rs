//! `dynbuild import`: a line that calls a script of the original as the line that does the same.
//!
//! [`call`] finds the script in the line. Of build.sh, [`table`] knows every option, [`arguments`]
//! the build arguments that are something else now, and [`image`] the images; [`words`] reads a line
//! into them, [`translate`] says them in dynbuild's words, with notes on what differs. [`run_sh`] and
//! [`render_py`] do the same for the other scripts, [`docker_build`] for what builds render.py's file.

mod arguments;
mod call;
mod command;
mod docker_build;
mod image;
mod render_py;
mod run_sh;
mod table;
mod translate;
mod words;

pub(super) use command::run;
