//! `dynrun`: launches the images.

fn main() -> std::process::ExitCode {
    dynbuild::cli::dynrun()
}
