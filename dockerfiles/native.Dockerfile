# Libraries in C and C++ that Dynamo's wheels are compiled against, in /opt/native: NIXL with what
# it stands on, and FFmpeg. Both are empty unless a build wants them. Images get FFmpeg alone: at run
# time there is one NIXL and one UCX, those of the Python package.
#
# NIXL is compiled for the KV block manager, and for sources whose frontend reads media over it, where
# NIXL_SOURCE is `git`. Everything else uses it by name, and is compiled without.
ARG NIXL_SOURCE=wheel
ARG ENABLE_KVBM=false
ARG ENABLE_MEDIA_NIXL=false
ARG ENABLE_MEDIA_FFMPEG=false

FROM scratch AS native_wheel
WORKDIR /opt/native

FROM scratch AS ffmpeg_false
WORKDIR /opt/native

FROM base AS native_tools
ARG PYTHON_VERSION
RUN --mount=type=secret,id=ca \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    install-packages autoconf automake bzip2 cmake g++ gcc git libhwloc-dev libibverbs-dev libnuma-dev librdmacm-dev \
      libtool make meson ninja-build patchelf pkg-config pybind11-dev python${PYTHON_VERSION}-dev \
      xz-utils zlib1g-dev
# Parallel jobs of a compilation; empty leaves it to the cores and the memory of the engine.
ARG MAX_JOBS=

# FFmpeg under the LGPL: decoders only, no programs, no network. Its source stays next to it.
FROM native_tools AS ffmpeg_true
ARG FFMPEG_VERSION
ARG FFMPEG_URL
ARG FFMPEG_SHA256
RUN --mount=type=secret,id=ca \
    --mount=type=secret,id=MAX_JOBS \
    --mount=type=secret,id=netrc \
    set -e; mkdir -p /opt/native/src; \
    fetch "${FFMPEG_URL}" "/opt/native/src/ffmpeg-${FFMPEG_VERSION}.tar" ${FFMPEG_SHA256}; \
    mkdir /tmp/ffmpeg; cd /tmp/ffmpeg; tar --strip-components 1 -xf "/opt/native/src/ffmpeg-${FFMPEG_VERSION}.tar"; \
    ./configure --prefix=/opt/native --enable-shared --disable-static --disable-gpl --disable-nonfree \
      --disable-programs --disable-doc --disable-network --disable-x86asm --disable-devices \
      --disable-libdrm --disable-encoders --disable-muxers --disable-bsfs; \
    make -j"$(job-count MAX_JOBS)"; make install; rm -r /tmp/ffmpeg

# GDRCopy's library alone; its kernel module is the host's. Without GDRCOPY_URL it is left out.
FROM native_tools AS gdrcopy
ARG GDRCOPY_URL=
ARG GDRCOPY_SHA256=
RUN --mount=type=secret,id=ca \
    --mount=type=secret,id=netrc \
    set -e; if [ -z "${GDRCOPY_URL}" ]; then exit; fi; mkdir /tmp/gdrcopy; cd /tmp/gdrcopy; \
    fetch "${GDRCOPY_URL}" source.tar ${GDRCOPY_SHA256}; tar --strip-components 1 -xf source.tar; \
    make prefix=/opt/native libdir=/opt/native/lib CUDA=/usr/local/cuda lib_install; rm -r /tmp/gdrcopy

FROM gdrcopy AS ucx
ARG UCX_URL
ARG UCX_SHA256
ARG ENABLE_EFA=false
RUN --mount=type=secret,id=ca \
    --mount=type=secret,id=MAX_JOBS \
    --mount=type=secret,id=netrc \
    set -e; mkdir /tmp/ucx; cd /tmp/ucx; \
    fetch "${UCX_URL}" source.tar ${UCX_SHA256}; tar --strip-components 1 -xf source.tar; \
    efa=--without-efa; if [ "${ENABLE_EFA}" = true ]; then efa=--with-efa; fi; \
    gdrcopy=--without-gdrcopy; if [ -n "${GDRCOPY_URL}" ]; then gdrcopy=--with-gdrcopy=/opt/native; fi; \
    if [ ! -x configure ]; then ./autogen.sh; fi; \
    ./contrib/configure-release --prefix=/opt/native --enable-shared --disable-static --disable-doxygen-doc \
      --without-go --enable-optimizations --enable-cma --enable-devel-headers --enable-mt --with-verbs --with-dm \
      --with-cuda=/usr/local/cuda ${gdrcopy} ${efa}; \
    make -j"$(job-count MAX_JOBS)"; make install-strip; rm -r /tmp/ucx

FROM ucx AS libfabric
ARG LIBFABRIC_URL
ARG LIBFABRIC_SHA256
ARG ENABLE_EFA=false
RUN --mount=type=secret,id=ca \
    --mount=type=secret,id=MAX_JOBS \
    --mount=type=secret,id=netrc \
    set -e; mkdir /tmp/libfabric; cd /tmp/libfabric; \
    fetch "${LIBFABRIC_URL}" source.tar ${LIBFABRIC_SHA256}; tar --strip-components 1 -xf source.tar; \
    gdrcopy=; if [ -n "${GDRCOPY_URL}" ]; then gdrcopy="--with-gdrcopy=/opt/native --enable-gdrcopy-dlopen"; fi; \
    if [ ! -x configure ]; then ./autogen.sh; fi; \
    efa=--disable-efa; if [ "${ENABLE_EFA}" = true ]; then efa=--enable-efa; fi; \
    ./configure --prefix=/opt/native --disable-static --disable-verbs --disable-psm3 --disable-opx --disable-usnic \
      --with-cuda=/usr/local/cuda --enable-cuda-dlopen ${gdrcopy} ${efa}; \
    make -j"$(job-count MAX_JOBS)"; make install; rm -r /tmp/libfabric

# NIXL would make a wheel with the uv that it finds, from packages that nothing pins.
FROM libfabric AS native_git
ARG NIXL_REF
ARG ENABLE_NIXL_GDS=false
RUN --mount=type=secret,id=ca \
    --mount=type=secret,id=MAX_JOBS \
    --mount=type=secret,id=netrc \
    --mount=type=secret,id=github-token \
    --mount=type=secret,id=gitlab-token \
    set -e; \
    online git clone --quiet --depth 1 --branch "${NIXL_REF}" https://github.com/ai-dynamo/nixl.git /tmp/nixl; cd /tmp/nixl; \
    gds=true; if [ "${ENABLE_NIXL_GDS}" = true ]; then gds=false; fi; \
    mv /opt/build/bin/uv /tmp/uv; \
    online meson setup build --prefix=/opt/native --libdir=lib --buildtype=release \
      -Ducx_path=/opt/native -Dlibfabric_path=/opt/native -Ddisable_gds_backend=${gds} \
      -Dcudapath_inc=/usr/local/cuda/include -Dcudapath_lib=/usr/local/cuda/lib64; \
    ninja -C build -j "$(job-count MAX_JOBS)" install; rm -r /tmp/nixl

FROM ffmpeg_${ENABLE_MEDIA_FFMPEG} AS ffmpeg

FROM native_wheel AS nixl_false_false

FROM native_${NIXL_SOURCE} AS nixl_true_false

FROM native_${NIXL_SOURCE} AS nixl_false_true

FROM native_${NIXL_SOURCE} AS nixl_true_true

FROM nixl_${ENABLE_KVBM}_${ENABLE_MEDIA_NIXL} AS native
COPY --from=ffmpeg /opt/native/ /opt/native/
