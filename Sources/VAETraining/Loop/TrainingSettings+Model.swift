internal import VAE

extension TrainingSettings {
    /// The model for examples as those of `dataset`. Throws when the architecture takes others.
    func configuration(for dataset: any Dataset) throws(TrainingError) -> ModelConfiguration {
        let shape = dataset.shape
        var configuration: ModelConfiguration
        switch architecture {
        case .mlp:
            configuration = .dense(
                input: shape.extents, hidden: hidden, latent: latent, activation: activation.activation,
                classes: isConditional ? try classes(of: dataset, for: "--conditional") : nil)
        case .conv64:
            configuration = .convolutional64(channels: shape.extents[0], latent: latent)
            guard configuration.input == shape.extents else {
                throw .setting(
                    "--architecture conv64: expected images of \(Shape(configuration.input)), found \(shape); give "
                        + "other --data, such as shapes:64, or --image-size 64, or leave --architecture out")
            }
        case .conv:
            configuration = try convolutional(shape)
        }
        configuration.likelihood = likelihood
        configuration.sigma = sigma
        if objective.hasNoPosterior { configuration.removeHeads(codeActivation: codeActivation?.activation) }
        if objective.kind == .classifier {
            let classes = try classes(of: dataset, for: "--objective classifier")
            configuration.likelihood = .multinomial
            configuration.decoder = [.linear(inputs: latent, outputs: classes)]
            configuration.predictedClasses = classes
        }
        return configuration
    }

    private func convolutional(_ shape: Shape) throws(TrainingError) -> ModelConfiguration {
        let factor = 1 << channels.count
        guard shape.extents[1] % factor == 0, shape.extents[2] % factor == 0 else {
            throw .setting(
                "--channels: \(channels.count) convolutions halve an image as often, so its sides must be multiples of "
                    + "\(factor); these images are \(shape). Give fewer channels, or --image-size")
        }
        return .convolutional(
            input: shape.extents, channels: channels, features: features, latent: latent,
            activation: activation.activation)
    }

    private func classes(of dataset: any Dataset, for flag: String) throws(TrainingError) -> Int {
        guard let largest = dataset.labels?.max() else {
            throw .setting("\(flag): these data have no labels; leave it out, or give data that have")
        }
        return max(2, Int(largest) + 1)
    }

    /// Refuses what cannot be built, naming the flag, the value and what to do.
    func validateModel() throws(TrainingError) {
        guard hidden.count <= 32 else { throw .setting("--hidden: expected at most 32 layers, found \(hidden.count)") }
        for width in hidden { try SettingCheck.range("hidden", width, 1...65_536) }
        try SettingCheck.range("latent", latent, 1...65_536)
        guard (1...8).contains(channels.count) else {
            throw .setting("--channels: expected 1…8 convolutions, found \(channels.count)")
        }
        for count in channels { try SettingCheck.range("channels", count, 1...4096) }
        try SettingCheck.range("features", features, 1...65_536)
        guard !isConditional || architecture == .mlp else {
            throw .setting("--conditional is of --architecture mlp; leave it out for \(architecture.rawValue)")
        }
        guard objective.kind != .classifier || (architecture == .mlp && !isConditional) else {
            throw .setting("--objective classifier is of --architecture mlp without --conditional; leave these out")
        }
        guard sigma != .deterministic else {
            throw .setting("--sigma-head none: models without heads are those of --objective autoencoder")
        }
        guard codeActivation == nil || objective.hasNoPosterior else {
            throw .setting(
                "--code-activation is of --objective autoencoder; leave it out for \(objective.kind.rawValue)")
        }
        if let target = objective.sparsity, objective.kind == .autoencoder, codeActivation != .sigmoid {
            throw .setting(
                "--sparsity \(target) is a mean of codes that lie in 0…1: expected --code-activation sigmoid, found "
                    + (codeActivation?.rawValue ?? "none"))
        }
        if objective.takesOptimalScale {
            guard case .gaussian = likelihood, objective.kind == .vae else {
                throw .setting(
                    "--scale optimal is of --likelihood gaussian with --objective vae; give a number or learned")
            }
        }
    }

    /// `784-400-20 relu`, or the architecture's name and the size of its code; and what comes out of it.
    func modelSummary(of built: VAEArchitecture) -> String {
        var text: String
        switch architecture {
        case .mlp:
            let widths = [built.inputCount] + hidden + [latent]
            text = "\(widths.map(String.init).joined(separator: "-")) \(activation.rawValue)"
        case .conv: text = "conv \(channels.map(String.init).joined(separator: "-")) with \(latent) latent dimensions"
        case .conv64: text = "\(architecture.rawValue) with \(latent) latent dimensions"
        }
        if isConditional { text += ", conditional" }
        let classes = built.configuration.predictedClasses
        return text + ", " + (classes.map { "\($0) classes" } ?? likelihood.name)
    }

    /// The flags of the model, where the flags start from `start`.
    func modelWords(startingFrom start: TrainingSettings) -> [String] {
        var words = FlagWords()
        switch architecture {
        case .mlp:
            words.list += ["--hidden"] + (hidden.isEmpty ? ["0"] : hidden.map(String.init))
            words.list += ["--latent", "\(latent)", "--activation", activation.rawValue]
        case .conv:
            words.list += ["--architecture", architecture.rawValue, "--channels"] + channels.map(String.init)
            words.list += ["--features", "\(features)", "--latent", "\(latent)", "--activation", activation.rawValue]
        case .conv64: words.list += ["--architecture", architecture.rawValue, "--latent", "\(latent)"]
        }
        words.add(
            "likelihood", likelihood.name, unless: Likelihood.bernoulli.name, startingFrom: start.likelihood.name)
        if objective.takesOptimalScale {
            words.list += ["--scale", "optimal"]
        } else if let scale = likelihood.scale {
            words.list += ["--scale", scale.description]
        }
        words.add("sigma-head", sigma.rawValue, unless: ModelConfiguration.SigmaHead.logVariance.rawValue)
        words.add("code-activation", codeActivation?.rawValue, unless: nil)
        if isConditional { words.list.append("--conditional") }
        return words.list
    }
}
