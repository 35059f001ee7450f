#!/usr/bin/env python3
"""How much oftener /v2 answers when numbers come and go as bytes instead of JSON: images to x_hat, mu and sigma.

    VAE_SERVER_BINARY=.build/release/vae-server Benchmarks/serving/open_inference.py     (numpy and wrk are needed)

Settings come from the environment: ROWS=64 CONNECTIONS=8 SECONDS_EACH=3 ROUNDS=3 MODEL_DIR=models. The two forms take
turns; medians count. The load generator shares the processors with the server.
"""

import json
import os
import pathlib
import re
import statistics
import subprocess
import tempfile

import numpy

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BINARY = os.environ.get("VAE_SERVER_BINARY", str(ROOT / ".build/release/vae-server"))
MODELS = os.environ.get("MODEL_DIR", str(ROOT / "models"))
ROWS, CONNECTIONS, SECONDS, ROUNDS = (
    int(os.environ.get(name, default))
    for name, default in (("ROWS", 64), ("CONNECTIONS", 8), ("SECONDS_EACH", 3), ("ROUNDS", 3)))


def bodies():
    """(name, body, bytes of JSON in front or None) of both forms, for the same images as a digit data set has them."""
    generator = numpy.random.default_rng(1)
    x = (generator.integers(0, 256, (ROWS, 784)) * (generator.random((ROWS, 784)) < 0.2)).astype(numpy.float32)
    x /= numpy.float32(255)
    tensor = {"name": "x", "shape": [ROWS, 1, 28, 28], "datatype": "FP32"}
    # What tritonclient sends: the shortest decimals of the numbers as doubles.
    yield "JSON", json.dumps({"inputs": [{**tensor, "data": x.reshape(-1).tolist()}]}).encode(), None
    header = json.dumps({"inputs": [{**tensor, "parameters": {"binary_data_size": x.nbytes}}],
                         "parameters": {"binary_data_output": True}}).encode()
    yield "bytes", header + x.tobytes(), len(header)


def rate(port, path, header):
    """Requests per second of one form."""
    environment = {**os.environ, "METHOD": "POST", "BODY": str(path), "TYPE": "application/octet-stream"}
    if header is not None:
        environment["INFERENCE_HEADER"] = str(header)
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}", "-s", str(HERE / "request.lua"),
               f"http://127.0.0.1:{port}/v2/models/mnist/infer"]
    output = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
    requests, microseconds, _, _, _, refused, lost = map(int, re.search(r"^numbers (.*)$", output, re.M)[1].split())
    assert refused == lost == 0, output
    return requests / (microseconds * 1e-6)


def main():
    with tempfile.TemporaryDirectory() as folder:
        forms = []
        for name, body, header in bodies():
            path = pathlib.Path(folder) / name
            path.write_bytes(body)
            forms.append((name, path, header, len(body)))
        server = subprocess.Popen([BINARY, "--port", "0", "--models", MODELS], stdout=subprocess.PIPE, text=True)
        try:
            port = int(re.search(r":(\d+)/", server.stdout.readline())[1])
            rates = {name: [] for name, *_ in forms}
            for _ in range(ROUNDS):
                for name, path, header, _ in forms:
                    rates[name].append(rate(port, path, header))
        finally:
            server.terminate()
            server.wait()
    print(f"{ROWS} images a request, {CONNECTIONS} connections\n\n| form | bytes of a request | requests per second |")
    print("|---|---|---|")
    medians = {name: statistics.median(values) for name, values in rates.items()}
    for name, _, _, size in forms:
        print(f"| {name} | {size:,} | {medians[name]:,.0f} |")
    print(f"\nbytes are answered {medians['bytes'] / medians['JSON']:.1f} times as often as JSON")


if __name__ == "__main__":
    main()
