# shellcheck shell=bash
# A network namespace of its own for an engine, with a way out: a pair of virtual interfaces and
# source NAT. The only rules in the host's tables name our own interface and go away with it.
# Sourced after base.sh; needs `ip` and `iptables` on PATH.

# Serialises the choice of addresses between engines that start at the same time.
NETWORK_LOCK=/run/dynbuild-network.lock

# Creates namespace $1 and prints the number that its interface and addresses are made from.
network_up() {
    # Callers read what it prints, and there bash lets failures pass.
    set -e
    local namespace="$1" number
    exec 8>"$NETWORK_LOCK"
    flock 8
    number=$(network_free_number "$namespace") || die "no free 10.213.N.0/30 network"
    ip netns add "$namespace"
    ip link add "$(network_link "$number")" type veth peer name eth0 netns "$namespace"
    ip address add "10.213.$number.1/30" dev "$(network_link "$number")"
    ip address add "10.214.$number.1/30" dev "$(network_link "$number")"
    ip link set "$(network_link "$number")" up
    ip -n "$namespace" address add "$(network_address "$number")/30" dev eth0
    ip -n "$namespace" address add "$(network_verified_address "$number")/30" dev eth0
    ip -n "$namespace" link set lo up
    ip -n "$namespace" link set eth0 up
    ip -n "$namespace" route add default via "10.213.$number.1"
    network_forward "$number"
    exec 8>&-
    printf '%s\n' "$number"
}

# The address under which the namespace's published ports are reached from the host.
network_address() { printf '10.213.%s.2' "$1"; }

# A second address, outside of the range in which engines take registries that they cannot verify.
network_verified_address() { printf '10.214.%s.2' "$1"; }

network_link() { printf 'dynbuild%s' "$1"; }

# A number whose network no route or address of this machine knows; starts at a place of its own.
network_free_number() {
    local start try number
    start=$(cksum <<<"$1" | cut -d' ' -f1)
    for ((try = 0; try < 256; try++)); do
        number=$(((start + try) % 256))
        if [[ -z "$(ip -o -4 route show root "10.213.$number.0/30"; ip -o -4 route show root "10.214.$number.0/30")" ]]; then
            printf '%s\n' "$number"
            return
        fi
    done
    return 1
}

# Lets packets of our interface out and their answers back in, whatever the FORWARD policy is.
network_forward() {
    local rule
    if [[ "$(</proc/sys/net/ipv4/ip_forward)" == 0 ]]; then
        printf 1 >/proc/sys/net/ipv4/ip_forward
        : >"$NETWORK_LOCK.forwarding"
    fi
    network_rules "$1" | while read -ra rule; do
        iptables -w "${rule[@]}"
    done
}

# The rules of interface number $1, one a line, as arguments that add them.
network_rules() {
    local link
    link=$(network_link "$1")
    printf '%s\n' \
        "-t nat -I POSTROUTING -s 10.213.$1.0/30 ! -o $link -j MASQUERADE" \
        "-t filter -I FORWARD -i $link -j ACCEPT" \
        "-t filter -I FORWARD -o $link -j ACCEPT"
}

# Undoes network_up for namespace $1 with number $2; parts that are gone already are fine.
# Processes that were started in the namespace next to the engine, such as a registry, end with it.
network_down() {
    local namespace="$1" number="$2" rule pid
    for pid in $(ip netns pids "$namespace" 2>/dev/null); do
        kill -KILL "$pid" 2>/dev/null || true
    done
    exec 8>"$NETWORK_LOCK"
    flock 8
    if [[ -n "$number" ]]; then
        network_rules "$number" | sed 's/ -I / -D /' | while read -ra rule; do
            iptables -w "${rule[@]}" 2>/dev/null || true
        done
        ip link delete "$(network_link "$number")" 2>/dev/null || true
    fi
    ip netns delete "$namespace" 2>/dev/null || true
    network_restore_forwarding
    exec 8>&-
}

# The last engine puts the machine's forwarding switch back, if it was us who turned it on.
network_restore_forwarding() {
    local links
    [[ -e "$NETWORK_LOCK.forwarding" ]] || return 0
    # In a pipe, grep could end before `ip` does, whose failure would look as if no engine were left.
    links=$(ip -o link show)
    if [[ ! "$links" =~ ': dynbuild'[0-9] ]]; then
        printf 0 >/proc/sys/net/ipv4/ip_forward
        rm -f "$NETWORK_LOCK.forwarding"
    fi
}
