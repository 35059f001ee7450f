extension ReportWording {
    /// For a terminal: what the figures of a line are.
    var columns: String {
        switch model {
        case .variational:
            "−ELBO in \(unit): loss = reconstruction + KL"
                + (draws > 1 ? "; minimised: the importance-weighted bound of \(draws) draws" : "")
        case .autoencoder: "reconstruction error −ln p(x|z) in \(unit)"
        case .classifier: "cross-entropy −ln p(label|x) in \(unit)"
        }
    }

    /// The loss in a sentence or two.
    var explanation: String {
        let items = isMultinomial ? "the items that the user chose" : "items"
        let sum = "summed over \(isOfUsers ? items : "pixels")"
        switch model {
        case .variational:
            return "−ELBO is the negative evidence lower bound in \(unit): −ln p(x|z), \(sum), plus the KL divergence "
                + "of q(z|x) from the prior."
                + (draws > 1 ? " What is minimised is the importance-weighted bound of \(draws) draws." : "")
        case .autoencoder:
            return "The reconstruction error is −ln p(x|z) in \(unit), \(sum). Codes are numbers and not "
                + "distributions: there is no KL divergence, and no prior to draw from."
        case .classifier:
            return "The cross-entropy is −ln of the probability that the label is given, in \(unit). The error rate is "
                + "the part of the images for which another class is the most probable."
        }
    }

    /// What the model is, with its article, as a sentence begins.
    var whatItIs: String {
        switch model {
        case .variational where isOfUsers && isMultinomial:
            "A Mult-VAE (a variational autoencoder with a multinomial likelihood; Liang et al. 2018)"
        case .variational: isConditional ? "A conditional variational autoencoder" : "A variational autoencoder"
        case .autoencoder where isOfUsers && isMultinomial:
            "A Mult-DAE (an autoencoder with a multinomial likelihood; Liang et al. 2018)"
        case .autoencoder: isConditional ? "A conditional autoencoder" : "An autoencoder"
        case .classifier: "A classifier"
        }
    }

    /// What it makes of `examples`, such as `1×28×28 images`, by way of a code of `latent` numbers.
    func whatItDoes(with examples: String, latent: Int) -> String {
        if case .classifier(let classes) = model { return "\(examples) to one of \(classes) classes" }
        return "\(examples) to \(latent) \(hasKL ? "latent " : "")numbers and back"
    }

    /// How a further figure, such as `error_rate`, is called on a page.
    func scalar(_ name: String) -> (title: String, unit: String) {
        switch name {
        case WeightSelection.Measure.loss.rawValue: ("Validation \(loss)", unit)
        case WeightSelection.Measure.ndcg100.rawValue: ("Validation NDCG@100", "mean over the users, 0…1")
        case "error_rate": ("Error rate", "part of the test \(examples)")
        case "squared_error": ("Squared error", "sum over all values of \(isOfUsers ? "a user" : "an image"), test")
        case "mean_code": ("Mean code", "test")
        default: (name, "")
        }
    }
}
