#!/usr/bin/env bash
# Measures a vae-server on this machine with wrk, and prints a Markdown table.
#   CONNECTIONS="1 64 128 256" SECONDS_EACH=5 MODEL_DIR=models Benchmarks/serving/run.sh
# The load generator shares the processors with the server: on a quiet machine, and never twice at a time.
set -euo pipefail
cd "$(dirname "$0")/../.."
connections=${CONNECTIONS:-1 64 128 256}
seconds=${SECONDS_EACH:-5}
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
. Benchmarks/serving/lib.sh
server="$(swift build -c release --static-swift-stdlib --show-bin-path)/vae-server"
port=18080
url=http://127.0.0.1:$port

# Start to first answer: connection attempts by the shell itself, about a millisecond apart.
ask() { { exec 3<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null && printf 'GET /v1/sample?n=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' >&3 && read -r line <&3 && exec 3>&-; }
begun=$(date +%s%N)
"$server" --port $port --models "${MODEL_DIR:-models}" --log-level error >"$work/log" &
pid=$!
until ask; do sleep 0.001; done
ready=$((($(date +%s%N) - begun) / 1000000))
resident() { awk '/VmRSS/ { printf "%.1f MB", $2 / 1024 }' "/proc/$pid/status"; }
at_start=$(resident)
make_inputs "$url"

machine
printf '\n| connections | JSON encode | PNG encode | JSON sample | PNG grid of 64 |\n|---|---|---|---|---|\n'
for count in $connections; do
    printf '| %s |' "$count"
    for operation in $operations; do
        read -r rate p50 p99 bad < <(measure "$operation" "$url" "$count")
        printf ' %.0f /s · %s · %s%s |' "$rate" "$p50" "$p99" "$([ "$bad" = 0 ] || echo " ($bad errors)")"
    done
    printf '\n'
done
printf '\nrequests per second · p50 · p99. Start to first answer %s ms; resident memory %s at start, %s after this load.\n' \
    "$ready" "$at_start" "$(resident)"
kill -TERM "$pid"
wait "$pid"
pid=
