"""What only a VAE can say of an image: scores against numpy on the server's own noise, and how they tell data apart."""

import json
import pathlib
import tempfile

import numpy

from evaluate import SIDE, TEST, contents, trainer, write_images
from reference import COMPONENT, IMPORTANCE, ReferenceModel, normals, prior, uniforms
from support import Server, digits, require

SAMPLES, SEED = 40, 2**50 + 3


def run(suite, models):
    shipped(suite, models)
    evaluated(suite)


def floats(images):
    return numpy.ascontiguousarray(images, "<f4").tobytes()


def score(server, route, images, query=""):
    return server.post(f"{route}/score{query}", floats(images), "application/octet-stream")


def nll(logits, x):
    return (numpy.logaddexp(0, logits) - logits * x).sum(axis=-1)


def entropy(x):
    inside = (x > 0) & (x < 1)
    p = numpy.where(inside, x, 0.5)
    return numpy.where(inside, -p * numpy.log(p) - (1 - p) * numpy.log(1 - p), 0).sum(axis=1)


def draws(model, x, samples, seed):
    """Mean of −ln p(x|z) and the log-weights of the draws that the server makes."""
    mu, sigma, log_variance = model.encode(x)
    nats, weights = [], []
    for row, image in enumerate(x.reshape(len(x), -1)):
        noise = normals(seed, samples, model.latent, IMPORTANCE, row).astype(numpy.float64)
        z = mu[row] + sigma[row] * noise
        cost = nll(model.logits(z), image)
        nats.append(cost.mean())
        weights.append(0.5 * (noise**2 - z**2 + log_variance[row]).sum(axis=1) - cost)
    return numpy.array(nats), numpy.array(weights)


def shipped(suite, models):
    with Server(models) as server:
        for card in json.loads(server.get("/v1/models"))["models"]:
            if card["likelihood"] != "bernoulli":
                continue
            name, route = card["name"], f"/v1/models/{card['name']}"
            model = ReferenceModel(pathlib.Path(models) / f"{name}.safetensors")
            x = (digits(6, *model.shape[1:])[:, None] / numpy.float32(255)).astype(numpy.float32)
            x = numpy.repeat(x, model.channels, axis=1)
            flat = x.reshape(len(x), -1).astype(numpy.float64)
            mu, sigma, log_variance = model.encode(x)
            kl = 0.5 * (mu**2 + sigma**2 - 1 - log_variance)
            with suite.case(f"{name}: score at the mean is numpy's"):
                found = score(server, route, x)
                at_mean = nll(model.logits(mu), flat)
                suite.close("KL per dimension", found["kl_per_dimension"], kl, 1e-4)
                suite.close("KL", found["kl"], kl.sum(axis=1), 1e-4)
                suite.close("−ln p(x|μ)", found["reconstruction"], at_mean, 1e-6, relative=True)
                suite.close("ELBO at the mean", found["elbo"], -at_mean - kl.sum(axis=1), 1e-6, relative=True)
                suite.close("excess", found["excess"], at_mean + kl.sum(axis=1) - entropy(flat), 1e-6, relative=True)
                suite.close("bits per dimension", found["bits_per_dimension"],
                            (at_mean + kl.sum(axis=1)) / (model.pixels * numpy.log(2)), 1e-5)
                known = server.post(f"{route}/reconstruct", floats(x), "application/octet-stream")
                require(found["reconstruction"] == known["reconstruction"] and found["kl"] == known["kl"],
                        "reconstruct says something else")
            with suite.case(f"{name}: ELBO, bound and effective sample size are numpy's on the same noise"):
                # Digits as the model sees them: images of its own, so that figures are of the usual size.
                own = numpy.array(json.loads(server.get(f"{route}/sample?n=6&seed=5"))["images"], numpy.float32)
                nats, weights = draws(model, own, SAMPLES, SEED)
                found = score(server, route, own, f"?samples={SAMPLES}&seed={SEED}")
                require(found["samples"] == SAMPLES and found["seed"] == SEED, f"{found['samples']} {found['seed']}")
                m, s, lv = model.encode(own)
                divergence = 0.5 * (m**2 + s**2 - 1 - lv).sum(axis=1)
                suite.close("E[−ln p(x|z)]", found["reconstruction"], nats, 1e-4)
                suite.close("ELBO", found["elbo"], -nats - divergence, 1e-4)
                suite.close("bound", found["bound"], numpy.logaddexp.reduce(weights, 1) - numpy.log(SAMPLES), 1e-4)
                shares = numpy.exp(weights - numpy.logaddexp.reduce(weights, 1)[:, None])
                effective = 1 / (shares**2).sum(axis=1)
                suite.close("effective sample size", found["effective_sample_size"], effective, 1e-3, relative=True)
                error = shares.std(axis=1, ddof=1) * numpy.sqrt(SAMPLES)
                suite.close("standard error", found["standard_error"], error, 1e-3)
            with suite.case(f"{name}: an image's draws depend on seed and place only; the seed drawn is told"):
                alone = score(server, route, own[:1], f"?samples={SAMPLES}&seed={SEED}")
                require(alone["bound"][0] == found["bound"][0], "the first image alone has another bound")
                told = score(server, route, own[:2], "?samples=3")
                again = score(server, route, own[:2], f"?samples=3&seed={told['seed']}")
                require(told == again, "the seed told gives another reply")
            with suite.case(f"{name}: many samples are worked on in slices, within bounds"):
                before = server.status_kilobytes("VmHWM")
                many = score(server, route, own[:1], "?samples=20000&seed=1")
                require(many["bound"][0] >= many["elbo"][0] - 1, f"{many}")
                require(server.status_kilobytes("VmHWM") - before < 8000, "draws are kept in memory")


