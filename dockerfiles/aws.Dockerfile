# AWS' Elastic Fabric Adapter over an image: libfabric, aws-ofi-nccl and their tools. The kernel
# module is the host's. AWS_PARENT is the stage below, AWS_USER whose image that is.
ARG AWS_PARENT

FROM ${AWS_PARENT} AS aws
USER root
ARG EFA_VERSION
ARG EFA_SHA256
RUN --mount=type=secret,id=ca \
    --mount=type=secret,id=netrc \
    --mount=type=bind,from=tools,target=/opt/build \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    set -e; export PATH="/opt/build/bin:${PATH}"; \
    fetch "https://efa-installer.amazonaws.com/aws-efa-installer-${EFA_VERSION}.tar.gz" /tmp/efa.tar.gz ${EFA_SHA256}; \
    mkdir /tmp/efa; tar --strip-components 1 -xf /tmp/efa.tar.gz -C /tmp/efa; cd /tmp/efa; \
    distribution-apt update; online ./efa_installer.sh -y --skip-kmod --skip-limit-conf --no-verify; \
    echo /opt/amazon/efa/lib > /etc/ld.so.conf.d/000-efa.conf; ldconfig; \
    rm -r /tmp/efa /tmp/efa.tar.gz; /opt/amazon/efa/bin/fi_info --version
ENV EFA_VERSION=${EFA_VERSION} \
    PATH=/opt/amazon/efa/bin:${PATH}
ARG AWS_USER
USER ${AWS_USER}
