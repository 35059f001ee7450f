#!/usr/bin/env bash
# Measures a running vae-server on this machine with wrk, and prints a Markdown table.
#   CONNECTIONS="1 64 128 256" SECONDS_EACH=5 MODEL_DIR=models Benchmarks/serving/run.sh
# The load generator shares the processors with the server: on a quiet machine, and never twice at a time.
set -euo pipefail
cd "$(dirname "$0")/../.."
connections=${CONNECTIONS:-1 64 128 256}
seconds=${SECONDS_EACH:-5}
command -v wrk >/dev/null || { echo "error: wrk is needed: apt-get install wrk" >&2; exit 1; }
server="$(swift build -c release --static-swift-stdlib --show-bin-path)/vae-server"
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
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

# The inputs are the server's own samples: a 28×28 PNG and the same digit as JSON.
curl -fs "$url/v1/sample?n=1&seed=7&format=png" -o "$work/digit.png"
curl -fs "$url/v1/sample?n=1&seed=7" | sed 's/.*"images":/{"images":/' >"$work/digit.json"

cell() { # cell CONNECTIONS WRK-ARGUMENTS…
    local count=$1
    shift
    wrk -t1 -c"$count" -d"${seconds}s" --latency "$@" | awk '
        /^ +50%/ { p50 = $2 } /^ +99%/ { p99 = $2 } /^Requests\/sec/ { rate = $2 } /Non-2xx/ { bad = $NF }
        END { printf " %d /s · %s · %s%s |", rate, p50, p99, bad == "" ? "" : " (" bad " errors)" }'
}

printf '%s, %s processors, %s\n\n' "$(sed -n 's/model name.*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)" "$(uname -sr)"
printf '| connections | JSON encode | PNG encode | JSON sample | PNG grid of 64 |\n|---|---|---|---|---|\n'
for count in $connections; do
    printf '| %s |' "$count"
    BODY=$work/digit.json TYPE=application/json cell "$count" -s Benchmarks/serving/post.lua "$url/v1/encode"
    BODY=$work/digit.png TYPE=image/png cell "$count" -s Benchmarks/serving/post.lua "$url/v1/encode"
    cell "$count" "$url/v1/sample?n=1"
    cell "$count" "$url/v1/sample?n=64&format=png"
    printf '\n'
done
printf '\nrequests per second · p50 · p99. Start to first answer %s ms; resident memory %s at start, %s after this load.\n' \
    "$ready" "$at_start" "$(resident)"
kill -TERM "$pid"
wait "$pid"
pid=
