ARG WHICH="token"
ARG ROOT=/run/secrets
FROM scratch AS one
ARG WHICH ROOT
ENV SUFFIX="-x"
RUN --mount=type=secret,id=${WHICH}$SUFFIX --mount=type=secret,target=${ROOT}/by-target x
RUN --mount=type=secret,src="${WHICH}" --mount=type=secret,"id=a b",required=true x
RUN --mount=type=ssh,id=${WHICH:+agent},required --mount=type=ssh x
FROM one AS two
ARG WHICH=other
RUN --mount=type=secret,id=$WHICH x
FROM one
RUN --mount=type=cache,target=/x,id=$WHICH,from=two --mount=type=secret,id=last$SUFFIX x
