# The endpoint picker of the Kubernetes gateway beside Dynamo's frontend.
ARG EPP_IMAGE

FROM ${EPP_IMAGE} AS epp

FROM runtime AS frontend
COPY --from=epp /epp /epp
ENTRYPOINT ["/epp"]
