/// The row counts a batch may be cut into: powers of two that all give a row the same bits.
///
/// A row must not depend on the batch it came in, so only sizes that were seen to agree with the largest one are used
/// (`VAEModel` tries them when it loads). On processors where small products are summed in another order, a rest that
/// fits no size is filled up to the smallest.
struct TileSizes: Sendable, Equatable {
    /// Descending; never empty.
    let sizes: [Int]

    /// Every power of two.
    static let all = TileSizes(sizes: TileSizes.powersOfTwo)
    static let powersOfTwo = (0...7).reversed().map { 1 << $0 }

    var largest: Int { sizes[0] }
    var smallest: Int { sizes[sizes.count - 1] }

    func largest(notAbove rows: Int) -> Int? { sizes.first { $0 <= rows } }
}
