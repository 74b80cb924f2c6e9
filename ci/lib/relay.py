"""A socket that speaks as a buildkitd does, in front of a Docker engine.

    python3 relay.py ENGINE.sock SOCKET

Engines before 29 hand their BuildKit out behind `POST /grpc` only; builders of the driver `remote` begin
with gRPC at once. Ends when it is killed.
"""

import os
import socket
import sys
import threading

UPGRADE = b"POST /grpc HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"


def copy(source, target):
    try:
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def relay(client, engine):
    server = socket.socket(socket.AF_UNIX)
    server.connect(engine)
    server.sendall(UPGRADE)
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        if not (byte := server.recv(1)):
            return
        head += byte
    threading.Thread(target=copy, args=(client, server), daemon=True).start()
    copy(server, client)


def main():
    engine, place = sys.argv[1:]
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(place)
    os.chmod(place, 0o600)
    listener.listen()
    while True:
        client, _ = listener.accept()
        threading.Thread(target=relay, args=(client, engine), daemon=True).start()


if __name__ == "__main__":
    main()
