/// Which weights of a run become its checkpoint.
public enum WeightSelection: String, Hashable, Sendable, Codable, CaseIterable {
    /// Those after the last step.
    case last
    /// Those that the validation examples liked best: by NDCG@100 of users and items, by −ELBO otherwise.
    case best

    /// What the validation examples are asked.
    enum Measure: String {
        /// −ELBO in nats.
        case loss = "validation_loss"
        /// Mean over the users, 0…1 (Liang et al. 2018, section 4.2).
        case ndcg100 = "validation_ndcg@100"

        /// Whether `value` is to be preferred to `other`.
        func prefers(_ value: Double, to other: Double) -> Bool {
            other.isNaN || (self == .loss ? value < other : value > other)
        }

        /// For the user: `NDCG@100 0.6921 on 200 validation users`.
        func text(_ value: Double, count: Int) -> String {
            switch self {
            case .loss: "−ELBO \(FixedPoint.string(value, decimals: 2)) on \(count) validation examples"
            case .ndcg100: "NDCG@100 \(FixedPoint.string(value, decimals: 4)) on \(count) validation users"
            }
        }
    }
}
