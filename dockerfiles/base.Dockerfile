# The tools that every other stage builds with, and the services of the distributed mode.
#
# Nothing here ends up in an image that people run, except what `runtime` copies.
# Everything downloaded is pinned: the version and the checksums come from the profile.
ARG BASE_IMAGE
ARG BASE_IMAGE_TAG

FROM ${BASE_IMAGE}:${BASE_IMAGE_TAG} AS helpers
ENV PATH=/opt/build/bin:${PATH}

# So that each rule about downloads is written once. Other images mount /opt/build.
#   online COMMAND…            runs a command that downloads, with what the build secrets give it
#   fetch URL FILE [SHA256…]   downloads one file, whose checksum must be one of those named
#   pinned NAME VERSION [SHA256…]   prints a line for a requirements file
#   install-packages NAME…     installs packages of the distribution from cache mounts
#   take-program NAME SOURCE PACKAGE URL [SHA256…]   takes one program out of a package or a release
#   install-requirements FILE…   installs what a file names into the environment, by its checksums
#   missing-requirements FILE…   prints what of a file the environment does not have yet
#
# apt has settings of its own for authorities; it downloads as a user who cannot read the secret.
RUN mkdir -p /opt/build/bin && cd /opt/build/bin \
 && printf '%s\n' 'Acquire::https::CAInfo "/run/secrets/ca";' 'APT::Sandbox::User "root";' > /opt/build/apt.conf \
 && printf '%s\n' '#!/bin/sh -e' \
      'given() { [ -f "/run/secrets/$1" ]; }' \
      'if given ca; then' \
      '  for name in SSL_CERT_FILE PIP_CERT CURL_CA_BUNDLE REQUESTS_CA_BUNDLE CARGO_HTTP_CAINFO GIT_SSL_CAINFO; do' \
      '    export "$name=/run/secrets/ca"' \
      '  done' \
      '  export APT_CONFIG=/opt/build/apt.conf' \
      'fi' \
      'if given netrc; then export NETRC=/run/secrets/netrc; fi' \
      'if given pip-index-url; then PIP_INDEX_URL=$(cat /run/secrets/pip-index-url); export PIP_INDEX_URL; fi' \
      'if given uv-default-index; then UV_DEFAULT_INDEX=$(cat /run/secrets/uv-default-index); export UV_DEFAULT_INDEX; fi' \
      'logins=0' \
      'login() {' \
      '  given "$3" || return 0' \
      '  pair=$(printf "%s:%s" "$2" "$(cat "/run/secrets/$3")" | base64 | tr -d "\n")' \
      '  export "GIT_CONFIG_KEY_$logins=http.https://$1/.extraHeader" "GIT_CONFIG_VALUE_$logins=Authorization: Basic $pair"' \
      '  logins=$((logins + 1)); export GIT_CONFIG_COUNT=$logins CARGO_NET_GIT_FETCH_WITH_CLI=true' \
      '}' \
      'login github.com x-access-token github-token' \
      'login gitlab.com oauth2 gitlab-token' \
      'exec "$@"' > online \
 && printf '%s\n' '#!/bin/sh -e' \
      'url=$1 file=$2; shift 2' \
      'online curl --fail --silent --show-error --location --retry 5 --output "$file" "$url"' \
      'sum=$(sha256sum "$file" | cut -d" " -f1)' \
      'if [ $# = 0 ]; then rm "$file"; echo "error: no checksum is set for $url, whose content has $sum" >&2; exit 1; fi' \
      'case " $* " in' \
      '  *" $sum "*) ;;' \
      '  *) rm "$file"; echo "error: $url has the checksum $sum, expected one of: $*" >&2; exit 1 ;;' \
      'esac' > fetch \
 && printf '%s\n' '#!/bin/sh -e' \
      'printf "%s==%s" "$1" "$2"; shift 2' \
      'for sum; do printf " --hash=sha256:%s" "$sum"; done' \
      'echo' > pinned \
 && printf '%s\n' '#!/bin/sh -e' \
      'export DEBIAN_FRONTEND=noninteractive' \
      '# Docker'"'"'s images delete every package after its installation: set aside, the cache would stay empty.' \
      'clean=/etc/apt/apt.conf.d/docker-clean' \
      'if [ -f "$clean" ]; then mv "$clean" /tmp/docker-clean; trap "mv /tmp/docker-clean $clean" EXIT; fi' \
      '/opt/build/bin/online apt-get -q -o Acquire::Retries=5 update' \
      '/opt/build/bin/online apt-get -qy -o Acquire::Retries=5 install --no-install-recommends "$@"' \
      'rm -rf /var/log/apt /var/log/dpkg.log /var/log/alternatives.log /var/cache/debconf/*-old' > install-packages \
 && printf '%s\n' '#!/bin/sh -e' \
      'name=$1 source=$2 package=$3 url=$4; shift 4' \
      'mkdir -p /opt/services/bin; work=$(mktemp -d); cd "$work"' \
      'case "$source" in' \
      '  package) online apt-get -q -o Acquire::Retries=5 update' \
      '    online apt-get -q -o Acquire::Retries=5 -o APT::Sandbox::User=root download "$package"' \
      '    dpkg-deb --extract ./*.deb . ;;' \
      '  archive) fetch "$url" archive.tar.gz "$@"; tar -xzf archive.tar.gz --no-same-owner ;;' \
      '  *) echo "error: the source of $name is \"$source\", not package or archive" >&2; exit 1 ;;' \
      'esac' \
      'find . -path ./etc -prune -o -type f -name "$name" -perm -u+x -exec install -m 0755 -t /opt/services/bin {} +' \
      'rm -r "$work"; test -x "/opt/services/bin/$name"' > take-program \
 && printf '%s\n' '#!/bin/sh -e' \
      'umask 002; export UV_CACHE_DIR=/var/cache/uv UV_LINK_MODE=copy PATH="/opt/build/bin:$PATH"' \
      '# An image of an engine may send uv to servers and versions of its own.' \
      'unset UV_EXTRA_INDEX_URL UV_INDEX UV_INDEX_URL UV_INDEX_STRATEGY UV_CONSTRAINT UV_OVERRIDE UV_PYTHON' \
      'for file; do' \
      '  if [ -s "$file" ]; then' \
      '    online uv pip install --quiet --compile-bytecode --no-deps --require-hashes --requirement "$file"' \
      '  fi' \
      'done' > install-requirements \
 && printf '%s\n' '#!/opt/dynamo/venv/bin/python3' \
      'import importlib.metadata, re, sys' \
      'plain = lambda name: re.sub("[-_.]+", "-", name).lower()' \
      'known = {plain(found.name) for found in importlib.metadata.distributions()}' \
      'for file in sys.argv[1:]:' \
      '    for block in re.findall(r"^\w.*(?:\n .*)*", open(file).read(), re.MULTILINE):' \
      '        if plain(re.match(r"[\w.-]+", block)[0]) not in known:' \
      '            print(block)' > missing-requirements \
 && chmod 0755 online fetch pinned install-packages take-program install-requirements missing-requirements

