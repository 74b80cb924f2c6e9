# CUDA 13's true compiler, headers and libraries, from their Python packages, as a base image has them.
# There is no driver here: its libraries are stubs with every function that the headers declare.
FROM debian:trixie-slim
RUN apt-get -q update && apt-get -qy install --no-install-recommends ca-certificates gcc g++ libc6-dev python3 python3-pip
RUN --mount=type=secret,id=ca,target=/etc/ssl/certs/ca-certificates.crt \
    python3 -m pip install --quiet --no-cache-dir --no-deps --break-system-packages --target /opt/cuda \
      nvidia-cuda-nvcc==13.0.88 nvidia-cuda-crt==13.0.88 nvidia-nvvm==13.0.88 nvidia-cuda-runtime==13.0.96 \
      nvidia-cuda-cccl==13.0.85 nvidia-nvml-dev==13.0.87 \
 && ln -s /opt/cuda/nvidia/cu13 /usr/local/cuda && ln -s lib /usr/local/cuda/lib64
RUN cd /usr/local/cuda/lib \
 && stub() { \
      { grep -o -h -E "\b$3[A-Z][A-Za-z0-9_]*\b" $2 | sort -u | sed 's/.*/void &(void) {}/'; } > /tmp/stub.c \
      && gcc -shared -w -fno-builtin -Wl,-soname,$1.so.1 -o $1.so.1 /tmp/stub.c && ln -sf $1.so.1 $1.so; \
    } \
 && stub libcuda ../include/cuda.h cu && stub libnvidia-ml ../include/nvml.h nvml \
 && for library in libcudart.so.*; do ln -sf "$library" libcudart.so; done \
 && echo /usr/local/cuda/lib > /etc/ld.so.conf.d/cuda.conf && ldconfig
ENV PATH=/usr/local/cuda/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
RUN echo '__global__ void k() {} int main() { k<<<1, 1>>>(); }' > /tmp/k.cu && nvcc -o /tmp/k /tmp/k.cu && nvcc --version
COPY --from=source . /source/