def evaluated(suite):
    """A small model, evaluated on held-out images: its percentiles are those of these images."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        data, model = folder / "data", folder / "models" / "small.safetensors"
        train, test = write_images(data)
        # Classes that mean something: how bright an image is.
        brightness = [pixels.mean(axis=1) for pixels in (train, test)]
        labels = [numpy.digitize(values, numpy.quantile(brightness[0], [0.3, 0.7])) for values in brightness]
        for name, values in zip(("train", "t10k"), labels):
            head = bytes([0, 0, 8, 1]) + len(values).to_bytes(4, "big")
            (data / f"{name}-labels-idx1-ubyte").write_bytes(head + values.astype(numpy.uint8).tobytes())
        flags = ["--hidden", 32, "--latent", 4, "--epochs", 5, "--batch-size", 20]
        status, text = trainer("train", "--data", data, "--out", model, *flags)
        require(status == 0, text)
        status, text = trainer("evaluate", "--data", data, "--model", model, "--samples", 16, "--mixture", 3,
                               "--seed", 11, "--label-names", "dark,middle,bright", "--write")
        require(status == 0, text)
        x = numpy.float32(test).reshape(-1, 1, SIDE, SIDE)
        with Server(model.parent) as server:
            with suite.case("the median of the held-out images is at 50 %, their worst at 0, their best at 100"):
                found = score(server, "/v1", x)
                require(len(found["percentile"]) == 8, f"{sorted(found['percentile'])}")
                for name, percentiles in found["percentile"].items():
                    ranked = numpy.sort(percentiles)
                    require(ranked[0] < 0.01 and ranked[-1] > 99.99, f"{name}: {ranked[0]}…{ranked[-1]}")
                    expected = 100 * numpy.arange(TEST) / (TEST - 1)
                    # Between the ranks that are kept, up to ten per cent apart, lie straight lines.
                    require(numpy.abs(ranked - expected).max() < 5, f"{name}: {numpy.abs(ranked - expected).max()}")
            with suite.case("with the evaluation's seed and samples the server draws what the evaluation drew"):
                drawn = score(server, "/v1", x, "?samples=16&seed=11&score=bound&threshold=10")
                ranked = numpy.sort(drawn["percentile"]["bound"])
                require(ranked[0] < 0.01 and ranked[-1] > 99.99, f"{ranked[0]}…{ranked[-1]}")
                require(abs(sum(drawn["anomalous"]) / TEST - 0.1) < 0.03, f"{sum(drawn['anomalous'])} of {TEST}")
            samplers(suite, server, model, x)
            landmarks(suite, server, model, x, train, labels)
            with suite.case("the model card says what can be asked by name"):
                card = json.loads(server.get("/v1/models/small"))
                require(card["samplers"] == ["prior", "gmm", "gaussian"], f"{card['samplers']}")
                kl = numpy.array(card["kl_per_dimension"])
                require(sorted(card["dimensions_by_kl"]) == [0, 1, 2, 3], f"{card['dimensions_by_kl']}")
                require((numpy.diff(kl[card["dimensions_by_kl"]]) <= 0).all(), f"{kl}, {card['dimensions_by_kl']}")
                scores = card["scores"]
                require(scores["default"] == "excess" and scores["samples"] == 16 and scores["images"] == TEST, f"{scores}")
                require(set(scores["percentiles"]) == set(found["percentile"]), f"{scores}")
                require(set(scores["drawn_percentiles"]) == set(drawn["percentile"]), f"{scores}")
            with suite.case("noise is new to a model of strokes, by the default score"):
                noise = numpy.random.default_rng(3).random((20, 1, SIDE, SIDE), numpy.float32)
                flagged = score(server, "/v1", noise, "?threshold=1")
                require(flagged["score"] == "excess", flagged["score"])
                require(sum(flagged["anomalous"]) >= 17, f"{flagged['percentile']['excess']}")


def samplers(suite, server, path, x):
    """Codes of every sampler are numpy's, from the checkpoint's tensors and the server's noise."""
    tensors, reference, rows = contents(path)[0], ReferenceModel(path), 12
    with suite.case("sampler=gaussian: mean + L ε with the moments of the codes"):
        found = json.loads(server.get(f"/v1/sample?sampler=gaussian&n={rows}&seed={SEED}&temperature=0.8"))
        factor = numpy.linalg.cholesky(tensors["aggregate.covariance"].astype(numpy.float64))
        expected = tensors["aggregate.mean"] + 0.8 * prior(SEED, rows, 4) @ factor.T
        suite.close("z of the Gaussian", found["z"], expected, 1e-4)
        require(found["sampler"] == "gaussian", f"{found['sampler']}")
    with suite.case("sampler=gmm: the component by its weight, then mean + L ε"):
        found = json.loads(server.get(f"/v1/sample?sampler=gmm&n={rows}&seed={SEED}"))
        weights = tensors["aggregate.mixture.weights"].astype(numpy.float64)
        chosen = numpy.searchsorted(weights.cumsum(), uniforms(SEED, rows, COMPONENT) * weights.sum(), "right")
        require(len(set(chosen)) > 1, f"{chosen}")
        expected = tensors["aggregate.mixture.means"][chosen] + numpy.einsum(
            "nij,nj->ni", tensors["aggregate.mixture.cholesky"][chosen].astype(numpy.float64), prior(SEED, rows, 4))
        suite.close("z of the mixture", found["z"], expected, 1e-4)
        suite.close("images of the mixture", found["images"], reference.decode(found["z"]), 1e-5)
    with suite.case("distance: Euclidean, Wasserstein-2 and symmetric KL are numpy's"):
        flat = [image.ravel().tolist() for image in x[:4]]
        found = server.post("/v1/distance", {"from": flat[:2], "to": flat[1:]})
        mu, sigma, _ = reference.encode(x[:4])
        a, b, s, t = mu[:2, None], mu[None, 1:], sigma[:2, None], sigma[None, 1:]
        euclidean = ((a - b) ** 2).sum(-1)
        suite.close("Euclidean distance", found["euclidean"], numpy.sqrt(euclidean), 1e-5)
        suite.close("Wasserstein-2", found["wasserstein2"], numpy.sqrt(euclidean + ((s - t) ** 2).sum(-1)), 1e-5)
        one = numpy.log(t / s) + (s**2 + (a - b) ** 2) / (2 * t**2) - 0.5
        two = numpy.log(s / t) + (t**2 + (a - b) ** 2) / (2 * s**2) - 0.5
        suite.close("symmetric KL", found["symmetric_kl"], (one + two).sum(-1), 1e-4)
    with suite.case("POST sample: μ + temperature·σ·ε, with the noise of score"):
        found = server.post(f"/v1/sample?n=5&seed={SEED}&temperature=0.5", floats(x[:3]), "application/octet-stream")
        mu, sigma, _ = reference.encode(x[:3])
        noise = numpy.stack([normals(SEED, 5, 4, IMPORTANCE, row) for row in range(3)])
        expected = (mu[:, None] + 0.5 * sigma[:, None] * noise).reshape(15, 4)
        suite.close("z of the posterior", found["z"], expected, 1e-5)
        suite.close("images of the posterior", found["images"], reference.decode(found["z"]), 1e-5)


