#!/usr/bin/env python3
"""Opens a checkpoint with Python's safetensors and checks it against its own configuration.

    pip install numpy safetensors
    python read_checkpoint.py FILE.safetensors

Prints one JSON object (configuration, training record, shape and sum of every tensor) and exits 0, or says what is
wrong and exits 1.
"""

import json
import sys

import numpy
from safetensors import safe_open


def shape_behind(layers, shape):
    """What a list of layers makes of one row of `shape`."""
    for layer in layers:
        if layer["type"] == "linear":
            shape = [layer["out"]]
        elif layer["type"] == "flatten":
            shape = [int(numpy.prod(shape))]
        elif layer["type"] == "unflatten":
            shape = layer["shape"]
        elif layer["type"] == "conv2d":
            reach = 2 * layer["padding"] - layer["kernel"]
            shape = [layer["out"]] + [(extent + reach) // layer["stride"] + 1 for extent in shape[1:]]
        elif layer["type"] == "conv_transpose2d":
            reach = layer["kernel"] + layer.get("output_padding", 0) - 2 * layer["padding"]
            shape = [layer["out"]] + [(extent - 1) * layer["stride"] + reach for extent in shape[1:]]
    return shape


def expected_shapes(config):
    """Name and shape of every tensor that a model of this configuration has, as in a PyTorch state_dict."""
    shapes = {}

    def append(name, inputs, outputs):
        shapes[f"{name}.weight"] = [outputs, inputs]
        shapes[f"{name}.bias"] = [outputs]

    for part in ("encoder", "decoder"):
        for index, layer in enumerate(config[part]):
            if layer["type"] == "linear":
                append(f"{part}.{index}", layer["in"], layer["out"])
            elif layer["type"] in ("conv2d", "conv_transpose2d"):
                channels = [layer["out"], layer["in"]]
                channels = channels if layer["type"] == "conv2d" else channels[::-1]
                shapes[f"{part}.{index}.weight"] = channels + 2 * [layer["kernel"]]
                shapes[f"{part}.{index}.bias"] = [layer["out"]]
    if config["sigma"] != "none":
        features = int(numpy.prod(shape_behind(config["encoder"], config["input"])))
        append("mu", features, config["latent"])
        append("sigma", features, config["latent"])
    if isinstance(config["likelihood"], dict) and config["likelihood"]["scale"] == "learned":
        shapes["likelihood.log_scale"] = [1]
    return shapes


def read(path):
    """Metadata and tensors; raises ValueError with what was expected and what was found."""
    with safe_open(path, framework="numpy") as file:
        metadata = file.metadata() or {}
        # What an evaluation has added is not the model's.
        names = [name for name in file.keys() if not name.startswith(("aggregate.", "landmarks."))]
        tensors = {name: file.get_tensor(name) for name in names}
    for key, value in (("format", "vae-checkpoint"), ("version", "1")):
        if metadata.get(key) != value:
            raise ValueError(f'metadata "{key}": expected "{value}", found {metadata.get(key)!r}')
    config = json.loads(metadata["config"])
    shapes = expected_shapes(config)
    if set(shapes) != set(tensors):
        raise ValueError(f"expected tensors {sorted(shapes)}, found {sorted(tensors)}")
    for name, tensor in tensors.items():
        if tensor.dtype != numpy.float32 or list(tensor.shape) != shapes[name]:
            raise ValueError(f"{name}: expected float32 {shapes[name]}, found {tensor.dtype} {list(tensor.shape)}")
        if not numpy.isfinite(tensor).all():
            raise ValueError(f"{name}: expected finite numbers, found NaN or infinity")
    return metadata, config, tensors


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        metadata, config, tensors = read(sys.argv[1])
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller wants one line
        sys.exit(f"{sys.argv[1]}: {error}")
    summary = {
        "config": config,
        "training": json.loads(metadata.get("training", "{}")),
        "license": metadata.get("license"),
        "tensors": {
            name: {"shape": list(tensor.shape), "sum": float(tensor.astype(numpy.float64).sum())}
            for name, tensor in sorted(tensors.items())
        },
    }
    print(json.dumps(summary))


if __name__ == "__main__":
    main()
