#!/usr/bin/env python3
"""Numbers of Evaluation/LatentMomentsTests.swift and Evaluation/QuantileTests.swift, by numpy in double precision."""

import numpy

COUNT, LATENT = 37, 3


def numbers(array):
    return ", ".join(repr(float(value)) for value in numpy.asarray(array).ravel())


# float32, as they lie in the model's memory.
index = numpy.arange(COUNT * LATENT).reshape(COUNT, LATENT)
mu = numpy.sin(index * 0.7).astype(numpy.float32).astype(numpy.float64) * 2
log_variance = (numpy.cos(index * 1.3) - 1).astype(numpy.float32).astype(numpy.float64)

print("mean", numbers(mu.mean(axis=0)))
covariance = numpy.cov(mu, rowvar=False, bias=True) + numpy.diag(numpy.exp(log_variance).mean(axis=0))
print("covariance", numbers(covariance))
print("activities", numbers(mu.var(axis=0)))
kl = 0.5 * (mu**2 + numpy.expm1(log_variance) - log_variance)
print("kl", numbers(kl.mean(axis=0)))

values = numpy.sin(numpy.arange(1, 54) ** 2)
ranks = [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999]
print("quantiles", numbers(numpy.quantile(values, ranks)))
