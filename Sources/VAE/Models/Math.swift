internal import Glibc

/// ln x. Here so that the files which need one logarithm import nothing.
func naturalLogarithm(_ x: Double) -> Double { log(x) }
