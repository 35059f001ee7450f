#!/usr/bin/env python3
"""What PyTorch says about the likelihoods: likelihoods.safetensors.

    pip install torch numpy safetensors
    python make_likelihoods.py

For each case of the list in the metadata: the decoder's numbers `n.decoded` and `n.x`, both [rows, width], then −ln p of
each row in `n.nll`, and its gradients, by autograd, in `n.gradient` and `n.log_scale_gradient` (one number a row), and
E[x] in `n.mean`. Computed in float64 from the float32 inputs, stored as float32.

Every formula is the definition, and not the one that the service computes with: the continuous Bernoulli's normaliser
is an integral by Gauss–Legendre quadrature, and a level of the discretised logistic a difference of two sigmoids.
"""

import json
import math
import pathlib

import numpy
import torch
from safetensors.torch import save_file

ROWS, WIDTH = 4, 37
CASES = (  # likelihood, scale
    ("bernoulli", None), ("continuous_bernoulli", None), ("multinomial", None),
    ("gaussian", 0.001), ("gaussian", 0.05), ("gaussian", 0.5), ("gaussian", 1.0), ("gaussian", 30.0),
    ("discretized_logistic", 0.001), ("discretized_logistic", 0.01), ("discretized_logistic", 0.2),
    ("discretized_logistic", 1.0), ("discretized_logistic", 30.0))
EDGES = (0.0, 1e-7, -1e-7, 1e-3, -1e-3, 0.1, -0.5, 0.999, 1.0, 1.001, -1.001, 5.0, -17.0, 40.0, -40.0)
NODES, WEIGHTS = (torch.from_numpy(numbers) for numbers in numpy.polynomial.legendre.leggauss(256))


def bernoulli(a, x, log_scale):
    terms = torch.nn.functional.binary_cross_entropy_with_logits(a, x, reduction="none")
    return terms.sum(1), torch.sigmoid(a)


def continuous_bernoulli(a, x, log_scale):
    """p(x) = e^(a x) / integral of e^(a t) over 0…1."""
    t, weights = (NODES + 1) / 2, WEIGHTS / 2
    exponents = a[..., None] * t + weights.log()
    shares = torch.softmax(exponents, -1)
    return (torch.logsumexp(exponents, -1) - a * x).sum(1), (shares * t).sum(-1)


def gaussian(m, x, log_scale):
    return -torch.distributions.Normal(m, log_scale.exp()).log_prob(x).sum(1), m.clamp(0, 1)


def discretized_logistic(m, x, log_scale):
    level = (x * 256).floor().clamp(0, 255)
    lower, upper = (level / 256 - m) / log_scale.exp(), ((level + 1) / 256 - m) / log_scale.exp()
    flip = lower + upper > 0  # the difference of two numbers near 1 is that of two numbers near 0
    small, large = torch.where(flip, -upper, lower), torch.where(flip, -lower, upper)
    inside = torch.sigmoid(large) - torch.sigmoid(small)
    p = torch.where(level == 0, torch.sigmoid(upper), torch.where(level == 255, torch.sigmoid(-lower), inside))
    assert p.min() > 0
    return -p.log().sum(1), m.clamp(0, 1)


def multinomial(a, x, log_scale):
    return -(x * torch.log_softmax(a, 1)).sum(1), torch.softmax(a, 1)


FORMULAS = {formula.__name__: formula
            for formula in (bernoulli, continuous_bernoulli, gaussian, discretized_logistic, multinomial)}


def inputs(name):
    """Row 0 is ordinary; the others have the edges: x at 0 and 1, and between, with every edge of the logits."""
    x = torch.rand(ROWS, WIDTH)
    x[1], x[2], x[3, ::2] = 0, 1, torch.randint(0, 2, (19,)).float()
    if name == "multinomial":
        x = torch.poisson(torch.full((ROWS, WIDTH), 0.7))
    if name in ("gaussian", "discretized_logistic"):
        decoded = x + 0.2 * torch.randn(ROWS, WIDTH)
        decoded[0, 0], decoded[0, 1], x[0, 1] = x[0, 0], 0.5, 0.5
        x[0, 2:] = torch.randint(0, 256, (WIDTH - 2,)) / 255  # what a picture has
        x[0, -3:] = torch.tensor([1 / 255, 254 / 255, 255 / 255])
        # Not so far off that float64 underflows where the reference takes a difference.
        return decoded.clamp(x - 0.6, x + 0.6), x
    decoded = 3 * torch.randn(ROWS, WIDTH)
    decoded[1:, :len(EDGES)] = torch.tensor(EDGES)
    if name != "multinomial":
        x[3, :len(EDGES)] = torch.rand(len(EDGES))
    return decoded, x


def main():
    torch.manual_seed(21)
    tensors = {}
    for number, (name, scale) in enumerate(CASES):
        decoded, x = inputs(name)
        log_scale = torch.tensor(math.log(scale or 1), dtype=torch.float32)
        a = decoded.double().requires_grad_()
        s = log_scale.double().expand(ROWS, 1).clone().requires_grad_()
        nll, mean = FORMULAS[name](a, x.double(), s)
        gradient, scale_gradient = torch.autograd.grad(nll.sum(), (a, s), allow_unused=True)
        values = {"decoded": decoded, "x": x, "log_scale": log_scale[None], "nll": nll, "gradient": gradient,
                  "mean": mean, "log_scale_gradient": torch.zeros(ROWS) if scale is None else scale_gradient[:, 0]}
        for key, value in values.items():
            assert value.isfinite().all(), (name, scale, key)
            tensors[f"{number}.{key}"] = value.detach().float().contiguous()
        print(f"{name} {scale}: {nll.tolist()}")
    path = pathlib.Path(__file__).resolve().parent / "likelihoods.safetensors"
    cases = [name if scale is None else {"type": name, "scale": scale} for name, scale in CASES]
    save_file(tensors, path, metadata={"torch": torch.__version__, "cases": json.dumps(cases)})
    print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
