#!/usr/bin/env bash
# `make service`: the units under a real systemd. A Debian in a container (var/service: 900 MB, made once) is installed as systemd/README.md
# says, with the version FROM (a commit; the newest that is seven days old), served by real phones, killed, frozen, upgraded to this tree as
# docs/upgrade.md says, and stopped (rig/service.py). Needs root, systemd-nspawn, and the shipped configuration's ports on loopback.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
here=$PWD tree=$PWD/var/service
from=${FROM:-$(git rev-list -1 --before='7 days ago' HEAD)}
from=${from:-$(git rev-list --max-parents=0 HEAD | tail -n 1)}

fail() {
    printf 'service: %s\n' "$1" >&2
    exit 1
}
((EUID == 0)) || fail "a container with a systemd of its own needs root"
for tool in systemd-nspawn mmdebstrap; do
    command -v "$tool" >/dev/null || fail "$tool is missing: apt-get install systemd-container mmdebstrap"
done
for port in 5060 8088 5038 1883 9169; do
    ! (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || fail "127.0.0.1:$port is in use: the shipped configuration needs it"
done

packages=systemd,systemd-sysv,dbus,asterisk,mosquitto,python3,python3-venv,espeak-ng,sox,ca-certificates,procps
if [[ $(cat "$tree/.packages" 2>/dev/null) != "$packages" ]]; then
    echo "a Debian with systemd, Asterisk and mosquitto in var/service (a minute)"
    rm -rf "$tree"
    mmdebstrap --quiet --mode=root --variant=minbase --include="$packages" --aptopt='APT::Install-Recommends "false"' \
        --aptopt='Acquire::Check-Valid-Until "false"' forky "$tree"
    echo "$packages" >"$tree/.packages"
fi
# What was installed last time goes; how this machine's pip finds its packages is the container's, too.
rm -rf "$tree"/opt/ivrd* "$tree"/etc/ivrd "$tree"/etc/systemd/system/ivrd* "$tree"/etc/systemd/system/multi-user.target.wants/ivrd* \
    "$tree"/var/lib/ivrd "$tree"/var/spool/ivrd "$tree"/etc/mosquitto/conf.d/ivrd* "$tree"/root/versions "$tree"/var/log/journal
for file in "$tree"/etc/asterisk/*.before-ivrd; do [[ ! -e $file ]] || mv "$file" "${file%.before-ivrd}"; done
for file in /etc/pip.conf "$HOME/.config/pip/pip.conf"; do
    if [[ -e $file ]]; then mkdir -p "$tree$(dirname "$file")" && cp "$file" "$tree$file"; fi
done
cp --remove-destination -L /etc/ssl/certs/ca-certificates.crt "$tree/etc/ssl/certs/"
mkdir -p "$tree"/root/versions/{old,new}
git archive "$from" | tar x -C "$tree/root/versions/old"
git ls-files -z | tar c --null -T - | tar x -C "$tree/root/versions/new"
echo "from $(git log -1 --format='%h of %as' "$from") to this tree"

# A cgroup2 alone, as on every Debian of today, in a mount namespace of its own.
unshare --mount bash -c '
    umount -R /sys/fs/cgroup 2>/dev/null
    mount -t cgroup2 none /sys/fs/cgroup && mkdir -p /sys/fs/cgroup/ivrd-service && echo $$ >/sys/fs/cgroup/ivrd-service/cgroup.procs
    exec systemd-nspawn --quiet --directory="$1" --boot --register=no --keep-unit --console=pipe
' bash "$tree" >"$here/var/service-console.log" 2>&1 </dev/null &
nspawn=$!
trap 'kill -TERM $nspawn 2>/dev/null || true; wait $nspawn 2>/dev/null || true' EXIT
.venv/bin/python -m rig.service "$tree" "$nspawn"
