"""The programs in examples/ do what they say, against a server, each with what it is written for."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy
from support import Server, digits, png_bytes, require

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"


def numbers(output, word):
    line = next(line for line in output.splitlines() if line.startswith(word + " "))
    return numpy.array([float(number) for number in line.split()[1:]])


def run(suite, models):
    image = png_bytes(digits(1, 28, 28)[0])
    with Server(models) as server, tempfile.TemporaryDirectory() as folder:
        picture = f"{folder}/digit.png"
        pathlib.Path(picture).write_bytes(image)
        posterior = json.loads(server.request("POST", "/v1/encode", image, "image/png")[2])
        elbo = json.loads(server.request("POST", "/v1/score", image, "image/png")[2])["elbo"][0]
        samples = server.request("GET", "/v1/sample?n=16&seed=7&format=png")[2]
        mu = numpy.array(posterior["mu"][0])

        def example(*command, folder):
            environment = {**os.environ, "VAE_URL": f"http://127.0.0.1:{server.port}"}
            done = subprocess.run([*command, picture, folder], env=environment, capture_output=True, text=True, timeout=120)
            require(done.returncode == 0, f"exit {done.returncode}: {done.stdout} {done.stderr}")
            require(pathlib.Path(folder, "samples.png").read_bytes() == samples, "other samples than the server's")
            return done.stdout

        def agree(output):
            require(numpy.allclose(numbers(output, "mu"), mu, rtol=1e-6, atol=1e-7), output)
            require(abs(numbers(output, "elbo")[0] - elbo) < 1e-3, output)

        def own(name):
            path = pathlib.Path(folder, name)
            path.mkdir()
            return str(path)

        with suite.case("curl"):
            place = own("curl")
            output = example(EXAMPLES / "client.sh", folder=place)
            replies = [json.loads(line) for line in output.splitlines()]
            require(replies[0] == posterior and replies[1]["elbo"] == [elbo], output)
            for name in ("difference.png", "path.apng"):
                require(pathlib.Path(place, name).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n", f"{name} is no PNG")
        with suite.case("Python with requests"):
            place = own("python")
            agree(example(sys.executable, EXAMPLES / "client.py", folder=place))
            require(pathlib.Path(place, "decoded.png").read_bytes()[:4] == b"\x89PNG", "decoded.png is no PNG")
        if shutil.which("node"):
            with suite.case("JavaScript with fetch"):
                output = example("node", EXAMPLES / "client.mjs", folder=own("node"))
                agree(output)
                require("equal true" in output, output)
        else:
            print("  skipped: no node to run client.mjs with")
        if shutil.which("swiftc"):
            with suite.case("Swift with Foundation"):
                program = f"{folder}/client"
                subprocess.run(["swiftc", "-parse-as-library", EXAMPLES / "client.swift", "-o", program],
                               check=True, capture_output=True, timeout=300)
                agree(example(program, folder=own("swift")))
        else:
            print("  skipped: no swiftc to build client.swift with")
        with suite.case("a wrong request ends in the service's own words"):
            pathlib.Path(picture).write_bytes(b"no picture")
            done = subprocess.run(
                [sys.executable, EXAMPLES / "client.py", picture, folder], capture_output=True, text=True, timeout=60,
                env={**os.environ, "VAE_URL": f"http://127.0.0.1:{server.port}"})
            require(done.returncode == 1 and "expected a PNG or JPEG" in done.stderr, done.stderr)
