# shellcheck shell=bash
# What every script here shares: messages, the cache directory, small process helpers.
# Sourced, never run.

# Everything that is downloaded or kept between runs lives below this directory.
export CACHE="${XDG_CACHE_HOME:-$HOME/.cache}/dynbuild"

# One plain line of progress, on stderr so that stdout stays for results.
say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# Ends the script with a reason and, where there is one, what to do about it.
die() {
    say "error: $1"
    [[ -z "${2:-}" ]] || say "help: $2"
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

need_root() {
    [[ $EUID -eq 0 ]] || die "$1 needs root" "run it as root, for example: sudo $0"
}

# Milliseconds since some fixed moment; only differences mean anything.
now_ms() { date +%s%3N; }

# `1234` becomes `1.234 s`.
seconds() { printf '%d.%03d s' $(($1 / 1000)) $(($1 % 1000)); }

# Waits up to $1 seconds until the command after it succeeds.
wait_until() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < deadline)) || return 1
        sleep 0.1
    done
}

alive() { [[ -n "${1:-}" ]] && kill -0 "$1" 2>/dev/null; }

gone() { ! alive "$1"; }
