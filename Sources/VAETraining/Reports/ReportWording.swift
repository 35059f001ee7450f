public import VAE

/// What a model, its examples and its loss are called in reports: the one place where that follows from objective and
/// data.
public struct ReportWording: Hashable, Sendable {
    /// The families of models that reports tell apart.
    enum Model: Hashable, Sendable {
        /// Codes are distributions: −ELBO has two terms.
        case variational
        /// Codes are numbers: there is the reconstruction alone.
        case autoencoder
        /// The label in place of the image.
        case classifier(classes: Int)
    }

    /// The family.
    var model = Model.variational
    /// Whether a row is a user with the items chosen, and not an image.
    var isOfUsers = false
    /// Whether a row shows something as a picture.
    var isPictured = true
    /// Whether the likelihood is a multinomial over items, which makes a model of users a Mult-VAE or a Mult-DAE.
    var isMultinomial = false
    /// Whether encoder and decoder are given the label.
    var isConditional = false
    /// Draws of the importance-weighted bound that is minimised; 1 where −ELBO is.
    var draws = 1

    /// A variational autoencoder of images.
    init() {}

    /// Of a model with `architecture`, and with `items` if it recommends those; `draws` are those of `iwae`.
    init(_ architecture: VAEArchitecture, items: [String]?, draws: Int = 1) {
        let hasOneLine = architecture.inputShape.extents[1] == 1
        isOfUsers = items != nil || (architecture.normalisesInput && hasOneLine)
        isPictured = !isOfUsers && !hasOneLine && !architecture.normalisesInput
        isMultinomial = architecture.normalisesInput
        isConditional = architecture.configuration.classes != nil
        self.draws = draws
        if let classes = architecture.configuration.predictedClasses {
            model = .classifier(classes: classes)
        } else if architecture.posterior.isDeterministic {
            model = .autoencoder
        }
    }

    /// Of `checkpoint`, which does not say how many draws its bound had.
    public init(_ checkpoint: Checkpoint) { self.init(checkpoint.architecture, items: checkpoint.items) }

    /// One example: `image` or `user`.
    var example: String { isOfUsers ? "user" : "image" }
    /// Several of them.
    var examples: String { isOfUsers ? "users" : "images" }
    /// Whether the loss has a second term.
    var hasKL: Bool { model == .variational }
    /// Whether images beside what becomes of them say something.
    var showsReconstructions: Bool {
        if case .classifier = model { return false }
        return isPictured
    }
    /// Whether codes from the prior make images: an autoencoder's codes follow none.
    var showsSamples: Bool { showsReconstructions && hasKL }

    /// What is reported as the loss; short, since it stands above columns.
    var loss: String {
        switch model {
        case .variational: "−ELBO"
        case .autoencoder: "reconstruction error"
        case .classifier: "cross-entropy"
        }
    }
    /// The same at the start of a line.
    var lossTitle: String { loss.prefix(1).uppercased() + loss.dropFirst() }
    /// Of the loss and its terms.
    var unit: String { "nats per \(example)" }

    /// The figures of an epoch: `105.40 = 80.15 + 25.25`, or the loss alone.
    func describe(_ terms: TrainingRecord.Terms) -> String {
        let two = { (value: Double) in FixedPoint.string(value, decimals: 2) }
        return hasKL ? "\(two(terms.loss)) = \(two(terms.reconstruction)) + \(two(terms.kl))" : two(terms.loss)
    }

    /// The same with what they are.
    func describeWithUnit(_ terms: TrainingRecord.Terms) -> String {
        "\(describe(terms)) \(unit)" + (hasKL ? " (reconstruction + KL)" : "")
    }
}
