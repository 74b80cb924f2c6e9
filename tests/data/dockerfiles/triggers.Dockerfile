FROM busybox AS builder
ONBUILD ARG VERSION=1
ONBUILD RUN --mount=type=secret,id=pull-$VERSION,required true
ONBUILD COPY <<E /x
ARG NO
E
ONBUILD ENV MADE=by-trigger

FROM builder AS app
ARG MADE_HERE=$MADE-$VERSION
FROM app AS grandchild
ARG MADE_HERE
ARG AGAIN=$VERSION
