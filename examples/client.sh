#!/bin/sh
# What a VAE can do, with curl alone: client.sh IMAGE [FOLDER]. VAE_URL and VAE_API_KEY say where, and with which key.
set -eu
image=${1:?usage: client.sh IMAGE [FOLDER]}
folder=${2:-.}
url=${VAE_URL:-http://127.0.0.1:8080}
call() { curl --silent --show-error --fail-with-body ${VAE_API_KEY:+-H "Authorization: Bearer $VAE_API_KEY"} "$@"; }

# The posterior of an image, q(z|x) = N(mu, sigma²).
call --data-binary @"$image" -H 'Content-Type: image/png' "$url/v1/encode"
# Back from its mean: the image, its reconstruction, and how they differ.
call --data-binary @"$image" -H 'Content-Type: image/png' "$url/v1/reconstruct?diff=true&format=png" -o "$folder/difference.png"
# How unusual it is.
call --data-binary @"$image" -H 'Content-Type: image/png' "$url/v1/score"
# Sixteen new images: equal seeds give equal bytes.
call "$url/v1/sample?n=16&seed=7&format=png" -o "$folder/samples.png"
# The way from one sample to another, as an animation.
call "$url/v1/interpolate?from_seed=3&to_seed=7&steps=20&method=slerp&format=apng" -o "$folder/path.apng"
