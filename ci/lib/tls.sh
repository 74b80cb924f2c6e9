# shellcheck shell=bash
# Certificates for an engine that is reached over TCP. Sourced after base.sh; needs `openssl` on PATH.

# Writes a new authority, a server's certificate for the other addresses and a client's into directory
# $1, under the names that docker's client looks for (`DOCKER_CERT_PATH`); the authority alone is also
# in the directory `trusted` there.
tls_certificates() {
    local directory="$1" names
    shift
    names=$(printf ',IP:%s' "$@")
    mkdir -p "$directory"
    (
        cd "$directory" || exit
        umask 077
        tls_key ca-key.pem
        tls_openssl req -x509 -new -key ca-key.pem -days 365 -subj "/CN=dynbuild test authority" \
            -addext basicConstraints=critical,CA:TRUE -out ca.pem
        tls_sign server serverAuth "${names#,}"
        tls_sign client clientAuth "${names#,}"
        mv client.pem cert.pem
        mv client-key.pem key.pem
        mkdir -p trusted
        cp ca.pem trusted/
    )
}

# Makes certificate $1.pem with its key $1-key.pem for purpose $2 and the names $3.
tls_sign() {
    tls_key "$1-key.pem"
    tls_openssl req -new -key "$1-key.pem" -subj "/CN=$1" -out "$1.csr"
    printf 'extendedKeyUsage=%s\nsubjectAltName=%s\n' "$2" "$3" >"$1.ext"
    tls_openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca-key.pem -days 365 -extfile "$1.ext" -out "$1.pem"
    rm "$1.csr" "$1.ext"
}

tls_key() { tls_openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }

# Says nothing unless it fails; the machine's own settings do not matter.
tls_openssl() {
    local said
    said=$(printf '[req]\ndistinguished_name=req\n' | OPENSSL_CONF=/dev/stdin openssl "$@" 2>&1) || die "openssl $1 failed: $said"
}
