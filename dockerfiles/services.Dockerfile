# NATS and etcd, which Dynamo's distributed mode needs, as an image of its own. It runs either one:
# `nats-server -js` or `etcd`, with data in /data, as user 1000 or any other user of group 0.
FROM runtime_image AS services
RUN install -d -o 1000 -g 0 -m 2775 /data
COPY --from=service_programs /opt/services/bin/ /usr/local/bin/
RUN nats-server --version && etcd --version && etcdctl version
USER 1000:0
WORKDIR /data
CMD ["nats-server", "--jetstream", "--store_dir", "/data", "--http_port", "8222"]
