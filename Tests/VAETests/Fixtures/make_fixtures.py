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
import pathlib
import sys

import torch
from safetensors.torch import save_file
from torch import nn

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


def small(sigma, clamp):
    """1×6×5 images, hidden width 16, three latent dimensions, every activation somewhere."""
    return {
        "input": [1, 6, 5],
        "latent": 3,
        "encoder": [
            {"type": "flatten"}, linear(30, 16), {"type": "relu"}, linear(16, 16), {"type": "tanh"},
            linear(16, 16), {"type": "leaky_relu", "slope": 0.2},
        ],
        "decoder": [
            linear(3, 16), {"type": "silu"}, linear(16, 16), {"type": "sigmoid"}, linear(16, 30),
        ],
        "likelihood": "bernoulli",
        "sigma": sigma,
        "log_variance_clamp": clamp,
    }


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
        features = [layer["out"] for layer in config["encoder"] if layer["type"] == "linear"][-1]
        self.mu = nn.Linear(features, config["latent"])
        self.sigma = nn.Linear(features, config["latent"])
        self.decoder = nn.Sequential(*(MODULES[layer["type"]](layer) for layer in config["decoder"]))

    def forward(self, x, noise):
        features = self.encoder(x)
        mu, raw = self.mu(features), self.sigma(features)
        log_variance = (2 * raw if self.config["sigma"] == "log_sigma" else raw).clamp(*self.config["log_variance_clamp"])
        sigma = torch.exp(log_variance / 2)
        z = mu + sigma * noise
        logits = self.decoder(z).flatten(1)
        flat = x.flatten(1)
        return {
            "mu": mu,
            "log_variance": log_variance,
            "sigma": sigma,
            "z": z,
            "logits": logits,
            "mean": torch.sigmoid(logits),
            "reconstruction": nn.functional.binary_cross_entropy_with_logits(logits, flat, reduction="none").sum(1),
            "kl": -0.5 * (1 + log_variance - mu**2 - log_variance.exp()),
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
    noise = torch.randn(ROWS, config["latent"])
    with torch.no_grad():
        outputs = model.double()(x.double(), noise.double())
    reference = {"x": x.flatten(1), "noise": noise, **{key: value.float() for key, value in outputs.items()}}
    save_file({key: value.contiguous() for key, value in reference.items()}, directory / f"{name}_reference.safetensors")
    clamped = (outputs["log_variance"].eq(config["log_variance_clamp"][0])
               | outputs["log_variance"].eq(config["log_variance_clamp"][1])).float().mean()
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


if __name__ == "__main__":
    main()
