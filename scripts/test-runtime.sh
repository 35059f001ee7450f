#!/usr/bin/env bash
# Runs a vae-server binary in a Debian 12 system that holds nothing but scripts/runtime-packages.txt: what the container
# image holds, without a container engine. Needs root (chroot); skips with a message otherwise.
set -euo pipefail
binary=$(readlink -f "$1")
cd "$(dirname "$0")/.."

if [ "$(id -u)" -ne 0 ] || ! command -v debootstrap >/dev/null; then
    echo "skipped: needs root and debootstrap"
    exit 0
fi

root=$(mktemp -d)
chmod 755 "$root"
server=
cleanup() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    ! mountpoint -q "$root/proc" || umount "$root/proc"
    rm -rf --one-file-system "$root"
}
trap cleanup EXIT

packages=$(sed 's/#.*//' scripts/runtime-packages.txt | tr -s ' \n' ',' | sed 's/^,//; s/,$//')
mirror=$(grep -rhoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | head -n 1 | tr -d ' ') || true
debootstrap --variant=minbase --include="$packages" bookworm "$root" "${mirror:-http://deb.debian.org/debian}" >"$root.log" 2>&1 ||
    { tail -n 20 "$root.log"; rm -f "$root.log"; exit 1; }
rm -f "$root.log"

install -D "$binary" "$root/usr/local/bin/vae-server"
mkdir "$root/models"
cp -P models/*.safetensors "$root/models/"

# A container has /proc, and without it a Swift program does not see its arguments.
mount -t proc proc "$root/proc" 2>/dev/null || { echo "skipped: may not mount /proc here"; exit 0; }

port=18473
chroot --userspec=65534:65534 "$root" /usr/local/bin/vae-server --models /models --port "$port" &
server=$!
for _ in $(seq 50); do
    timeout 5 chroot "$root" /usr/local/bin/vae-server --healthcheck --port "$port" && break
    sleep 0.1
done
timeout 5 chroot "$root" /usr/local/bin/vae-server --healthcheck --port "$port"
curl -fsS "http://127.0.0.1:$port/v1/sample?n=4&seed=1&format=png" | head -c 8 | od -An -c | grep -q 'P   N   G'
kill -TERM "$server"
wait "$server"
server=
echo "answered a health check and a sample, and stopped with status 0"
