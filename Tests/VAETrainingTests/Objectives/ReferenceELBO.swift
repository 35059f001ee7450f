import Glibc

@testable import VAE

/// −ELBO of a dense VAE in double precision, written from the formulas: what the kernels are held against.
struct ReferenceELBO {
    let configuration: ModelConfiguration
    let layout: ParameterLayout

    /// Mean over the rows of reconstruction and KL.
    func terms(parameters: [Double], x: [[Double]], noise: [[Double]]) -> (reconstruction: Double, kl: Double) {
        var reconstruction = 0.0
        var kl = 0.0
        for (image, epsilon) in zip(x, noise) {
            let (mu, logVariance) = posterior(image, parameters)
            for index in mu.indices {
                kl += 0.5 * (mu[index] * mu[index] + exp(logVariance[index]) - 1 - logVariance[index])
            }
            reconstruction += negativeLogLikelihood(image, draw(mu, logVariance, epsilon), parameters)
        }
        return (reconstruction / Double(x.count), kl / Double(x.count))
    }

    /// μ and ln σ² of one image.
    func posterior(_ image: [Double], _ parameters: [Double]) -> (mu: [Double], logVariance: [Double]) {
        let features = run(configuration.encoder, "encoder", image, parameters)
        let head = linear("sigma", features, parameters)
        let clamp = configuration.logVarianceClamp.map(Double.init)
        let logVariance = head.map { min(max(configuration.sigma == .logSigma ? 2 * $0 : $0, clamp[0]), clamp[1]) }
        return (linear("mu", features, parameters), logVariance)
    }

    /// z = μ + σ·ε.
    func draw(_ mu: [Double], _ logVariance: [Double], _ epsilon: [Double]) -> [Double] {
        mu.indices.map { mu[$0] + exp(logVariance[$0] / 2) * epsilon[$0] }
    }

    /// −ln p(x|z) of one image.
    func negativeLogLikelihood(_ image: [Double], _ z: [Double], _ parameters: [Double]) -> Double {
        let logits = run(configuration.decoder, "decoder", z, parameters)
        return zip(logits, image).reduce(0) { $0 + max($1.0, 0) - $1.0 * $1.1 + log1p(exp(-abs($1.0))) }
    }

    /// ln p(x|z) + ln p(z) − ln q(z|x) for q with the given moments.
    func logWeight(
        _ image: [Double], _ z: [Double], mu: [Double], logVariance: [Double], _ parameters: [Double]
    ) -> Double {
        var value = -negativeLogLikelihood(image, z, parameters)
        for index in z.indices {
            let distance = z[index] - mu[index]
            value += 0.5 * (distance * distance / exp(logVariance[index]) + logVariance[index] - z[index] * z[index])
        }
        return value
    }

    private func run(
        _ layers: [LayerConfiguration], _ name: String, _ input: [Double], _ parameters: [Double]
    ) -> [Double] {
        var values = input
        for (index, layer) in layers.enumerated() {
            switch layer {
            case .linear: values = linear("\(name).\(index)", values, parameters)
            case .activation(let activation): values = values.map { Self.apply(activation, $0) }
            case .flatten, .unflatten: break
            case .conv2d, .convTranspose2d: preconditionFailure("this reference knows dense layers only")
            }
        }
        return values
    }

    private func linear(_ name: String, _ input: [Double], _ parameters: [Double]) -> [Double] {
        let weight = layout.entries.first { $0.name == name + ".weight" }!
        let bias = layout.entries.first { $0.name == name + ".bias" }!
        return (0..<bias.count).map { output in
            var sum = parameters[bias.offset + output]
            for (index, value) in input.enumerated() {
                sum += value * parameters[weight.offset + output * input.count + index]
            }
            return sum
        }
    }

    private static func apply(_ activation: Activation, _ x: Double) -> Double {
        switch activation {
        case .relu: max(x, 0)
        case .tanh: tanh(x)
        case .sigmoid: 1 / (1 + exp(-x))
        case .leakyReLU(let slope): x > 0 ? x : Double(slope) * x
        case .silu: x / (1 + exp(-x))
        }
    }
}
