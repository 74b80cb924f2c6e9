# syntax=docker/dockerfile:1

ARG V="1"
FROM busybox AS crlf
ARG V
ARG W=${V}2
RUN --mount=type=secret,id=s$W \
  # comment

  true
RUN <<E
x
E
COPY <<F /x
text
F
