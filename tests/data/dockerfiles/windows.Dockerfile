# escape=`
# check=skip=JSONArgsRecommended

ARG TAG=latest
FROM busybox:${TAG} AS win
SHELL ["powershell", "-Command"]
ARG DIR="C:\Program Files"
ARG QUOTED=`"a`"
RUN Write-Host `
    hello `
# comment
    C:\
ENV P=C:\x\ Q="a`"b"
ARG LAST=$P$Q
COPY a.txt C:\
