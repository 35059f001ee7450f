#!/usr/bin/env bash
# Measures vae-server and the same model behind FastAPI + ONNX Runtime by turns, in one run, and prints their ratio.
#   python3 -m venv .peer && .peer/bin/pip install -r Benchmarks/serving/peers/requirements.txt
#   PEER=.peer CONNECTIONS="1 64" SECONDS_EACH=5 Benchmarks/serving/compare.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
connections=${CONNECTIONS:-1 64}
seconds=${SECONDS_EACH:-5}
peer=${PEER:-.peer}
work=$(mktemp -d)
ours= theirs=
trap 'kill $ours $theirs 2>/dev/null || true; rm -rf "$work"' EXIT
. Benchmarks/serving/lib.sh
[ -x "$peer/bin/uvicorn" ] || { sed -n '2,4p' "$0"; exit 1; }
server="$(swift build -c release --static-swift-stdlib --show-bin-path)/vae-server"

"$server" --port 18080 --log-level error >"$work/ours" &
ours=$!
MODEL=models/mnist.safetensors "$peer/bin/uvicorn" --app-dir Benchmarks/serving/peers fastapi_onnx:app --port 18081 \
    --workers "$(nproc)" --no-access-log >"$work/theirs" 2>&1 &
theirs=$!
await() { # await PID URL: until it answers; the log and an end when the process is gone
    until curl -fs "$2" >/dev/null; do
        kill -0 "$1" 2>/dev/null || { cat "$work/ours" "$work/theirs" >&2; exit 1; }
        sleep 0.1
    done
}
await "$ours" http://127.0.0.1:18080/readyz
await "$theirs" http://127.0.0.1:18081/v1/sample
make_inputs http://127.0.0.1:18080

machine
printf '\n| connections | request | vae-server | FastAPI + ONNX Runtime | ratio | its p50 | their p50 | its p99 | their p99 |\n|---|---|---|---|---|---|---|---|---|\n'
for count in $connections; do
    for operation in $operations; do
        read -r rate p50 p99 _ < <(measure "$operation" http://127.0.0.1:18080 "$count")
        read -r peer_rate peer_p50 peer_p99 _ < <(measure "$operation" http://127.0.0.1:18081 "$count")
        ratio=$(awk -v a="$rate" -v b="$peer_rate" 'BEGIN { printf "%.1f", a / b }')
        printf '| %s | %s | %.0f /s | %.0f /s | %s | %s | %s | %s | %s |\n' "$count" "$operation" "$rate" "$peer_rate" \
            "$ratio" "$p50" "$peer_p50" "$p99" "$peer_p99"
    done
done
memory() { awk '/VmRSS/ { sum += $2 } END { printf "%.0f MB", sum / 1024 }' $(for pid in "$@"; do echo "/proc/$pid/status"; done); }
printf '\nResident memory: %s, and %s.\n' "$(memory "$ours")" "$(memory "$theirs" $(pgrep -P "$theirs"))"
