#!/usr/bin/env bash
# The whole suite: unit tests of every module, the server from outside, the binary in a bare system.
# Ends with one line that counts the suites.
set -uo pipefail
cd "$(dirname "$0")/.."
flags=(--explicit-target-dependency-import-check error)
passed=0 failed=0

suite() {
    local name=$1
    shift
    printf '\n== %s\n' "$name"
    if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $name"; fi
}

suite "release build" swift build -c release --static-swift-stdlib "${flags[@]}"
binaries=$(swift build -c release --static-swift-stdlib --show-bin-path)
suite "unit tests" swift test "${flags[@]}"
suite "source format" swift format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks
suite "server from outside" env VAE_SERVER_BINARY="$binaries/vae-server" VAE_TRAINER_BINARY="$binaries/vae-trainer" \
    .venv/bin/python Tests/Integration/run.py
suite "what the Dockerfile builds from" scripts/test-dockerfile.sh
suite "server in a bare system" scripts/test-runtime.sh "$binaries/vae-server"

printf '\nsuites: %d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
