#!/usr/bin/env bash
# Installs what is missing on a Debian 12 machine: `scripts/setup.sh build`, and with `test` or `bench` what those need too.
set -euo pipefail
cd "$(dirname "$0")"

packages() { sed 's/#.*//' "$@" | tr -s ' \n' ' '; }

lists=(build-packages.txt)
[ "${1:-build}" = build ] || lists+=("$1-packages.txt")

missing=()
for package in $(packages "${lists[@]}"); do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done

if [ ${#missing[@]} -gt 0 ]; then
    if ! command -v apt-get >/dev/null; then
        echo "error: these Debian 12 packages are needed, and this system has no apt-get: ${missing[*]}" >&2
        exit 1
    fi
    as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "error: not root and no sudo. Ask an administrator for: apt-get install ${missing[*]}" >&2
            exit 1
        fi
        as_root=(sudo)
    fi
    echo "installing ${missing[*]}"
    "${as_root[@]}" apt-get update -q
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}"
fi

if ! command -v swift >/dev/null; then
    echo "error: no Swift toolchain on the PATH. Swift 6.2 or newer is needed: https://www.swift.org/install/linux/" >&2
    exit 1
fi
version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
if [ -z "$version" ] || [ "$(printf '%s\n6.2\n' "$version" | sort -V | head -n 1)" != 6.2 ]; then
    echo "error: Swift 6.2 or newer is needed; $(command -v swift) is ${version:-of an unknown version}" >&2
    exit 1
fi

if [ "${1:-build}" = test ]; then
    venv=../.venv
    if ! cmp -s python-requirements.txt "$venv/requirements.txt"; then
        /usr/bin/python3 -m venv --clear "$venv"
        "$venv/bin/pip" install -q --disable-pip-version-check -r python-requirements.txt
        cp python-requirements.txt "$venv/requirements.txt"
    fi
fi
