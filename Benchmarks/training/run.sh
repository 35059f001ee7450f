#!/bin/sh
# Trains the 784-400-20 VAE (or another) with vae-trainer and with PyTorch by turns, and prints one table: seconds per
# epoch (median and best over all epochs), that against the best of PyTorch's variants, the share of the arithmetic floor,
# and test −ELBO after the last epoch.
#
#   Benchmarks/training/run.sh DATA-FOLDER [rounds]
#
# PYTHON names a Python with torch and numpy (default python3); TRAINER the program to time; EPOCHS their number.
# torch-eager has the images in memory as floats; torch-example loads them as PyTorch's example does; torch-compile and
# torch-autotune are torch.compile in its default mode and in max-autotune-no-cudagraphs, with fused Adam (compiling is
# not timed, but told); -bf16 is its autocast to bfloat16 while learning, beside vae-trainer --precision bf16, where the
# processor has AVX512_BF16. ARCHITECTURE=conv64 compares the convolutional VAE, on 12 000 of the images enlarged to 64×64;
# -last is then PyTorch with its channels_last memory format. VARIANTS="torch-eager torch-compile" runs these only.
# The floor is the products' arithmetic at 115 GFLOP/s a core, and at what a large product reaches here and now.
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

# Multiply-adds of an epoch's products, twice: forward, and back to weights and, but for the first layer, to inputs.
if [ "$architecture" = conv64 ]; then
    variants=${VARIANTS:-torch-eager torch-last torch-example torch-compile torch-compile-last torch-autotune-last torch-compile-last-bf16}
    "$python" "$here/enlarge.py" "$data" "$work/enlarged"
    data=$work/enlarged
    gigaflop=$("$python" -c '
convolutions = [(1, 32, 32), (32, 32, 16), (32, 64, 8), (64, 64, 4)] + [(64, 64, 4), (64, 32, 8), (32, 32, 16), (32, 1, 32)]
products = [16 * a * b * side * side for a, b, side in convolutions] + [1024 * 256, 256 * 20, 10 * 256, 256 * 1024]
print(round(2e-9 * 12000 * (3 * sum(products) - products[0]), 1))')
else
    variants=${VARIANTS:-torch-eager torch-example torch-compile torch-autotune torch-compile-bf16}
    gigaflop=$("$python" -c '
products = [784 * 400, 400 * 40, 20 * 400, 400 * 784]
print(round(2e-9 * 60000 * (3 * sum(products) - products[0]), 1))')
fi

ours=vae-trainer
if grep -q avx512_bf16 /proc/cpuinfo; then
    ours="vae-trainer vae-trainer-bf16"
else
    variants=$(echo "$variants" | tr ' ' '\n' | grep -v bf16 || true)
fi

"${CC:-cc}" -O2 "$here/gemm_peak.c" -ldnnl -o "$work/gemm_peak"
# One process a core, at the same time.
peak() {
    rm -f "$work"/core.*
    core=0
    while [ "$core" -lt "$threads" ]; do
        OMP_NUM_THREADS=1 "$work/gemm_peak" > "$work/core.$core" &
        core=$((core + 1))
    done
    wait
    cat "$work"/core.* | awk '{sum += $1} END {print sum}' >> "$work/peaks"
}

# Takes "epoch …" lines apart: test loss and seconds, whichever program wrote them.
collect() {
    awk -v name="$1" '/^compiled/ { print name ": " $0 > "/dev/stderr" }
    /^epoch/ {
        for (i = 1; i < NF; i++) if ($i == "test") test = $(i + 1)
        print name, $1, test, $(NF - 1)
    }' >> "$work/$1"
}

torch() {
    name=$1
    shift
    case $name in *-example) set -- "$@" --example ;; esac
    case $name in *-bf16) set -- "$@" --bf16 ;; esac
    case $name in *-last*) set -- "$@" --channels-last ;; esac
    case $name in
    *-compile*) set -- "$@" --compile default --fused-adam ;;
    *-autotune*) set -- "$@" --compile max-autotune-no-cudagraphs --fused-adam ;;
    esac
    "$python" "$here/pytorch_vae.py" "$@" 2> "$work/errors" | collect "$name"
    [ -s "$work/$name" ] || { echo "$name did not run: $(tail -1 "$work/errors")" >&2; rm -f "$work/$name"; }
}

round=1
while [ "$round" -le "$rounds" ]; do
    echo "round $round of $rounds" >&2
    peak
    set -- --data "$data" --architecture "$architecture" --epochs "$epochs" --threads "$threads" --seed "$round"
    for program in $ours; do
        "$trainer" train --out "$work/model.safetensors" --precision "$(echo "$program" | sed 's/vae-trainer$/f32/; s/.*-//')" \
            "$@" | collect "$program"
    done
    for variant in $variants; do torch "$variant" "$@"; done
    round=$((round + 1))
done
peak

median() { awk '{print $4}' "$work/$1" | sort -n | awk '{a[NR] = $1} END {print a[int((NR + 1) / 2)]}'; }

rival=$(for variant in $variants; do [ ! -f "$work/$variant" ] || median "$variant"; done | sort -n | head -1)
highest=$(sort -n "$work/peaks" | tail -1)
constant=$((115 * threads))
echo "arithmetic of an epoch: $gigaflop GFLOP; floor at 115 GFLOP/s on each of $threads cores:" \
    "$(awk -v g="$gigaflop" -v p="$constant" 'BEGIN {printf "%.2f", g / p}') s; at the $highest GFLOP/s measured here:" \
    "$(awk -v g="$gigaflop" -v p="$highest" 'BEGIN {printf "%.2f", g / p}') s"
printf '%-20s %14s %8s %13s %16s %18s %s\n' program 's/epoch median' best '× best torch' 'share of floor' \
    'of measured peak' 'test -ELBO, last (nats)'
for program in $ours $variants; do
    [ -f "$work/$program" ] || continue
    seconds=$(median "$program")
    best=$(awk '{print $4}' "$work/$program" | sort -n | head -1)
    losses=$(awk -v n="$epochs" 'NR % n == 0 {printf "%s%s", sep, $3; sep = ", "}' "$work/$program")
    awk -v name="$program" -v s="$seconds" -v b="$best" -v r="$rival" -v g="$gigaflop" -v c="$constant" \
        -v h="$highest" -v l="$losses" 'BEGIN {
            printf "%-20s %14.2f %8.2f %12s %15.0f%% %17.0f%% %s\n", name, s, b,
                r == "" ? "-" : sprintf("%.2f", s / r), 100 * g / c / s, 100 * g / h / s, l }'
done
