#!/usr/bin/env python3
"""What a VAE can do, with requests: client.py IMAGE [FOLDER]. VAE_URL and VAE_API_KEY say where, and with which key."""

import os
import pathlib
import sys

import requests

if len(sys.argv) < 2:
    sys.exit("usage: client.py IMAGE [FOLDER]")
image = pathlib.Path(sys.argv[1]).read_bytes()
folder = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else ".")
url = os.environ.get("VAE_URL", "http://127.0.0.1:8080")
session = requests.Session()
if "VAE_API_KEY" in os.environ:
    session.headers["Authorization"] = f"Bearer {os.environ['VAE_API_KEY']}"


def call(method, path, **options):
    reply = session.request(method, url + path, timeout=30, **options)
    if not reply.ok:
        sys.exit(f"{reply.status_code}: {reply.json()['error']}")
    return reply


# The posterior of an image, q(z|x) = N(mu, sigma²).
posterior = call("POST", "/v1/encode", data=image, headers={"Content-Type": "image/png"}).json()
print("mu", " ".join(repr(number) for number in posterior["mu"][0]))

# Its mean, moved by one in the dimension that says most, and decoded.
card = call("GET", f"/v1/models/{posterior['model']}").json()
code = posterior["mu"][0]
code[card["dimensions_by_kl"][0]] += 1
decoded = call("POST", "/v1/decode", json={"z": [code]}, params={"format": "png"})
(folder / "decoded.png").write_bytes(decoded.content)

# How unusual it is.
score = call("POST", "/v1/score", data=image, headers={"Content-Type": "image/png"}).json()
print("elbo", repr(score["elbo"][0]))

# Sixteen new images: equal seeds give equal bytes.
samples = call("GET", "/v1/sample", params={"n": 16, "seed": 7}, headers={"Accept": "image/png"})
(folder / "samples.png").write_bytes(samples.content)
