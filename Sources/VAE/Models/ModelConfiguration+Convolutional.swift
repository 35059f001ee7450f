extension ModelConfiguration {
    /// Pixels on a side of the images that `convolutional64` takes.
    public static let convolutional64Side = 64

    /// The convolutional VAE for 64×64 images of disentanglement_lib (Locatello et al. 2019, arXiv 1811.12359), after
    /// Higgins et al. 2017: four convolutions 4×4 that halve the image (32, 32, 64, 64 channels), 256 features, and the
    /// same way back through 256 and 1024 features and four transposed convolutions, each followed by ReLU but the last.
    ///
    /// The paper's 4×4 windows everywhere, where the library has 2×2 in the third and fourth.
    public static func convolutional64(channels: Int, latent: Int) -> ModelConfiguration {
        func window(_ inputs: Int, _ outputs: Int) -> ConvolutionConfiguration {
            ConvolutionConfiguration(inputs: inputs, outputs: outputs, kernel: 4, stride: 2, padding: 1)
        }
        let down = [(channels, 32), (32, 32), (32, 64), (64, 64)]
        let up = [(64, 64), (64, 32), (32, 32)]
        let relu = LayerConfiguration.activation(.relu)
        let encoder =
            down.flatMap { [.conv2d(window($0, $1)), relu] } + [.flatten, .linear(inputs: 1024, outputs: 256), relu]
        let decoder =
            [.linear(inputs: latent, outputs: 256), relu, .linear(inputs: 256, outputs: 1024), relu]
            + [.unflatten([64, 4, 4])] + up.flatMap { [.convTranspose2d(window($0, $1)), relu] }
            + [.convTranspose2d(window(32, channels))]
        return ModelConfiguration(
            input: [channels, convolutional64Side, convolutional64Side], latent: latent, encoder: encoder,
            decoder: decoder)
    }

    /// A convolutional VAE for images whose sides are multiples of 2^`channels.count`: as many convolutions 4×4 that halve
    /// the image, `features` numbers, and the same way back.
    public static func convolutional(
        input: [Int], channels: [Int], features: Int, latent: Int, activation: Activation = .relu
    ) -> ModelConfiguration {
        func window(_ inputs: Int, _ outputs: Int) -> ConvolutionConfiguration {
            ConvolutionConfiguration(inputs: inputs, outputs: outputs, kernel: 4, stride: 2, padding: 1)
        }
        let after = LayerConfiguration.activation(activation)
        let down = zip([input[0]] + channels, channels)
        let smallest = [channels[channels.count - 1], input[1] >> channels.count, input[2] >> channels.count]
        let flat = smallest.reduce(1, *)
        let back = Array(channels.reversed())
        let encoder =
            down.flatMap { [.conv2d(window($0, $1)), after] } + [
                .flatten, .linear(inputs: flat, outputs: features), after,
            ]
        let decoder =
            [.linear(inputs: latent, outputs: features), after, .linear(inputs: features, outputs: flat), after]
            + [.unflatten(Shape(smallest))]
            + zip(back, back.dropFirst()).flatMap { [.convTranspose2d(window($0, $1)), after] }
            + [.convTranspose2d(window(back[back.count - 1], input[0]))]
        return ModelConfiguration(input: input, latent: latent, encoder: encoder, decoder: decoder)
    }

    /// Makes a plain autoencoder of it: in place of the heads a linear layer gives the code, with an activation behind it
    /// if one is given.
    public mutating func removeHeads(codeActivation: Activation?) {
        var width = input.reduce(1, *) + (classes ?? 0)
        for layer in encoder { if case .linear(_, let outputs) = layer { width = outputs } }
        encoder.append(.linear(inputs: width, outputs: latent))
        if let codeActivation { encoder.append(.activation(codeActivation)) }
        sigma = .deterministic
    }
}
