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
            let features = run(configuration.encoder, "encoder", image, parameters)
            let mu = linear("mu", features, parameters)
            let head = linear("sigma", features, parameters)
            let z = (0..<configuration.latent).map { index in
                var logVariance = configuration.sigma == .logSigma ? 2 * head[index] : head[index]
                logVariance = min(
                    max(logVariance, Double(configuration.logVarianceClamp[0])),
                    Double(configuration.logVarianceClamp[1]))
                kl += 0.5 * (mu[index] * mu[index] + exp(logVariance) - 1 - logVariance)
                return mu[index] + exp(logVariance / 2) * epsilon[index]
            }
            let logits = run(configuration.decoder, "decoder", z, parameters)
            for (a, pixel) in zip(logits, image) { reconstruction += max(a, 0) - a * pixel + log1p(exp(-abs(a))) }
        }
        return (reconstruction / Double(x.count), kl / Double(x.count))
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
