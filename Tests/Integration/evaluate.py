"""vae-trainer evaluate from outside: its figures against numpy, what it writes into a checkpoint, and what it refuses."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

import numpy
from safetensors import safe_open
from safetensors.numpy import save_file

from reference import ReferenceModel
from support import Server, digits, require

TRAINER = os.environ.get("VAE_TRAINER_BINARY", ".build/release/vae-trainer")
SIDE, TRAINING, TEST = 12, 400, 60


def trainer(*words, timeout=120):
    """Runs vae-trainer to its end: (status, printed)."""
    done = subprocess.run([TRAINER, *map(str, words)], capture_output=True, text=True, timeout=timeout)
    return done.returncode, done.stdout + done.stderr


def write_images(folder):
    """IDX files as MNIST has them; gives the pixels of both, 0…1."""
    folder.mkdir()
    pixels = []
    for name, count, first in (("train", TRAINING, 0), ("t10k", TEST, TRAINING)):
        images = digits(TRAINING + TEST, SIDE, SIDE)[first:first + count]
        extents = b"".join(extent.to_bytes(4, "big") for extent in images.reshape(count, SIDE, SIDE).shape)
        (folder / f"{name}-images-idx3-ubyte").write_bytes(bytes([0, 0, 8, 3]) + extents + images.tobytes())
        pixels.append(images.reshape(count, -1) / 255.0)
    return pixels


def contents(path):
    """All tensors and the evaluation of a checkpoint, as Python's safetensors reads it."""
    with safe_open(path, "numpy") as file:
        record = file.metadata().get("evaluation")
        return {name: file.get_tensor(name) for name in file.keys()}, record and json.loads(record)


def bernoulli(logits, x):
    return (numpy.logaddexp(0, logits) - logits * x).sum(axis=-1)


def importance_nll(model, x, samples):
    """Mean of −ln (1/k Σ w) over images x, written from the formula, with numpy's own random numbers."""
    random = numpy.random.default_rng(5)
    mu, sigma = model.encode(x.reshape(len(x), 1, SIDE, SIDE))[:2]
    total = 0.0
    for image, m, s in zip(x, mu, sigma):
        noise = random.standard_normal((samples, len(m)))
        z = m + s * noise
        logits = model.logits(z)
        log_weights = -bernoulli(logits, image) + 0.5 * (noise**2 - z**2).sum(axis=1) + numpy.log(s).sum()
        total -= numpy.logaddexp.reduce(log_weights) - numpy.log(samples)
    return total / len(x)


def figures(suite, model, data, pixels):
    tensors, record = contents(model)
    reference = ReferenceModel(model)
    train, test = pixels
    mu, sigma = reference.encode(train.reshape(TRAINING, 1, SIDE, SIDE))[:2]
    with suite.case("moments of the aggregate posterior are numpy's"):
        suite.close("aggregate mean", tensors["aggregate.mean"], mu.mean(axis=0), 1e-4)
        covariance = numpy.cov(mu, rowvar=False, bias=True) + numpy.diag((sigma**2).mean(axis=0))
        suite.close("aggregate covariance", tensors["aggregate.covariance"], covariance, 1e-4)
        suite.close("mean image", tensors["aggregate.image"].ravel(), train.mean(axis=0), 1e-6)
        suite.close("activity of units", record["active_units"]["variances"], mu.var(axis=0), 1e-4)
    with suite.case("KL of each dimension is numpy's"):
        m, s = reference.encode(test.reshape(TEST, 1, SIDE, SIDE))[:2]
        kl = 0.5 * (m**2 + s**2 - 1 - 2 * numpy.log(s))
        suite.close("KL per dimension", record["per_dimension_kl"], kl.mean(axis=0), 1e-4)
        suite.close("quantiles of KL", record["quantiles"]["kl"],
                    numpy.quantile(kl.sum(axis=1), record["quantiles"]["ranks"]), 1e-3)
    with suite.case("ln p(x) is that of another estimator with other random numbers"):
        found, importance = importance_nll(reference, test, 2000), record["importance"]
        require(importance["samples"] == 2000 and importance["images"] == TEST, f"{importance}")
        require(abs(found - importance["negative_log_likelihood"]) < 0.1, f"{found}, {importance}")
        require(importance["negative_log_likelihood"] < record["test"]["loss"], "the bound is not above")
    with suite.case("the mixture is one, and likelier than a single Gaussian"):
        weights, cholesky = tensors["aggregate.mixture.weights"], tensors["aggregate.mixture.cholesky"]
        require(abs(weights.sum() - 1) < 1e-5 and len(weights) == 3, f"{weights}")
        require((numpy.diagonal(cholesky, axis1=1, axis2=2) > 0).all(), "a diagonal is not positive")
        require((numpy.triu(cholesky, 1) == 0).all(), "not lower triangular")
        mixed = tensors["aggregate.mixture.means"].T @ weights
        # The mean of the mixture is that of the draws it was fitted to, one of each posterior.
        error = numpy.sqrt((sigma**2).mean(axis=0) / TRAINING)
        require((abs(mixed - mu.mean(axis=0)) < 5 * error).all(), f"{mixed}, {mu.mean(axis=0)}")
        require(record["mixture"]["log_likelihood"] > record["mixture"]["gaussian_log_likelihood"], f"{record}")


