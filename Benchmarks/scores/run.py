#!/usr/bin/env python3
"""How well scores tell images of one kind from those a model was trained on, and whether percentiles are calibrated.

    python3 Benchmarks/scores/run.py --mnist DIR --fashion DIR [--samples K] [--images N] [--models DIR]

Starts vae-server (VAE_SERVER_BINARY, or the release build) with the shipped models, posts the test images of both data
sets to …/score of both models, and prints as Markdown the area under the ROC curve of every score: how often an image of
the other kind costs more than one of the model's own. Then the share of the model's own test images below each
percentile. The folders hold the IDX files of MNIST and of Fashion-MNIST, plain or .gz.
"""

import argparse
import gzip
import pathlib
import sys

import numpy

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "Tests" / "Integration"))

import support  # noqa: E402

# What a reply calls the score, and whether it falls as the cost rises.
MEMBERS = {
    "excess": ("excess", 1), "elbo": ("elbo", -1), "bound": ("bound", -1), "reconstruction": ("reconstruction", 1),
    "kl": ("kl", 1), "corrected": ("corrected", 1), "typicality": ("typicality", 1), "mahalanobis": ("mahalanobis", 1),
    "mixture": ("mixture", -1),
}
BATCH = 1000


def images(folder, count):
    """Test images [N, 784], values 0…1."""
    for name in ("t10k-images-idx3-ubyte", "t10k-images.idx3-ubyte"):
        for path, opener in ((folder / name, open), (folder / f"{name}.gz", gzip.open)):
            if path.exists():
                with opener(path, "rb") as file:
                    pixels = numpy.frombuffer(file.read(), numpy.uint8, offset=16)
                return (pixels.reshape(-1, 784)[:count] / numpy.float32(255)).astype("<f4")
    sys.exit(f"{folder}: expected t10k-images-idx3-ubyte or t10k-images-idx3-ubyte.gz")


def scores(server, model, pixels, samples):
    """Costs and percentiles of every score, by name."""
    query = f"?samples={samples}&seed=1" if samples else ""
    found = {}
    for start in range(0, len(pixels), BATCH):
        body = numpy.ascontiguousarray(pixels[start:start + BATCH]).tobytes()
        reply = server.post(f"/v1/models/{model}/score{query}", body, "application/octet-stream")
        for score, (member, sign) in MEMBERS.items():
            if member in reply:
                found.setdefault(score, []).extend(sign * numpy.array(reply[member]))
        for score, values in reply.get("percentile", {}).items():
            found.setdefault(f"{score} percentile", []).extend(values)
    return {name: numpy.array(values) for name, values in found.items()}


def auroc(other, own):
    """P(cost of another > cost of an own) + ½ P(equal), of all pairs."""
    own = numpy.sort(own)
    below = numpy.searchsorted(own, other, "left") + numpy.searchsorted(own, other, "right")
    return below.mean() / 2 / len(own)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mnist", type=pathlib.Path, required=True)
    parser.add_argument("--fashion", type=pathlib.Path, required=True)
    parser.add_argument("--models", type=pathlib.Path, default=REPOSITORY / "models", help="of mnist and fashion")
    parser.add_argument("--samples", type=int, help="draws of z for each image; without, scores are at the mean")
    parser.add_argument("--images", type=int, default=10_000, help="of each data set")
    arguments = parser.parse_args()
    if support.BINARY.startswith("."):
        support.BINARY = str(REPOSITORY / support.BINARY)

    data = {"mnist": images(arguments.mnist, arguments.images), "fashion": images(arguments.fashion, arguments.images)}
    with support.Server(arguments.models) as server:
        found = {
            (model, kind): scores(server, model, pixels, arguments.samples)
            for model in data for kind, pixels in data.items()}
        default = {model: server.post(f"/v1/models/{model}/score", data[model][:1].tobytes(),
                                      "application/octet-stream")["score"] for model in data}
    print("| score | Fashion-MNIST by the mnist model | MNIST by the fashion model |\n|---|---|---|")
    for score in MEMBERS:
        if score not in found["mnist", "mnist"]:
            continue
        cells = [auroc(found[own, other][score], found[own, own][score])
                 for own, other in (("mnist", "fashion"), ("fashion", "mnist"))]
        print(f"| `{score}` | " + " | ".join(f"**{cell:.4f}**" if cell >= 0.95 else f"{cell:.4f}" for cell in cells) + " |")
    for model in data:
        for score in MEMBERS:
            percentiles = found[model, model].get(f"{score} percentile")
            if percentiles is not None:
                shares = ", ".join(f"{100 * (percentiles < rank).mean():.2f} % below {rank}" for rank in (1, 5, 25, 50))
                print(f"{model}, {score}{' (default)' if score == default[model] else ''}: {shares}")
    other = {"mnist": "fashion", "fashion": "mnist"}
    for model in data:
        flagged = found[model, other[model]].get(f"{default[model]} percentile")
        if flagged is not None:
            print(f"{model}, threshold=5: {100 * (flagged < 5).mean():.2f} % of the other kind are anomalous")


if __name__ == "__main__":
    main()
