FROM debian:bookworm-slim
MAINTAINER The Somebody "somebody@example.org"
ENV LANG C.UTF-8
ENV A=1 B="2 3" \
    C='4'

# the version
ARG VERSION=3.11 # not a comment
ARG EMPTY=
ARG DIGEST sha256
RUN set -eux; \
	\
	savedAptMark="$(apt-mark showmanual)"; \
	apt-get update; \
	\
	arch="$(dpkg --print-architecture)"; arch="${arch##*-}"; \
	url=; \
	case "$arch" in \
		'amd64') \
			url="https://example.org/go$VERSION.tar.gz"; \
			;; \
		*) echo >&2 "error: unsupported architecture '$arch'"; exit 1 ;; \
	esac; \
# make sure that nothing is left
	find / -name '*.pyc' -exec rm '{}' +
VOLUME /data
EXPOSE 80/tcp 443
HEALTHCHECK --interval=5m --timeout=3s \
  CMD curl -f http://localhost/ || exit 1
ONBUILD ADD . /app/src
STOPSIGNAL SIGQUIT
CMD ["python3"]