FROM helpers AS base
ARG PYTHON_VERSION
RUN --mount=type=secret,id=ca \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    install-packages ca-certificates curl python${PYTHON_VERSION} python${PYTHON_VERSION}-venv

# uv comes as its wheel: one file, the same index and the same mirror as everything of Python.
ARG UV_VERSION
ARG UV_SHA256_AMD64=
ARG UV_SHA256_ARM64=
RUN --mount=type=secret,id=ca \
    --mount=type=secret,id=netrc \
    --mount=type=secret,id=pip-index-url \
    --mount=type=cache,target=/root/.cache/pip,sharing=locked \
    python${PYTHON_VERSION} -m venv /opt/build/python \
 && pinned uv "${UV_VERSION}" ${UV_SHA256_AMD64} ${UV_SHA256_ARM64} > /tmp/uv.txt \
 && online /opt/build/python/bin/pip install --quiet --disable-pip-version-check --only-binary :all: --requirement /tmp/uv.txt \
 && mv /opt/build/python/bin/uv /opt/build/bin/uv \
 && rm /tmp/uv.txt

# NATS and etcd, which the distributed mode needs: the programs alone, nothing gets installed.
FROM base AS service_programs
ARG TARGETARCH
ARG NATS_SOURCE
ARG NATS_URL=
ARG NATS_SHA256_AMD64=
ARG NATS_SHA256_ARM64=
RUN --mount=type=secret,id=ca \
    --mount=type=secret,id=netrc \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    take-program nats-server "${NATS_SOURCE}" nats-server "${NATS_URL}-linux-${TARGETARCH}.tar.gz" ${NATS_SHA256_AMD64} ${NATS_SHA256_ARM64}
ARG ETCD_SOURCE
ARG ETCD_URL=
ARG ETCD_SHA256_AMD64=
ARG ETCD_SHA256_ARM64=
RUN --mount=type=secret,id=ca \
    --mount=type=secret,id=netrc \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    take-program etcd "${ETCD_SOURCE}" etcd-server "${ETCD_URL}-linux-${TARGETARCH}.tar.gz" ${ETCD_SHA256_AMD64} ${ETCD_SHA256_ARM64} \
 && take-program etcdctl "${ETCD_SOURCE}" etcd-client "${ETCD_URL}-linux-${TARGETARCH}.tar.gz" ${ETCD_SHA256_AMD64} ${ETCD_SHA256_ARM64}
