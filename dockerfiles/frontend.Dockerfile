# The endpoint picker of the Kubernetes gateway next to Dynamo's frontend.
ARG EPP_IMAGE

FROM ${EPP_IMAGE} AS epp

FROM runtime AS frontend
COPY --from=epp /epp /epp
# It was linked elsewhere: whether this image has its libraries shows when it starts. Its help may end
# with any status but those of a program that cannot be started.
RUN said=$(/epp --help 2>&1) || status=$?; \
    if [ "${status:-0}" = 126 ] || [ "${status:-0}" = 127 ] || echo "${said}" | grep -q "GLIBC_.* not found"; then \
      echo "error: the endpoint picker of EPP_IMAGE does not start here: ${said}" >&2; \
      echo "  fix: take a RUNTIME_IMAGE with the C library that it was linked with, or another EPP_IMAGE" >&2; exit 1; \
    fi
ENTRYPOINT ["/epp"]
