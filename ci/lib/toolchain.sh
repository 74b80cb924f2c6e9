# shellcheck shell=bash
# The Rust toolchain that the crate asks for. Sourced after base.sh.

# shellcheck disable=SC2120 # components are optional
# Ends the script unless cargo is there, new enough, and has the components named.
need_rust() {
    local wanted found component
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    have cargo || die "there is no cargo on PATH" "install Rust $wanted or newer with rustup"
    have cc || die "there is no C compiler" "apt-get install build-essential"
    found=$(rustc --version | cut -d' ' -f2)
    [[ "$(printf '%s\n' "$wanted" "$found" | sort -V | head -n1)" == "$wanted" ]] ||
        die "Rust $found is too old, the crate needs $wanted" "rustup update stable"
    for component in "$@"; do
        have "cargo-$component" || die "cargo $component is missing" "rustup component add $component"
    done
}
