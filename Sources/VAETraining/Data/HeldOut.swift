internal import VAE

/// Splits a set in two by a fixed seed, so that every run, whatever its own seed, holds out the same examples.
struct HeldOut {
    /// What the split is for; each draws its own examples.
    enum Purpose: UInt32 {
        case test = 0
        case validation = 1
    }

    private static let seed: UInt64 = 1

    /// What is left, in the order of the whole.
    let rest: DatasetSubset
    /// What was taken out, in no order.
    let held: DatasetSubset

    /// Holds `count` examples of `dataset` out, fewer than all.
    init(_ count: Int, of dataset: any Dataset, for purpose: Purpose) {
        precondition((1..<dataset.count).contains(count), "\(count) of \(dataset.count) examples")
        let order = RandomStream(seed: Self.seed, domain: .split, draw: purpose.rawValue)
            .permutation(count: dataset.count)
        held = DatasetSubset(of: dataset, Array(order.prefix(count)))
        rest = DatasetSubset(of: dataset, order.dropFirst(count).sorted())
    }
}
