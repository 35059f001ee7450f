#!/usr/bin/env python3
"""Makes the checkpoints that stand for "trained with PyTorch, served here", and what PyTorch computes with them.

    pip install torch numpy safetensors
    python make_fixtures.py [DIRECTORY]           # the committed files: <name>.safetensors, <name>_reference.safetensors
    python make_fixtures.py --large DIRECTORY     # one with the PyTorch example's 784-400-20, too big to commit

A checkpoint is a state_dict saved with safetensors plus a few metadata strings. The reference beside it holds inputs
and everything on the way through the model for them, computed in float64 from the float32 weights.

A second run gives the same tensors; safetensors writes the metadata strings in an order of its own each time.
"""

import json
import math
import pathlib
import sys

import torch
from safetensors.torch import save_file
from torch import nn

from make_likelihoods import FORMULAS

ROWS = 5


def window(layer):
    return layer["in"], layer["out"], layer["kernel"], layer["stride"], layer["padding"]


MODULES = {
    "flatten": lambda layer: nn.Flatten(),
    "unflatten": lambda layer: nn.Unflatten(1, layer["shape"]),
    "conv2d": lambda layer: nn.Conv2d(*window(layer)),
    "conv_transpose2d": lambda layer: nn.ConvTranspose2d(*window(layer), layer.get("output_padding", 0)),
    "linear": lambda layer: nn.Linear(layer["in"], layer["out"]),
    "relu": lambda layer: nn.ReLU(),
    "tanh": lambda layer: nn.Tanh(),
    "sigmoid": lambda layer: nn.Sigmoid(),
    "leaky_relu": lambda layer: nn.LeakyReLU(layer.get("slope", 0.01)),
    "silu": lambda layer: nn.SiLU(),
}


def linear(inputs, outputs):
    return {"type": "linear", "in": inputs, "out": outputs}


def convolution(kind, inputs, outputs, kernel, stride, padding, **more):
    return {"type": kind, "in": inputs, "out": outputs, "kernel": kernel, "stride": stride, "padding": padding, **more}


def convolutional():
    """3×8×8 images; windows that overlap and windows that leave gaps."""
    return {
        "input": [3, 8, 8],
        "latent": 3,
        "encoder": [
            convolution("conv2d", 3, 6, 4, 2, 1), {"type": "relu"}, convolution("conv2d", 6, 17, 3, 1, 1),
            {"type": "silu"}, {"type": "flatten"}, linear(17 * 4 * 4, 16), {"type": "relu"},
        ],
        "decoder": [
            linear(3, 32), {"type": "relu"}, {"type": "unflatten", "shape": [8, 2, 2]},
            convolution("conv_transpose2d", 8, 6, 4, 2, 1), {"type": "leaky_relu", "slope": 0.1},
            convolution("conv2d", 6, 5, 2, 1, 0), {"type": "tanh"},
            convolution("conv_transpose2d", 5, 3, 3, 2, 0, output_padding=1),
            {"type": "tanh"}, convolution("conv2d", 3, 3, 1, 1, 0),
        ],
        "likelihood": "bernoulli",
        "sigma": "log_variance",
        "log_variance_clamp": [-10, 10],
    }


def small(sigma, clamp, likelihood="bernoulli", classes=None):
    """1×6×5 images, hidden width 16, three latent dimensions, every activation somewhere."""
    config = {
        "input": [1, 6, 5],
        "latent": 3,
        "encoder": [
            {"type": "flatten"}, linear(30 + (classes or 0), 16), {"type": "relu"}, linear(16, 16), {"type": "tanh"},
            linear(16, 16), {"type": "leaky_relu", "slope": 0.2},
        ],
        "decoder": [
            linear(3 + (classes or 0), 16), {"type": "silu"}, linear(16, 16), {"type": "sigmoid"}, linear(16, 30),
        ],
        "likelihood": likelihood,
        "sigma": sigma,
        "log_variance_clamp": clamp,
    }
    return config if classes is None else {**config, "classes": classes}


def autoencoder():
    """No heads: the encoder's output is the code."""
    config = small("none", None, {"type": "gaussian", "scale": 0.5})
    del config["log_variance_clamp"]
    return {**config, "encoder": [{"type": "flatten"}, linear(30, 16), {"type": "tanh"}, linear(16, 3)]}


def pytorch_example():
    """The VAE of the PyTorch examples: 784-400-20."""
    return {
        "input": [1, 28, 28],
        "latent": 20,
        "encoder": [{"type": "flatten"}, linear(784, 400), {"type": "relu"}],
        "decoder": [linear(20, 400), {"type": "relu"}, linear(400, 784)],
        "likelihood": "bernoulli",
        "sigma": "log_variance",
        "log_variance_clamp": [-10, 10],
    }


