internal import Glibc

/// ln x. Here so that the files which need one logarithm import nothing.
func naturalLogarithm(_ x: Double) -> Double { log(x) }

/// e^x, likewise.
func exponential(_ x: Double) -> Double { exp(x) }
