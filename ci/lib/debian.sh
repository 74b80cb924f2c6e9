# shellcheck shell=bash
# Packages of the Debian archive, downloaded and unpacked privately: nothing of the system changes.
# The mirror is the one in the machine's own apt sources. Sourced after base.sh.

DEBIAN_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# The machine's suite, `bookworm` on Debian 12.
debian_suite() {
    (
        # shellcheck source=/dev/null
        . /etc/os-release
        printf '%s\n' "${VERSION_CODENAME:-sid}"
    )
}

# Every entry of apt's sources as `URI SUITE SIGNED-BY`, `-` where none is given.
debian_sources() {
    local file
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [[ -f "$file" ]] && debian_one_line_sources "$file"
    done
    for file in /etc/apt/sources.list.d/*.sources; do
        [[ -f "$file" ]] && debian_deb822_sources "$file"
    done
    return 0
}

# `deb [signed-by=KEYRING] URI SUITE COMPONENT...`
debian_one_line_sources() {
    awk '$1 == "deb" {
        sub(/#.*/, ""); signed = "-"
        if (match($0, /\[[^]]*\]/)) {
            options = substr($0, RSTART, RLENGTH)
            $0 = substr($0, 1, RSTART - 1) substr($0, RSTART + RLENGTH)
            if (match(options, /signed-by=[^] ]+/)) signed = substr(options, RSTART + 10, RLENGTH - 10)
        }
        print $2, $3, signed
    }' "$1"
}

# Paragraphs with `Types`, `URIs`, `Suites` and `Signed-By`; continuation lines start with a space.
debian_deb822_sources() {
    awk '
        function flush(   i, j, n, m, u, s) {
            if (types ~ /(^| )deb( |$)/ && enabled != "no") {
                n = split(uris, u, " "); m = split(suites, s, " ")
                for (i = 1; i <= n; i++) for (j = 1; j <= m; j++) print u[i], s[j], (signed == "" ? "-" : signed)
            }
            types = uris = suites = signed = enabled = key = ""
        }
        /^#/ { next }
        /^[ \t]*$/ { flush(); next }
        {
            if ($0 ~ /^[^ \t]/) { key = tolower($1); sub(/:$/, "", key); sub(/^[^:]*:[ \t]*/, "") }
            gsub(/^[ \t]+|[ \t]+$/, "")
            if (key == "types") types = types " " $0
            if (key == "uris") uris = uris " " $0
            if (key == "suites") suites = suites " " $0
            if (key == "signed-by" && signed == "") signed = $1
            if (key == "enabled") enabled = $0
        }
        END { flush() }
    ' "$1"
}

# The URIs that may carry the Debian archive; a third party's entry names a keyring of its own.
debian_mirrors() {
    local uri suite signed
    while read -r uri suite signed; do
        [[ "$uri" == http*://* || "$uri" == file:* ]] || continue
        [[ "$suite" == "$(debian_suite)" || "$suite" == stable || "$suite" == sid ]] || continue
        [[ "$signed" == - || "$signed" == *debian-archive* ]] && printf '%s\n' "$uri"
    done < <(debian_sources) | awk '!seen[$0]++'
}

# A tool of the apt family ($2...) on the private state of suite $1.
debian_apt() {
    local state="$CACHE/debian/$1" tool="$2"
    shift 2
    "$tool" -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$state/lists" -o Dir::Cache="$state/cache" \
        -o Acquire::Languages=none -o Acquire::Retries=3 -o APT::Sandbox::User=root -qq "$@"
}

# Runs the command, one at a time on this machine's cache: apt does not wait for another apt's lists.
debian_alone() {
    mkdir -p "$CACHE/debian"
    (
        flock 6
        "$@" 6>&-
    ) 6>"$CACHE/debian/lock"
}

# Reads the package lists of suite $1; each mirror is tried until one has it, signed by Debian.
debian_update() { debian_alone debian_update_now "$@"; }

debian_update_now() {
    local suite="$1" state="$CACHE/debian/$1" mirror
    [[ -f "$DEBIAN_KEYRING" ]] || die "there is no $DEBIAN_KEYRING" "use a Debian machine, or install debian-archive-keyring"
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
    while read -r mirror; do
        printf 'deb [signed-by=%s] %s %s main\n' "$DEBIAN_KEYRING" "$mirror" "$suite" >"$state/sources.list"
        debian_apt "$suite" apt-get -o APT::Update::Error-Mode=any update >&2 && return
    done < <(debian_mirrors)
    return 1
}

# The mirror that debian_update settled on for suite $1.
debian_mirror() { awk '{ print $3 }' "$CACHE/debian/$1/sources.list"; }

# The packages given after suite $1, and what they depend on, less what this machine has installed.
debian_missing() {
    local suite="$1" name
    shift
    # A wanted package is fetched even if installed: the system's copy may go away or change.
    { printf '%s\n' "$@"; debian_apt "$suite" apt-cache depends --recurse --no-recommends --no-suggests \
        --no-conflicts --no-breaks --no-replaces --no-enhances "$@" | grep '^[a-z0-9]' || true; } |
        sort -u | while read -r name; do
        if [[ " $* " == *" $name "* ]] || ! debian_installed "$name"; then
            printf '%s\n' "$name"
        fi
    done
}

debian_installed() {
    [[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" == installed* ]]
}

# Unpacks the packages $3... of suite $1 into directory $2, which appears only when complete. One that
# another run has made meanwhile stays.
debian_unpack() { debian_alone debian_unpack_now "$@"; }

debian_unpack_now() {
    local suite="$1" target="$2" work deb
    shift 2
    [[ ! -d "$target" ]] || return 0
    mkdir -p "${target%/*}"
    work=$(mktemp -d "${target%/*}/.unpack.XXXXXX")
    mkdir "$work/deb" "$work/root"
    (cd "$work/deb" && debian_apt "$suite" apt-get download "$@" >&2) || { rm -rf "$work"; return 1; }
    for deb in "$work"/deb/*.deb; do
        dpkg-deb -x "$deb" "$work/root"
    done
    mv "$work/root" "$target"
    rm -rf "$work"
}
