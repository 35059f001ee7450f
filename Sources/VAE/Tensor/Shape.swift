/// The extents of an array, outermost first, such as `[1, 28, 28]` for one grey image `[C, H, W]`.
public struct Shape: Hashable, Sendable, CustomStringConvertible, ExpressibleByArrayLiteral {
    /// Each at least 1 once `validated` has passed.
    public let extents: [Int]

    /// Wraps `extents` as they are; `elementCount` is what checks them.
    public init(_ extents: [Int]) { self.extents = extents }

    /// Wraps `extents` as they are.
    public init(arrayLiteral extents: Int...) { self.extents = extents }

    /// The product of the extents; `nil` when one is below 1 or the product exceeds `limit`.
    public func elementCount(limit: Int) -> Int? {
        var product = 1
        for extent in extents {
            let (next, overflow) = product.multipliedReportingOverflow(by: extent)
            guard extent >= 1, !overflow, next <= limit else { return nil }
            product = next
        }
        return product
    }

    /// The product of the extents of a shape already known to be sound.
    public var elementCount: Int { extents.reduce(1, *) }

    /// `[1, 28, 28]`.
    public var description: String { "[" + extents.map(String.init).joined(separator: ", ") + "]" }
}