class VAE(nn.Module):
    """As anyone would write it; the attribute names are those of the file's tensors."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.encoder = nn.Sequential(*(MODULES[layer["type"]](layer) for layer in config["encoder"]))
        if config["sigma"] != "none":
            features = [layer["out"] for layer in config["encoder"] if layer["type"] == "linear"][-1]
            self.mu = nn.Linear(features, config["latent"])
            self.sigma = nn.Linear(features, config["latent"])
        self.decoder = nn.Sequential(*(MODULES[layer["type"]](layer) for layer in config["decoder"]))

        likelihood = config["likelihood"]
        self.name, scale = (likelihood, 1) if isinstance(likelihood, str) else (likelihood["type"], likelihood["scale"])
        if scale == "learned":
            self.likelihood = nn.ParameterDict({"log_scale": nn.Parameter(torch.tensor([-0.6]))})
        self.fixed_scale = None if scale == "learned" else torch.tensor([math.log(scale)])

    def posterior(self, features):
        if self.config["sigma"] == "none":  # stated as a number, where ln 0 would be −∞
            return features, torch.full_like(features, -80), torch.zeros_like(features)
        mu, raw = self.mu(features), self.sigma(features)
        log_variance = (2 * raw if self.config["sigma"] == "log_sigma" else raw).clamp(*self.config["log_variance_clamp"])
        return mu, log_variance, torch.exp(log_variance / 2)

    def forward(self, x, noise, label):
        flat = x.flatten(1)
        mu, log_variance, sigma = self.posterior(self.encoder(torch.cat([flat, label], 1) if label.shape[1] else x))
        z = mu + sigma * noise
        logits = self.decoder(torch.cat([z, label], 1)).flatten(1)
        log_scale = self.likelihood["log_scale"] if self.fixed_scale is None else self.fixed_scale
        nll, mean = FORMULAS[self.name](logits, flat, log_scale.to(flat))
        kl = torch.zeros_like(mu) if self.config["sigma"] == "none" else -0.5 * (
            1 + log_variance - mu**2 - log_variance.exp())
        return {
            "mu": mu,
            "log_variance": log_variance,
            "sigma": sigma,
            "z": z,
            "logits": logits,
            "mean": mean,
            "reconstruction": nll,
            "kl": kl,
        }


def save(directory, name, config, seed):
    torch.manual_seed(seed)
    model = VAE(config)
    with torch.no_grad():
        for parameter in model.parameters():  # PyTorch's initial weights are too small to tell activations apart
            parameter.mul_(2)
    metadata = {
        "format": "vae-checkpoint",
        "version": "1",
        "config": json.dumps(config),
        "training": json.dumps({"dataset": "noise", "epochs": 0, "seed": seed, "command": "make_fixtures.py"}),
        "license": "Apache-2.0",
    }
    save_file(model.state_dict(), directory / f"{name}.safetensors", metadata=metadata)

    x = torch.rand(ROWS, *config["input"])
    if config["likelihood"] == "multinomial":
        x = torch.poisson(2 * x)
    noise = torch.randn(ROWS, config["latent"])
    label = torch.eye(config["classes"]).repeat(ROWS, 1)[:ROWS] if "classes" in config else torch.zeros(ROWS, 0)
    with torch.no_grad():
        outputs = model.double()(x.double(), noise.double(), label.double())
    reference = {"x": x.flatten(1), "noise": noise, **{key: value.float() for key, value in outputs.items()}}
    if "classes" in config:
        reference["label"] = label
    save_file({key: value.contiguous() for key, value in reference.items()}, directory / f"{name}_reference.safetensors")
    low, high = config.get("log_variance_clamp", (-80, -80))
    clamped = (outputs["log_variance"].eq(low) | outputs["log_variance"].eq(high)).float().mean()
    print(f"{name}: torch {torch.__version__}, {clamped:.0%} of the log-variances clamped")


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--large"]
    directory = pathlib.Path(arguments[0] if arguments else __file__).resolve()
    directory = directory if directory.is_dir() else directory.parent
    if "--large" in sys.argv:
        save(directory, "pytorch_784_400_20", pytorch_example(), seed=3)
        return
    save(directory, "pytorch_convolutions", convolutional(), seed=4)
    save(directory, "pytorch_log_variance", small("log_variance", [-10, 10]), seed=1)
    save(directory, "pytorch_log_sigma", small("log_sigma", [-1.9, 1.8]), seed=2)
    likelihoods = ("continuous_bernoulli", {"type": "gaussian", "scale": "learned"},
                   {"type": "discretized_logistic", "scale": 0.1}, "multinomial")
    for seed, likelihood in enumerate(likelihoods, 5):
        name = likelihood if isinstance(likelihood, str) else likelihood["type"]
        save(directory, f"pytorch_{name}", small("log_variance", [-10, 10], likelihood), seed)
    save(directory, "pytorch_autoencoder", autoencoder(), seed=9)
    save(directory, "pytorch_conditional", small("log_variance", [-10, 10], classes=4), seed=10)


if __name__ == "__main__":
    main()
