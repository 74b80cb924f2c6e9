#!/bin/sh
# Runs within an engine's fresh namespaces: makes the mounts fit them, then runs the command. When it
# ends and the file AGAIN is there, it runs again, after as many seconds as the file says.
#
#   lib/inside.sh SCRATCH-DIRECTORY AGAIN COMMAND...
set -eu
scratch=$1
shift

# /sys has to show this network namespace: the engine looks up its bridges there. The control groups
# below it move over to the new one. (Private, or taking the detour away would take the goal along.)
mkdir -p "$scratch"
mount --rbind /sys/fs/cgroup "$scratch"
mount --make-rprivate "$scratch"
mount -t sysfs sysfs /sys
mount --rbind "$scratch" /sys/fs/cgroup
umount -l "$scratch"

# A resolver on the host's loopback is out of reach from here; systemd keeps the real list elsewhere.
real=/run/systemd/resolve/resolv.conf
if grep -q '^nameserver 127\.' /etc/resolv.conf && [ -f "$real" ]; then
    mount --bind "$real" "$(realpath /etc/resolv.conf)"
fi

# Mounts of the host go on arriving here, ours stay here; containers may share them among themselves.
mount --make-rshared /

# The first process of the process namespace: reaps orphans, and takes everything with it when it ends.
# shellcheck disable=SC2016 # the inner shell expands it
exec tini -- sh -c '
    again=$1
    shift
    until "$@"; [ ! -e "$again" ]; do
        sleep "$(cat "$again")"
        rm "$again"
    done
' sh "$@"
