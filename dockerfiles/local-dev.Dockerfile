# `dev` for one developer: the user dynamo has the developer's own ids, so that a mounted
# workspace keeps its owner, and may become root without a password.
FROM dev AS local-dev
ARG USER_UID=1000
ARG USER_GID=1000
# The home directory and the sources, which came with the modes of their checkout, change hands; the
# rest is writable for group 0, which dynamo stays in.
RUN set -e; \
    if other=$(getent passwd "${USER_UID}") && [ "${other%%:*}" != dynamo ]; then \
      echo "error: the id ${USER_UID} is the user ${other%%:*} in this image: build with another --uid and --gid" >&2; exit 1; \
    fi; \
    if ! getent group "${USER_GID}" >/dev/null; then groupadd --gid "${USER_GID}" dynamo; fi; \
    usermod --uid "${USER_UID}" --gid "${USER_GID}" --append --groups root dynamo; \
    find /home/dynamo /workspace -xdev ! -uid "${USER_UID}" -exec chown "${USER_UID}:0" {} +; \
    echo 'dynamo ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/dynamo; chmod 0440 /etc/sudoers.d/dynamo
USER dynamo
