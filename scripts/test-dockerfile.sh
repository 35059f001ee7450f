#!/usr/bin/env bash
# Whether the files that the Dockerfile copies before it builds are a whole package: every target's folder is there.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
while read -r -a words; do
    [ "${words[0]:-}" = COPY ] || continue
    target=$folder/${words[-1]}
    if [ "${words[-1]}" != "${words[-1]%/}" ]; then mkdir -p "$target"; fi
    for source in "${words[@]:1:${#words[@]}-2}"; do cp -r "$source" "$target"; done
done < <(sed '/^RUN swift build/,$d' Dockerfile)
swift package --package-path "$folder" describe > "$folder/description"
grep -q 'Name: vae-server' "$folder/description" || { echo "expected a package with vae-server; found:"; cat "$folder/description"; exit 1; }
echo "the Dockerfile copies a whole package"
