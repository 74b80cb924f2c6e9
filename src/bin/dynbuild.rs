//! `dynbuild`: plans and builds the images.

fn main() -> std::process::ExitCode {
    dynbuild::cli::dynbuild()
}