def interrupted(*words, seconds=2):
    """Starts something long, stops it with SIGINT, and gives its exit status and what it printed."""
    run = subprocess.Popen(
        [TRAINER, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    time.sleep(seconds)
    run.send_signal(signal.SIGINT)
    text = run.communicate(timeout=60)[0]
    return run.returncode, text


def forget(model, target):
    """Writes a checkpoint without its training record."""
    with safe_open(model, "numpy") as file:
        metadata = {key: value for key, value in file.metadata().items() if key != "training"}
        save_file({name: file.get_tensor(name) for name in file.keys()}, target, metadata=metadata)


def other_data(suite, folder, data, model):
    """What --write does with data of another name than those of the training."""
    other = folder / "other"
    shutil.copytree(data, other)
    known = model.read_bytes()
    with suite.case("--write of other data is refused before anything is measured, and done with --other-data"):
        flags = ["evaluate", "--model", model, "--mixture", 0, "--data", other]
        status, text = trainer(*flags)
        require(status == 0 and "note: the model was trained on data" in text and "not on other" in text, text)
        status, text = trainer(*flags, "--write")
        require(status != 0 and "trained on data" in text and "--other-data" in text and "−ELBO" not in text, text)
        require(model.read_bytes() == known, "the file has changed")
        status, text = trainer(*flags, "--write", "--other-data")
        require(status == 0 and contents(model)[1]["dataset"] == "other", text)
        model.write_bytes(known)
        status, text = trainer(*flags, "--other-data")
        require(status != 0 and "--write" in text, text)
    with suite.case("data that were given a name with --dataset-name are known again, and keep it"):
        named = folder / "named.safetensors"
        for words in ([], ["--data", data]):
            status, text = trainer("train", "--out", named, "--epochs", 1, "--hidden", 8, "--dataset-name", "my own", *words)
            require(status == 0, text)
            status, text = trainer("evaluate", "--model", named, "--images", 20, "--mixture", 0, "--write", *words)
            require(status == 0 and contents(named)[1]["dataset"] == "my own", text)
        status, text = trainer("evaluate", "--model", named)
        require(status != 0 and f"my own (--data {data})" in text, text)
        status, text = trainer("evaluate", "--model", named, "--data", other, "--write")
        require(status != 0 and "--other-data" in text, text)


def run(suite, models):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        data, model = folder / "data", folder / "models" / "small.safetensors"
        pixels = write_images(data)
        flags = ["--hidden", 32, "--latent", 4, "--epochs", 20, "--batch-size", 20]
        status, text = trainer("train", "--data", data, "--out", model, *flags)
        require(status == 0, text)
        before = contents(model)[0]
        untouched = folder / "untouched.safetensors"
        shutil.copy(model, untouched)
        evaluate = ["evaluate", "--data", data, "--samples", 2000, "--mixture", 3]
        with suite.case("without --write nothing is written"):
            status, text = trainer(*evaluate, "--model", model)
            require(status == 0 and "−ln p(x), k = 2000" in text, text)
            require(model.read_bytes() == untouched.read_bytes(), "the file has changed")
        with suite.case("--write keeps the weights, and a link stays a link"):
            link = folder / "models" / "default.safetensors"
            link.symlink_to(model.name)
            status, text = trainer(*evaluate, "--model", link, "--write", "--threads", 2)
            require(status == 0 and "wrote" in text, text)
            require(link.is_symlink(), "the link was replaced")
            after = contents(model)[0]
            require(all((before[name] == after[name]).all() for name in before), "weights have changed")
            require(any(name.startswith("aggregate.") for name in after), f"{sorted(after)}")
        figures(suite, model, data, pixels)
        with suite.case("more latent dimensions than a covariance has room for: all else is measured, and it says so"):
            wide = folder / "wide.safetensors"
            status, text = trainer("train", "--data", data, "--out", wide, "--hidden", 8, "--latent", 257, "--epochs", 1)
            require(status == 0, text)
            status, text = trainer("evaluate", "--data", data, "--model", wide, "--write")
            require(status == 0 and "up to 256 latent dimensions; this model has 257" in text, text)
            tensors, record = contents(wide)
            require(not any(name.startswith("aggregate.") for name in tensors), f"{sorted(tensors)}")
            require(len(record["per_dimension_kl"]) == 257, f"{sorted(record)}")
        with suite.case("another number of threads gives the same file"):
            status, text = trainer(*evaluate, "--model", untouched, "--write", "--threads", 1)
            require(status == 0 and model.read_bytes() == untouched.read_bytes(), text)
        with suite.case("inspect prints what was found"):
            status, text = trainer("inspect", model)
            require(status == 0 and "−ln p(x), k = 2000" in text and "Mixture of the codes" in text, text)
            status, text = trainer("inspect", "--markdown", model)
            require(status == 0 and "| Active dimensions |" in text, text)
        with suite.case("the file with the evaluation is served"):
            with Server(model.parent) as server:
                require(b'"model":"small"' in server.get("/v1/sample?n=1&seed=1"), "no sample")
        with suite.case("Ctrl-C ends an evaluation and leaves the file"):
            known = model.read_bytes()
            long = ["evaluate", "--model", model, "--data", data, "--write"]
            status, text = interrupted(*long, "--samples", 10_000_000)
            require(status == 130, f"{status}: {text}")
            require(model.read_bytes() == known, "the file has changed")
        with suite.case("Ctrl-C in an evaluation: what is complete is printed, and what is not is named"):
            require(f"nothing was written to {model}" in text and "stopped, without ln p(x), codes" in text, text)
            complete = trainer("evaluate", "--model", model, "--data", data, "--mixture", 0)[1]
            for name in ("−ELBO ", "−ELBO by rank"):
                line = next(line for line in complete.splitlines() if line.startswith(name))
                require(re.sub(" +", " ", line) in re.sub(" +", " ", text), f"{line}: {text}")
            require("KL in two" not in text.split("stopped")[0] and "Active dimensions" not in text, text)
        with suite.case("Ctrl-C in an evaluation: the estimates of ln p(x) there are come with their error and number"):
            for seconds in (3, 8, 20):  # until the machine has done some, but not all
                status, text = interrupted(*long, "--samples", 400_000, "--threads", 1, seconds=seconds)
                found = re.search(r"−ln p\(x\) ([\d.]+) ± ([\d.]+) nats, k = 400000, of (\d+) images so far", text)
                if found:
                    break
            require(status == 130 and found and 0 < int(found[3]) < TEST, f"{status}: {text}")
            exact = contents(model)[1]["importance"]["negative_log_likelihood"]
            require(abs(float(found[1]) - exact) < 10, f"{exact}: {text}")
            require(model.read_bytes() == known, "the file has changed")
        with suite.case("without --data only a model of drawn shapes is measured: another one's data must be named"):
            status, text = trainer("evaluate", "--model", model)
            require(status != 0 and f"trained on data (--data {data})" in text and "with --data" in text, f"{status}: {text}")
            unknown = folder / "unknown.safetensors"
            forget(model, unknown)
            status, text = trainer("evaluate", "--model", unknown)
            require(status != 0 and "does not say what it was trained on" in text and "--data" in text, text)
            status, text = trainer("evaluate", "--model", unknown, "--data", data, "--write")
            require(status == 0, text)
        other_data(suite, folder, data, model)
        with suite.case("what cannot be measured is refused with the reason"):
            for words, expected in [
                (["--samples", 0], "--samples 0"), (["--images", 0], "--images 0"), (["--mixture", -1], "--mixture"),
                (["--binarise", "x"], "--binarise x"), (["--threads", 0], "--threads 0"),
                (["--data", "shapes:28"], "[1, 28, 28]"),
            ]:
                flags = words if "--data" in words else ["--data", data, *words]
                status, text = trainer("evaluate", "--model", model, *flags)
                require(status != 0 and expected in text, f"{words}: {text}")
        with suite.case("drawn shapes have a mutual information gap"):
            shapes = folder / "shapes.safetensors"
            status, text = trainer("train", "--out", shapes, "--hidden", 32, "--latent", 3, "--epochs", 1)
            require(status == 0, text)
            status, text = trainer("evaluate", "--model", shapes, "--mixture", 2, "--images", 100)
            require(status == 0 and "Mutual information gap" in text and "rotation" in text, text)
