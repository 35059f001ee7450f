internal import VAE

/// The weights a run starts from; they depend on the seed and on the mean training image.
///
/// Weights and biases are uniform in ±1/√(fan in) unless told otherwise, but for the output bias, which makes the
/// untrained decoder give the mean image (Burda et al. 2016's code), or each channel's mean if it has one number per
/// channel. Chosen by measurement: test −ELBO on MNIST after 10 epochs of the 784-400-20 model, seeds 1 and 2: 105.17
/// and 105.21 nats; the same without the mean image 105.73 and 105.38; Glorot & Bengio (2010) 105.29 and 105.38; He et al. (2015) 106.22 and 106.36. A σ head scaled by
/// 0.1 made no difference beyond that between seeds.
public enum InitialWeights: String, Hashable, Sendable, Codable, CaseIterable {
    /// As PyTorch's layers begin.
    case pytorch
    /// Weights uniform in ±√(6 / (fan in + fan out)) (Glorot & Bengio 2010), biases zero: for tanh and sigmoid layers.
    case glorot

    /// Fills `parameters`, the arena of `architecture`. `meanPixels` are 0…1, one per pixel of `[C, H, W]`.
    func fill(_ parameters: FloatBuffer, architecture: VAEArchitecture, seed: UInt64, meanPixels: [Double]) {
        precondition(parameters.count == architecture.layout.count && meanPixels.count == architecture.inputCount)
        let stream = RandomStream(seed: seed, domain: .initialisation)
        for (row, entry) in architecture.layout.entries.enumerated() where entry.fanIn > 0 {
            let bound = bound(of: entry)
            for (index, u) in stream.uniforms(row: UInt32(row), count: entry.count).enumerated() {
                unsafe parameters.base[entry.offset + index] = bound * (2 * u - 1)
            }
        }
        if let offset = architecture.logScaleOffset {
            unsafe parameters.base[offset] = architecture.likelihood.initialLogScale
        }
        // If the decoder's last bias has a number per pixel or channel, it is the output's.
        guard let last = architecture.layout.entries.last(where: { $0.name.hasPrefix("decoder.") }) else { return }
        let channels = architecture.inputShape.extents[0]
        let means = last.count == channels ? Self.channelMeans(meanPixels, channels: channels) : meanPixels
        guard last.count == means.count else { return }
        for (index, mean) in means.enumerated() {
            unsafe parameters.base[last.offset + index] = architecture.likelihood.outputBias(meanPixel: mean)
        }
    }

    private func bound(of entry: ParameterLayout.Entry) -> Float {
        switch self {
        case .pytorch: 1 / Float(entry.fanIn).squareRoot()
        case .glorot:
            entry.shape.extents.count == 1 ? 0 : (6 / Float(entry.fanIn + entry.fanOut)).squareRoot()
        }
    }

    private static func channelMeans(_ meanPixels: [Double], channels: Int) -> [Double] {
        let pixels = meanPixels.count / channels
        return stride(from: 0, to: meanPixels.count, by: pixels).map { first in
            meanPixels[first..<first + pixels].reduce(0, +) / Double(pixels)
        }
    }
}
