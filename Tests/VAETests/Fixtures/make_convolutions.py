#!/usr/bin/env python3
"""What PyTorch says about convolutions: the literals of ConvolutionGeometryTests.

    pip install torch
    python make_convolutions.py
"""

import torch
from torch import nn

SIZES = (  # H, kernel, stride, padding, output_padding
    (1, 1, 1, 0, 0), (4, 4, 1, 0, 0), (5, 3, 1, 1, 0), (28, 3, 2, 1, 1), (64, 4, 2, 1, 0), (7, 4, 3, 2, 2),
    (9, 5, 8, 4, 7), (16, 16, 8, 15, 0))


def main():
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
