#!/bin/sh
# Trains the 784-400-20 VAE (or another) with vae-trainer and with PyTorch by turns, and prints one table: seconds per epoch (median
# and best over all epochs) and test −ELBO after the last epoch.
#
#   Benchmarks/training/run.sh DATA-FOLDER [rounds]
#
# PYTHON names a Python with torch and numpy (default python3); TRAINER the program to time; EPOCHS their number;
# COMPILE=1 adds torch.compile. pytorch-tensor has the images in memory as floats; pytorch-example loads them as the
# example does. ARCHITECTURE=conv64 compares the convolutional VAE, on 12 000 of the images enlarged to 64×64;
# pytorch-last is then PyTorch with its channels_last memory format.
set -eu
data=${1:?usage: run.sh DATA-FOLDER [rounds]}
rounds=${2:-2}
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
trainer=${TRAINER:-$here/../../.build/release/vae-trainer}
epochs=${EPOCHS:-10}
architecture=${ARCHITECTURE:-mlp}
threads=$(nproc)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

"$python" -c 'import torch, numpy' || { echo "run.sh: set PYTHON to a Python with torch and numpy" >&2; exit 1; }
[ -x "$trainer" ] || { echo "run.sh: no $trainer; run: swift build -c release" >&2; exit 1; }

if [ "$architecture" = conv64 ]; then
    "$python" "$here/enlarge.py" "$data" "$work/enlarged"
    data=$work/enlarged
fi

# Takes "epoch …" lines apart: test loss and seconds, whichever program wrote them.
collect() {
    awk -v name="$1" '/^epoch/ {
        for (i = 1; i < NF; i++) if ($i == "test") test = $(i + 1)
        print name, $1, test, $(NF - 1)
    }' >> "$work/$1"
}

round=1
while [ "$round" -le "$rounds" ]; do
    echo "round $round of $rounds" >&2
    set -- --data "$data" --architecture "$architecture" --epochs "$epochs" --threads "$threads" --seed "$round"
    "$trainer" train --out "$work/model.safetensors" "$@" | collect vae-trainer
    "$python" "$here/pytorch_vae.py" "$@" | collect pytorch-tensor
    "$python" "$here/pytorch_vae.py" "$@" --example | collect pytorch-example
    [ "$architecture" = mlp ] || "$python" "$here/pytorch_vae.py" "$@" --channels-last | collect pytorch-last
    [ -z "${COMPILE:-}" ] || "$python" "$here/pytorch_vae.py" "$@" --compile | collect pytorch-compile
    round=$((round + 1))
done

printf '%-16s %14s %10s %22s\n' program 's/epoch median' best 'test -ELBO, last (nats)'
for program in vae-trainer pytorch-tensor pytorch-example pytorch-last pytorch-compile; do
    [ -f "$work/$program" ] || continue
    awk '{print $4}' "$work/$program" | sort -n > "$work/seconds"
    median=$(awk '{a[NR] = $1} END {print a[int((NR + 1) / 2)]}' "$work/seconds")
    losses=$(awk -v n="$epochs" 'NR % n == 0 {printf "%s%s", sep, $3; sep = ", "}' "$work/$program")
    printf '%-16s %14s %10s %22s\n' "$program" "$median" "$(head -1 "$work/seconds")" "$losses"
done
