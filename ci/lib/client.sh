# shellcheck shell=bash
# A docker client to work with: the engine's own, the machine's, or else one of the Debian archive.
# Sourced after debian.sh.

# Prints the path of the client program.
docker_client() {
    if [[ -n "${DYNBUILD_DOCKER:-}" ]]; then
        printf '%s\n' "$DYNBUILD_DOCKER"
    elif have docker; then
        command -v docker
    else
        docker_client_fetched
    fi
}

docker_client_fetched() {
    if [[ ! -d "$CACHE/client" ]]; then
        say "fetching a docker client of the Debian archive"
        if ! { debian_update sid && debian_unpack sid "$CACHE/client" docker-cli; }; then
            die "there is no docker client, and none can be fetched" "apt-get install docker.io"
        fi
    fi
    printf '%s\n' "$CACHE/client/usr/bin/docker"
}
