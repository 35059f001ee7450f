internal import VAE

/// Which weights of a run become its checkpoint.
public enum WeightSelection: String, Hashable, Sendable, Codable, CaseIterable {
    /// Those after the last step.
    case last
    /// Those that the validation examples liked best: by NDCG@100 of users and items, by −ELBO otherwise.
    case best

    /// What the validation examples are asked.
    enum Measure: String {
        /// What is reported as the loss, in nats.
        case loss = "validation_loss"
        /// Mean over the users, 0…1 (Liang et al. 2018, section 4.2).
        case ndcg100 = "validation_ndcg@100"

        /// Whether `value` is to be preferred to `other`.
        func prefers(_ value: Double, to other: Double) -> Bool {
            other.isNaN || (self == .loss ? value < other : value > other)
        }
    }
}

extension ReportWording {
    /// What weights were chosen by: `NDCG@100 0.6921 on 200 validation users`.
    func describe(_ kept: TrainingRecord.Kept) -> String {
        let measure = WeightSelection.Measure(rawValue: kept.measure)
        let name =
            switch measure {
            case .loss: loss
            case .ndcg100: "NDCG@100"
            case nil: kept.measure
            }
        let value = kept.value.map { " " + FixedPoint.string($0, decimals: measure == .loss ? 2 : 4) } ?? ""
        return "\(name)\(value) on \(kept.examples.map { "\($0) " } ?? "the ")validation \(examples)"
    }
}
