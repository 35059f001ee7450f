"""What both peers share of reading a checkpoint: its configuration, its tensors, and its layers in order."""

import json
import pathlib

import numpy
from safetensors import safe_open


class Checkpoint:
    """A `.safetensors` file of a variational autoencoder."""

    def __init__(self, path):
        self.name = pathlib.Path(path).stem
        with safe_open(path, framework="numpy") as file:
            self.config = json.loads(file.metadata()["config"])
            self.tensors = {name: file.get_tensor(name) for name in file.keys()}
        self.latent, self.shape = self.config["latent"], tuple(self.config["input"])
        self.pixels = int(numpy.prod(self.shape))
        # Scales what the σ head gives, so that exp of it is σ: ln σ² is halved, ln σ is not.
        self.sigma_scale = {"log_variance": 0.5, "log_sigma": 1.0}[self.config["sigma"]]

    def layers(self, part):
        """(name in the state dictionary, layer) of "encoder" or "decoder", with `flatten` where an image meets a
        linear layer."""
        flat = part == "decoder" or not any(layer["type"].startswith("conv") for layer in self.config[part])
        for index, layer in enumerate(self.config[part]):
            if layer["type"] == "linear" and not flat:
                yield None, {"type": "flatten"}
            if layer["type"] in ("linear", "flatten"):
                flat = True
            elif layer["type"] == "unflatten":
                flat = False
            yield f"{part}.{index}", layer
        if part == "encoder" and not flat:
            yield None, {"type": "flatten"}

    def input_shape(self, part):
        """The shape of one row that the first layer wants."""
        if part == "decoder":
            return (self.latent,)
        return self.shape if self.config["encoder"][0]["type"] == "conv2d" else (self.pixels,)

    def output_rank(self):
        """How many dimensions the decoder's output has: 2 behind a linear layer, 4 behind a convolution."""
        kinds = [layer["type"] for layer in self.config["decoder"]]
        last = [kind for kind in kinds if kind == "linear" or kind.startswith("conv")][-1]
        return 2 if last == "linear" else 4
