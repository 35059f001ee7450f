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
}
