internal import Glibc
public import VAE

/// An `EvaluationRecord` as pairs of name and value, for people; what was not measured is left out.
public struct EvaluationFacts {
    private let record: EvaluationRecord
    private let wording: ReportWording

    /// Of `record`, in the words of its model.
    public init(_ record: EvaluationRecord, wording: ReportWording) {
        self.record = record
        self.wording = wording
    }

    /// In the order in which a reader wants them.
    public var facts: [(String, String)] {
        [measuredOn, loss, likelihood, effective, bits, active, divergences, split, mixture, disentanglement]
            .compactMap(\.self) + quantiles
    }

    private func number(_ value: Double, _ decimals: Int = 2) -> String {
        FixedPoint.string(value, decimals: decimals)
    }

    private var measuredOn: (String, String)? {
        guard let images = record.images else { return nil }
        let binarisation = record.binarisationSeed.map { ", grey values drawn once as 0 and 1 with seed \($0)" } ?? ""
        let learned = record.trainingImages.map { ", codes of \($0) training \(wording.examples)" } ?? ""
        let test = "\(images) test \(wording.examples) of \(record.dataset ?? "other data")"
        return ("Measured on", test + learned + binarisation)
    }

    private var loss: (String, String)? {
        guard let test = record.test else { return nil }
        let error = record.standardError.map { " ± \(number($0))" } ?? ""
        return (wording.lossTitle, wording.describeWithUnit(test) + error)
    }

    private var likelihood: (String, String)? {
        record.importance.map {
            (
                "−ln p(x), k = \($0.samples)",
                "\(number($0.negativeLogLikelihood)) ± \(number($0.standardError)) \(wording.unit), jackknife "
                    + number($0.jackknife)
            )
        }
    }

    private var effective: (String, String)? {
        record.importance.map {
            (
                "Effective samples",
                "\(number($0.effectiveSamples, 1)) in the mean, below 10 for \($0.imagesBelowTen) of \($0.images) \(wording.examples)"
            )
        }
    }

    private var bits: (String, String)? {
        record.bitsPerDimension.map {
            let importance = $0.importance.map { ", from ln p(x) \(number($0, 3))" } ?? ""
            let kind = $0.kind == .density ? " (of a density: + 8)" : ""
            return ("Bits per dimension", "\(number($0.bound, 3)) from \(wording.loss)\(importance)\(kind)")
        }
    }

    private var active: (String, String)? {
        record.activeUnits.map {
            (
                "Active dimensions",
                "\($0.byVariance) of \($0.variances.count) (variance of \(wording.hasKL ? "μ" : "the code") above 0.01)"
                    + (wording.hasKL ? ", \($0.byKL) (mean KL above 0.01 nats)" : "")
            )
        }
    }

    private var divergences: (String, String)? {
        guard wording.hasKL else { return nil }
        return record.perDimensionKL.map { kl in
            ("KL per dimension, test", kl.map { number(Double($0)) }.joined(separator: " "))
        }
    }

    private var split: (String, String)? {
        record.klSplit.map {
            (
                "KL in two",
                "\(number($0.kl)) = \(number($0.mutualInformation)) mutual information (at most ln N = "
                    + "\(number(log(Double($0.images))))) + \(number($0.marginalKL)) KL(q(z)‖p(z)), ± "
                    + number($0.standardError)
            )
        }
    }

    private var mixture: (String, String)? {
        record.mixture.map {
            (
                "Mixture of the codes",
                "\($0.components) Gaussians, log-likelihood \(number($0.logLikelihood)) nats per code (one Gaussian: "
                    + "\(number($0.gaussianLogLikelihood))), \($0.iterations) rounds of EM"
            )
        }
    }

    private var disentanglement: (String, String)? {
        record.disentanglement.map { value in
            let parts = zip(value.factors, value.gaps).map { "\($0) \(number($1, 3))" }.joined(separator: ", ")
            return ("Mutual information gap", "\(number(value.mutualInformationGap, 3)) (\(parts))")
        }
    }

    private var quantiles: [(String, String)] {
        guard let quantiles = record.quantiles else { return [] }
        let ranks = quantiles.ranks.map { rank in
            let percent = rank * 100
            return number(percent, percent < 1 || percent > 99 ? 1 : 0) + " %"
        }
        func line(_ name: String, _ values: [Double]) -> (String, String) {
            (name, zip(ranks, values).map { "\($0): \(number($1, 1))" }.joined(separator: ", "))
        }
        guard wording.hasKL else { return [line("\(wording.lossTitle) by rank", quantiles.loss)] }
        return [
            line("−ELBO by rank", quantiles.loss), line("−ln p(x|z) by rank", quantiles.reconstruction),
            line("KL by rank", quantiles.kl),
        ] + (quantiles.importance.map { [line("−ln p(x) by rank", $0)] } ?? [])
    }
}

extension EvaluationFacts {
    /// For a terminal: one fact a line.
    public var text: String { Self.text(facts) }

    /// Names and values in two columns.
    static func text(_ facts: [(String, String)]) -> String {
        let width = facts.map(\.0.count).max() ?? 0
        return facts.map { name, value in
            name + String(repeating: " ", count: width - name.count) + "  " + value
        }.joined(separator: "\n")
    }
}
