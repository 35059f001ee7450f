#!/usr/bin/env python3
"""Makes what PyTorch says about scores: ELBO and importance-weighted bound of images, with the server's own noise.

    pip install torch numpy safetensors pillow
    python make_scores.py                      # <name>_scores.safetensors beside this file

For the models and images of make_fixtures.py. The noise is Philox4x32-10 as `Tests/Integration/reference.py` has it,
written from the paper; everything else is torch.distributions in float64.
"""

import json
import pathlib
import sys

import numpy
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch.distributions import Independent, Normal, kl_divergence

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "Integration"))

from make_fixtures import MODULES  # noqa: E402
from reference import IMPORTANCE, normals  # noqa: E402

SEED, DRAWS = 2**40 + 7, 21


def network(config, weights, prefix):
    modules = [MODULES[layer["type"]](layer) for layer in config[prefix]]
    chain = torch.nn.Sequential(*modules).double()
    chain.load_state_dict({name[len(prefix) + 1:]: value.double() for name, value in weights.items()
                           if name.startswith(f"{prefix}.")})
    return chain


@torch.no_grad()
def scores(name):
    path = HERE / f"{name}.safetensors"
    with safe_open(path, "pt") as file:
        config = json.loads(file.metadata()["config"])
    weights = load_file(path)
    x = load_file(HERE / f"{name}_reference.safetensors")["x"].double()
    features = network(config, weights, "encoder")(x.reshape(-1, *config["input"]))
    def head(part):
        return features @ weights[f"{part}.weight"].double().T + weights[f"{part}.bias"].double()
    log_variance = (head("sigma") * (2 if config["sigma"] == "log_sigma" else 1)).clamp(*config["log_variance_clamp"])
    mu, sigma = head("mu"), torch.exp(0.5 * log_variance)
    q, p = Normal(mu, sigma), Normal(torch.zeros(mu.shape[1]).double(), torch.ones(mu.shape[1]).double())
    decoder = network(config, weights, "decoder")

    def nll(z, images):
        decoded = decoder(z)
        if config["likelihood"] == "bernoulli":
            return torch.nn.functional.binary_cross_entropy_with_logits(decoded, images, reduction="none").sum(-1)
        scale = torch.exp(weights["likelihood.log_scale"].double())
        return -Independent(Normal(decoded, scale), 1).log_prob(images)

    noise = numpy.stack([normals(SEED, DRAWS, mu.shape[1], IMPORTANCE, row) for row in range(len(x))])
    e = torch.from_numpy(noise).double()
    z = mu[:, None] + sigma[:, None] * e
    repeated = x[:, None].expand(-1, DRAWS, -1).reshape(-1, x.shape[1])
    costs = nll(z.reshape(-1, z.shape[2]), repeated).reshape(len(x), DRAWS)
    log_weights = -costs + p.log_prob(z).sum(-1) - Normal(mu[:, None], sigma[:, None]).log_prob(z).sum(-1)
    shares = torch.softmax(log_weights, 1)
    kl = kl_divergence(q, p)
    if config["likelihood"] == "bernoulli":
        floor = torch.distributions.Bernoulli(probs=x).entropy().sum(-1)
    else:
        scale = torch.exp(weights["likelihood.log_scale"].double())
        floor = -Independent(Normal(x, scale), 1).log_prob(x)
    at_mean = nll(mu, x)
    found = {
        "kl": kl, "reconstruction_at_mean": at_mean, "elbo_at_mean": -at_mean - kl.sum(1), "floor": floor,
        "reconstruction": costs.mean(1), "elbo": -costs.mean(1) - kl.sum(1),
        "bound": torch.logsumexp(log_weights, 1) - numpy.log(DRAWS), "effective_samples": 1 / (shares**2).sum(1),
        "noise": e,
    }
    save_file({key: value.float().contiguous() for key, value in found.items()}, HERE / f"{name}_scores.safetensors",
              {"seed": str(SEED), "draws": str(DRAWS), "torch": torch.__version__.split("+")[0]})


if __name__ == "__main__":
    for model in ("pytorch_log_variance", "pytorch_log_sigma", "pytorch_gaussian"):
        scores(model)
