#!/usr/bin/env python3
"""What PyTorch says about convolutions: convolutions.safetensors and the literals of ConvolutionGeometryTests.

    pip install torch numpy safetensors
    python make_convolutions.py

The file has, for each layer of the list in its metadata, inputs `n.x`, weights `n.weight` and `n.bias`, outputs `n.y`,
a gradient `n.dy` of them, and from it `n.dx`, `n.dweight` and `n.dbias`; computed in float64, stored as float32.
"""

import json
import pathlib

import torch
from safetensors.torch import save_file
from torch import nn

ROWS = 3
SIZES = (  # H, kernel, stride, padding, output_padding
    (1, 1, 1, 0, 0), (4, 4, 1, 0, 0), (5, 3, 1, 1, 0), (28, 3, 2, 1, 1), (64, 4, 2, 1, 0), (7, 4, 3, 2, 2),
    (9, 5, 8, 4, 7), (16, 16, 8, 15, 0))
LAYERS = (  # transposed, in, out, H, W, kernel, stride, padding, output_padding
    (False, 1, 32, 8, 8, 4, 2, 1, 0), (False, 3, 5, 7, 6, 3, 1, 1, 0), (False, 16, 9, 6, 4, 4, 2, 1, 0),
    (False, 2, 3, 6, 5, 3, 2, 0, 0), (False, 4, 18, 9, 7, 2, 3, 0, 0),
    (True, 32, 1, 4, 4, 4, 2, 1, 0), (True, 10, 16, 3, 2, 4, 2, 1, 0), (True, 5, 3, 4, 5, 3, 1, 1, 0),
    (True, 3, 2, 3, 4, 3, 2, 1, 1), (True, 18, 5, 2, 3, 2, 3, 0, 2), (True, 2, 8, 3, 3, 5, 2, 4, 1))


def layer_of(transposed, inputs, outputs, height, width, kernel, stride, padding, output_padding):
    if transposed:
        return nn.ConvTranspose2d(inputs, outputs, kernel, stride, padding, output_padding)
    return nn.Conv2d(inputs, outputs, kernel, stride, padding)


def description(transposed, inputs, outputs, height, width, kernel, stride, padding, output_padding):
    entry = {"type": "conv_transpose2d" if transposed else "conv2d", "in": inputs, "out": outputs, "kernel": kernel,
             "stride": stride, "padding": padding}
    if output_padding:
        entry["output_padding"] = output_padding
    return entry


def main():
    torch.manual_seed(11)
    tensors, layers, inputs = {}, [], []
    for number, numbers in enumerate(LAYERS):
        layer = layer_of(*numbers)
        layers.append(description(*numbers))
        inputs.append([numbers[1], numbers[3], numbers[4]])
        x = torch.randn(ROWS, *inputs[-1])
        values = {"x": x, "weight": layer.weight.detach().clone(), "bias": layer.bias.detach().clone()}
        layer, x = layer.double(), x.double().requires_grad_()
        y = layer(x)
        dy = torch.randn(y.shape).double()
        y.backward(dy)
        values |= {"y": y.detach(), "dy": dy, "dx": x.grad, "dweight": layer.weight.grad, "dbias": layer.bias.grad}
        tensors |= {f"{number}.{name}": value.float().contiguous() for name, value in values.items()}
    path = pathlib.Path(__file__).resolve().parent / "convolutions.safetensors"
    metadata = {"torch": torch.__version__, "layers": json.dumps(layers), "inputs": json.dumps(inputs)}
    save_file(tensors, path, metadata=metadata)
    print(f"{path.name}: {len(layers)} layers, {path.stat().st_size} bytes")

    print("H, kernel, stride, padding, H' of Conv2d, output_padding, H' of ConvTranspose2d:")
    for size, kernel, stride, padding, output_padding in SIZES:
        x = torch.zeros(1, 2, size, size)
        convolved = nn.Conv2d(2, 3, kernel, stride, padding)(x).shape[2]
        transposed = nn.ConvTranspose2d(2, 3, kernel, stride, padding, output_padding)(x).shape[2]
        print((size, kernel, stride, padding, convolved, output_padding, transposed))
    for layer in (nn.Conv2d(2, 3, 4, 2, 1), nn.ConvTranspose2d(2, 3, 4, 2, 1)):
        fans = nn.init._calculate_fan_in_and_fan_out(layer.weight)
        print(f"{type(layer).__name__}(2, 3, 4, 2, 1): weight {list(layer.weight.shape)}, fan in and out {fans}")


if __name__ == "__main__":
    main()
