internal import VAE

extension TrainingSettings {
    /// What flags start from: the settings of users and items, where `data` names those, or of images.
    public static func standard(
        data: String?, output: String, architecture: ArchitectureName = .mlp, epochs: Int?,
        kind: ObjectiveSettings.Kind?
    ) -> TrainingSettings {
        guard let data, InteractionSource.isNamed(by: data) else {
            return TrainingSettings(data: data, output: output, architecture: architecture)
        }
        return .recommendation(data: data, output: output, epochs: epochs, kind: kind)
    }

    /// What Liang et al. 2018 found good for implicit feedback: Mult-VAE, items → 600 → 200 → 600 → items with tanh,
    /// half of a user's items hidden from the encoder, a KL divergence whose weight grows to 0.2, and the weights with the
    /// best NDCG@100 on the validation users; or, with `.autoencoder`, Mult-DAE, which has no KL divergence.
    public static func recommendation(
        data: String?, output: String, epochs: Int?, kind: ObjectiveSettings.Kind?
    ) -> TrainingSettings {
        var settings = TrainingSettings(data: data, output: output)
        settings.likelihood = .multinomial
        settings.hidden = [600]
        settings.latent = 200
        settings.activation = .tanh
        settings.initialWeights = .glorot
        settings.batchSize = 500
        settings.epochs = epochs ?? 100
        settings.selection = .best
        settings.objective.kind = kind ?? .vae
        settings.objective.corruption = .dropout(0.5)
        if settings.objective.kind == .vae {
            settings.objective.beta = 0.2
            // 40 000 of the 46 800 steps of their run on MovieLens-20M.
            settings.objective.betaWarmUp = 0.85 * Double(settings.epochs)
        }
        return settings
    }
}

extension InteractionSettings {
    /// The flags that differ from the paper's settings.
    var words: [String] {
        let plain = InteractionSettings()
        var words = FlagWords()
        words.add("rating-above", ratingAbove, unless: plain.ratingAbove)
        words.add("minimum-items", minimumItems, unless: plain.minimumItems)
        words.add("held-out-users", heldOutUsers, unless: plain.heldOutUsers)
        words.add("split-seed", splitSeed, unless: plain.splitSeed)
        return words.list
    }
}