def landmarks(suite, server, path, x, train, labels):
    """Prototypes and directions are means of codes by class; distance finds the nearest."""
    tensors, reference = contents(path)[0], ReferenceModel(path)
    mu = reference.encode(numpy.float32(train).reshape(-1, 1, SIDE, SIDE))[0]
    inside = numpy.stack([mu[labels[0] == label].mean(axis=0) for label in range(3)])
    outside = numpy.stack([mu[labels[0] != label].mean(axis=0) for label in range(3)])
    with suite.case("prototypes are the means of classes, directions their differences from the others"):
        suite.close("prototypes", tensors["landmarks.prototypes"], inside, 1e-5)
        suite.close("directions", tensors["landmarks.directions"], inside - outside, 1e-5)
        card = json.loads(server.get("/v1/models/small"))
        require(card["prototypes"] == card["attributes"] == ["dark", "middle", "bright"], f"{card['prototypes']}")
    with suite.case("distance without to: from each prototype, and the nearest of them"):
        found = server.post("/v1/distance", floats(x), "application/octet-stream")
        distances = numpy.linalg.norm(reference.encode(x)[0][:, None] - inside[None], axis=2)
        suite.close("distance from prototypes", found["euclidean"], distances, 1e-4)
        nearest = [entry["name"] for entry in found["nearest"]]
        require(nearest == [card["prototypes"][index] for index in distances.argmin(axis=1)], f"{nearest}")
        suite.close("distance of the nearest", [entry["distance"] for entry in found["nearest"]],
                    distances.min(axis=1), 1e-4)
