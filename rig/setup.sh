#!/usr/bin/env bash
# Prepares everything: .venv from requirements.lock, the tools, the prompts. May be run again at any
# time: what is there already is left alone. PYTHON=python3.12 rig/setup.sh chooses the interpreter.
#
# Tools (asterisk >= 20, mosquitto, espeak-ng, sox) that the machine has are used. Those it lacks are
# unpacked, without root, from Debian's packages into var/root and run from there through their own
# loader by the scripts in var/bin. Nothing is installed as a service (docs/adr/0004).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
here=$PWD
root=$here/var/root
suite=forky # the first Debian since 11 that has Asterisk
oldest_asterisk=20
tools=(asterisk mosquitto espeak-ng sox)
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

say() { printf '%s\n' "$*"; }
fail() {
    printf '\nsetup: %s\n' "$1" >&2
    shift
    (($# == 0)) || printf '    %s\n' "$@" >&2
    exit 1
}

# quietly WHAT LOG COMMAND...: run; on failure show the end of the log and what is missing.
quietly() {
    local what=$1 log=$2
    shift 2
    mkdir -p "$here/var"
    if ! "$@" >"$log" 2>&1; then
        tail -n 12 "$log" >&2
        fail "$what failed (all of it: $log)." \
            "Without a network it cannot work; behind a proxy, http_proxy and https_proxy must be set."
    fi
}

# System packages: by ourselves with the right to, else the one command to run.
install_packages() {
    command -v apt-get >/dev/null || fail "this machine lacks: $*" "Install it with your package manager, then run make setup again."
    local as=()
    if ((EUID != 0)); then
        if ! sudo -n true 2>/dev/null; then
            fail "this machine lacks: $*" "Run this, then make setup again:" "sudo apt-get install -y --no-install-recommends $*"
        fi
        as=(sudo -n)
    fi
    say "installing $*"
    quietly "apt-get update" var/setup-apt.log "${as[@]}" apt-get -q update
    quietly "apt-get install $*" var/setup-apt.log \
        "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "$@"
}

# --- Python -----------------------------------------------------------------------------------

recent_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    local candidate
    if [[ -n ${PYTHON:-} ]]; then
        recent_enough "$PYTHON" || fail "PYTHON=$PYTHON is not a Python 3.11 or later."
        say_python=$PYTHON
        return
    fi
    for candidate in python3 python3.13 python3.12 python3.11; do
        if recent_enough "$candidate"; then
            say_python=$candidate
            return
        fi
    done
    return 1
}

no_python() { fail "no Python 3.11 or later." "Debian has one from 12 on, Ubuntu from 24.04. PYTHON=python3.12 names another."; }

make_venv() {
    local version wanted
    version=$("$say_python" -c 'import sys; print(sys.version, sys.base_prefix)')
    wanted=$( (cat requirements.lock pyproject.toml; printf '%s\n' "$version" "$here") | sha256sum | cut -d' ' -f1)
    [[ $(cat .venv/.stamp 2>/dev/null) == "$wanted" ]] && return
    say "making .venv ($("$say_python" -V))"
    quietly "making .venv" var/setup-venv.log "$say_python" -m venv --clear .venv
    quietly "pip install -r requirements.lock" var/setup-pip.log \
        .venv/bin/python -m pip install --disable-pip-version-check --no-input --require-hashes -r requirements.lock
    quietly "pip install -e ." var/setup-pip.log \
        .venv/bin/python -m pip install --disable-pip-version-check --no-input --no-deps --no-build-isolation -e .
    printf '%s\n' "$wanted" >.venv/.stamp
}

# --- tools ------------------------------------------------------------------------------------

recent_asterisk() {
    local version
    version=$("$1" -V 2>/dev/null | sed -nE 's/^Asterisk (certified\/)?([0-9]+).*/\2/p')
    ((${version:-0} >= oldest_asterisk))
}

# has TOOL: the machine itself has it (asterisk: and it is recent enough)
has() {
    local program
    program=$(PATH=${PATH//"$here/var/bin:"/} command -v "$1") || return 1
    [[ $1 != asterisk ]] || recent_asterisk "$program"
}

in_root() { [[ -x $root/usr/sbin/$1 || -x $root/usr/bin/$1 ]]; }

# The tools that neither the machine nor var/root has.
absent_tools() {
    local tool
    for tool in "${tools[@]}"; do has "$tool" || in_root "$tool" || printf '%s\n' "$tool"; done
}

bring_tools() {
    local tool missing=() absent wanted=()
    mapfile -t absent < <(absent_tools)
    if ((${#absent[@]})); then
        for tool in "${tools[@]}"; do
            if in_root "$tool"; then wanted+=("$tool"); fi
        done
        unpack "${wanted[@]}" "${absent[@]}"
    fi
    for tool in "${tools[@]}"; do
        if has "$tool"; then rm -f "var/bin/$tool"; else missing+=("$tool"); fi
    done
    for tool in "${missing[@]}"; do
        wrap "$tool"
        check "$tool"
        # what comes in the same package and the tests use
        case $tool in mosquitto) wrap mosquitto_passwd ;; sox) wrap soxi ;; esac
    done
}

unpack() {
    local include new=$root.new mode=auto
    # Only unpacking, so neither a chroot nor user namespaces are needed.
    ((EUID == 0)) || mode=chrootless
    include=$(IFS=,; printf '%s' "$*")
    say "unpacking $include from Debian $suite into var/root (half a minute, 300 MB)"
    rm -rf "$new"
    mkdir -p "$here/var"
    # keyring: off Debian apt trusts other keys, and a suite that mmdebstrap does not know has none it could guess.
    # Check-Valid-Until: a mirror's snapshot may be older than its release file allows.
    quietly "mmdebstrap" var/setup-root.log \
        mmdebstrap --mode="$mode" --variant=extract --include="$include" --keyring="$(debian_keys)" \
        --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Check-Valid-Until "false"' \
        --dpkgopt='path-exclude=/usr/share/doc/*' "$suite" "$new"
    # The packages' own scripts did not run: links from a library's short name are still to be made.
    ldconfig -n "$(libraries "$new")"
    if [[ -e $root ]]; then rm -rf "$root.old" && mv "$root" "$root.old"; fi
    mv "$new" "$root"
    rm -rf "$root.old"
}

# Where the package debian-archive-keyring has put them: newer ones say .pgp.
debian_keys() {
    local file
    for file in /usr/share/keyrings/debian-archive-keyring.{gpg,pgp}; do
        if [[ -e $file ]]; then
            printf '%s\n' "$file"
            return
        fi
    done
    return 1
}

libraries() { printf '%s\n' "$1"/usr/lib/*-linux-gnu; }

# wrap TOOL: var/bin/TOOL runs it from var/root with the libraries (and loader) it was built for.
wrap() {
    local program loader path data
    program=$root/usr/sbin/$1
    [[ -x $program ]] || program=$root/usr/bin/$1
    path=$(libraries "$root")
    data=$path/espeak-ng-data
    # x86_64: ld-linux-x86-64.so.2, aarch64: ld-linux-aarch64.so.1
    loader=$(compgen -G "$path/ld-linux-*.so.?") || fail "no loader in $root: delete it and run make setup again."
    path=$path:$path/pulseaudio # espeak-ng and sox could play through it, and do not start without it
    mkdir -p var/bin
    {
        printf '#!/bin/sh\n'
        [[ $1 != espeak-ng ]] || printf 'export ESPEAK_DATA_PATH=%q\n' "$data"
        printf 'exec %q --library-path %q %q "$@"\n' "$loader" "$path" "$program"
    } >"var/bin/.$1"
    chmod +x "var/bin/.$1"
    mv "var/bin/.$1" "var/bin/$1"
}

# check TOOL: what was brought runs here
check() {
    local status=0
    case $1 in
        asterisk) "var/bin/$1" -V && recent_asterisk "var/bin/$1" ;;
        mosquitto) "var/bin/$1" -h || status=$?; ((status < 100)) ;; # its help ends with 3
        *) "var/bin/$1" --version ;;
    esac >var/setup-check.log 2>&1 || {
        cat var/setup-check.log >&2
        fail "$1 from Debian $suite does not run on this machine ($(uname -m)), or is too old." \
            "Install $1 yourself (asterisk: $oldest_asterisk or later), then run make setup again."
    }
}

# --- all of it --------------------------------------------------------------------------------

# What only the system's packages can give, all at once.
install_what_is_missing() {
    local packages=()
    if ! find_python; then
        if command -v python3 >/dev/null; then no_python; fi # what the packages have is too old
        packages+=(python3 python3-venv)
    elif ! "$say_python" -c 'import ensurepip, venv' 2>/dev/null; then
        packages+=("$("$say_python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')")
    fi
    if [[ -n $(absent_tools) ]]; then
        command -v mmdebstrap >/dev/null || packages+=(mmdebstrap)
        debian_keys >/dev/null || packages+=(debian-archive-keyring)
    fi
    if [[ ${1:-} == test ]]; then # the unit is checked by systemd's own tools; nothing of it needs to run
        command -v systemd-analyze >/dev/null || packages+=(systemd)
    fi
    ((${#packages[@]} == 0)) || install_packages "${packages[@]}"
}

install_what_is_missing "$@"
find_python || no_python
make_venv
bring_tools
PATH=$here/var/bin:$PATH .venv/bin/ivrd prompts build
say "ready: make demo"
