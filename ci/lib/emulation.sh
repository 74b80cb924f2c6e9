# shellcheck shell=bash
# Programs of another architecture run on this machine, by QEMU of the Debian archive. The kernel is
# set up for that by an entry of our own for as long as the script runs; entries that are there stay.
# Sourced after debian.sh.

# The start of a little-endian 64-bit ELF program for ARM, and which bits of it count: any kind of
# executable, any ABI (QEMU's scripts/qemu-binfmt-conf.sh).
EMULATION_MAGIC='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
EMULATION_MASK='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'

# Lets programs for arm64 run. emulation_down takes that back.
emulation_up() {
    local interpreter="$CACHE/emulation/usr/bin/qemu-aarch64-static"
    emulation_entry="dynbuild-arm64-$$"
    if [[ ! -x "$interpreter" ]]; then
        debian_update "$(debian_suite)"
        debian_unpack "$(debian_suite)" "$CACHE/emulation" qemu-user-static
    fi
    emulation_registry=$(mktemp -d)
    mount -t binfmt_misc binfmt_misc "$emulation_registry" ||
        die "the kernel cannot be set up for programs of other architectures" "modprobe binfmt_misc"
    emulation_drop_stale
    # F opens the interpreter now, so that it is found from within containers; P keeps the name a
    # program was called by, and O its open file; C lets `sudo` and its like have their rights.
    printf ':%s:M::%s:%s:%s:FPOC' "$emulation_entry" "$EMULATION_MAGIC" "$EMULATION_MASK" "$interpreter" \
        >"$emulation_registry/register"
}

# Takes the entry and everything else of emulation_up back; may be called without one.
emulation_down() {
    [[ -n "${emulation_registry:-}" ]] || return 0
    [[ ! -e "$emulation_registry/$emulation_entry" ]] || printf -- -1 >"$emulation_registry/$emulation_entry"
    umount "$emulation_registry" || true
    rmdir "$emulation_registry" || true
    emulation_registry=''
}

# Entries of runs that were killed.
emulation_drop_stale() {
    local entry
    for entry in "$emulation_registry"/dynbuild-arm64-*; do
        [[ -e "$entry" ]] || continue
        alive "${entry##*-}" || printf -- -1 >"$entry"
    done
}
