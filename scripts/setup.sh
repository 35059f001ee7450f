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

# A virtual environment with what a requirements file names; made anew when the file has changed.
python_packages() { # python_packages DIRECTORY FILE
    cmp -s "$2" "$1/requirements.txt" && return
    /usr/bin/python3 -m venv --clear "$1"
    "$1/bin/pip" install -q --disable-pip-version-check -r "$2"
    cp "$2" "$1/requirements.txt"
}

case ${1:-build} in
test) python_packages ../.venv python-requirements.txt ;;
bench)
    python_packages ../.venv-bench ../Benchmarks/serving/peers/requirements.txt
    # PyTorch is optional: its wheel for processors is 200 MB, the one with CUDA, which is all that PyPI has, 5 GB unpacked.
    pip=(../.venv-bench/bin/pip install -q --disable-pip-version-check)
    if [ "${BENCH_TORCH:-yes}" = yes ] && ! ../.venv-bench/bin/python -c 'import torch' 2>/dev/null; then
        { "${pip[@]}" --no-deps --retries 0 --timeout 10 --index-url https://download.pytorch.org/whl/cpu torch 2>/dev/null &&
            "${pip[@]}" torch; } || # the second for what it depends on
            echo "note: no PyTorch for processors at download.pytorch.org, so it is not measured;" \
                ".venv-bench/bin/pip install torch gets the one with CUDA" >&2
    fi
    ;;
esac
