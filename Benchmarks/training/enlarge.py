"""Writes a folder of 64×64 images, which conv64 takes, from one of 28×28: every pixel twice as large, and a black border.

    python enlarge.py DATA-FOLDER OUTPUT-FOLDER [training images] [test images]
"""

import gzip
import os
import sys

import numpy

SIDE = 64


def pixels(folder, name):
    path = os.path.join(folder, name)
    raw = open(path, "rb").read() if os.path.exists(path) else gzip.open(path + ".gz", "rb").read()
    return numpy.frombuffer(raw, numpy.uint8, offset=16).reshape(-1, 28, 28)


def main():
    source, target = sys.argv[1:3]
    counts = [int(count) for count in sys.argv[3:]] + [12_000, 2_000][len(sys.argv) - 3:]
    os.makedirs(target, exist_ok=True)
    for name, count in zip(("train-images-idx3-ubyte", "t10k-images-idx3-ubyte"), counts):
        small = pixels(source, name)[:count]
        large = numpy.pad(small.repeat(2, 1).repeat(2, 2), ((0, 0), (4, 4), (4, 4)))
        header = bytes([0, 0, 8, 3]) + b"".join(extent.to_bytes(4, "big") for extent in large.shape)
        with open(os.path.join(target, name), "wb") as file:
            file.write(header + large.tobytes())


if __name__ == "__main__":
    main()
