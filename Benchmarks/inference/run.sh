#!/usr/bin/env bash
# Compares what one thread computes in process with ONNX Runtime and OpenVINO, and prints a Markdown table.
#   ROUNDS=5 SECONDS_EACH=0.3 Benchmarks/inference/run.sh [CHECKPOINT…]
# Without arguments: the shipped digits, and the convolutional 64×64 VAE (with random weights unless it is shipped too).
# The peers are installed into .venv-inference; on a quiet machine, and never twice at a time.
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=.venv-inference
if [ ! -x $venv/bin/python ]; then python3 -m venv $venv; fi
$venv/bin/pip install --quiet --requirement Benchmarks/inference/requirements.txt
swift build -c release --static-swift-stdlib --explicit-target-dependency-import-check error \
    --product vae-inference-benchmark >&2
binary="$(swift build -c release --static-swift-stdlib --show-bin-path)/vae-inference-benchmark"
exec $venv/bin/python Benchmarks/inference/compare.py --binary "$binary" --rounds "${ROUNDS:-5}" \
    --seconds "${SECONDS_EACH:-0.3}" "$@"
