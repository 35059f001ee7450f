#!/usr/bin/env python3
"""Prints the numbers that the tests of Random and Models hold as literals: their birth certificate.

    pip install numpy
    python make_numbers.py

Everything is written from the papers, in plain Python integers and numpy float64: nothing here is shared with the
code under test.
"""

import numpy

MASK = 0xFFFFFFFF


def philox4x32_10(counter, key):
    """Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.3."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & MASK, (p0 >> 32) ^ c3 ^ k1, p0 & MASK
        k0, k1 = (k0 + 0x9E3779B9) & MASK, (k1 + 0xBB67AE85) & MASK
    return c0, c1, c2, c3


def normals(seed, domain, draw, row, width):
    """Box & Muller 1958: u = (bits + ½) / 2³² for the radius, 2π · bits / 2³² for the angle."""
    out = []
    for block in range((width + 3) // 4):
        x = philox4x32_10((block, row, draw, domain), (seed & MASK, seed >> 32))
        for radius_bits, angle_bits in ((x[0], x[1]), (x[2], x[3])):
            radius = numpy.sqrt(-2 * numpy.log((radius_bits + 0.5) / 2**32))
            angle = 2 * numpy.pi * (angle_bits / 2**32)
            out += [radius * numpy.cos(angle), radius * numpy.sin(angle)]
    return numpy.array(out[:width]).astype(numpy.float32)


def slerp(a, b, t):
    """White 2016, arXiv 1609.04468."""
    omega = numpy.arccos(numpy.dot(a / numpy.linalg.norm(a), b / numpy.linalg.norm(b)))
    return (numpy.sin((1 - t) * omega) * a + numpy.sin(t * omega) * b) / numpy.sin(omega)


def kl(mu, log_variance):
    """½(μ² + σ² − 1 − ln σ²) in 80-bit floats, through the series where the closed form would cancel."""
    mu, v = numpy.longdouble(numpy.float32(mu)), numpy.longdouble(numpy.float32(log_variance))
    series, term = numpy.longdouble(0), v * v / 2
    for k in range(3, 40):
        series, term = series + term, term * v / k
    return (mu * mu + (series if abs(v) < 1 else numpy.expm1(v) - v)) / 2


def main():
    print(f"numpy {numpy.__version__}")
    print("normals(seed: 7, domain: .prior), row 0, 18 numbers, as bits:")
    print(", ".join(f"0x{bits:08X}" for bits in normals(7, 0, 0, 0, 18).view(numpy.uint32)))
    print("normals(seed: 0xFEDCBA9876543210, domain: .posterior, draw: 3), row 4294967295, 6 numbers, as bits:")
    row = normals(0xFEDCBA9876543210, 1, 3, 4294967295, 6)
    print(", ".join(f"0x{bits:08X}" for bits in row.view(numpy.uint32)))
    a, b = numpy.array([1, -2, 0.5, 0.25]), numpy.array([-0.5, 1.5, 2, -1])
    for name, path in (("linear", lambda t: (1 - t) * a + t * b), ("slerp", lambda t: slerp(a, b, t))):
        print(f"{name} from {a} to {b}, 5 steps:")
        for t in numpy.linspace(0, 1, 5):
            print("[" + ", ".join(f"{value:.9g}" for value in path(t)) + "],")
    print("kl(mu, log_variance):")
    for mu, log_variance in ((0, 1e-7), (0, -1e-7), (0, 1e-5), (0, -1e-4), (0, 1e-3), (0, 0.03), (0, -0.9), (0, 1.1),
                             (1e-4, 1e-4), (0.5, -2), (-3, 10), (2, -10), (0, 80), (0, -80)):
        print(f"({mu}, {log_variance}, {kl(mu, log_variance):.9g}),")


if __name__ == "__main__":
    main()
