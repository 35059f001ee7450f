/// What is known to have caused each image of a set, as whole numbers: what a disentangled code should find again.
public struct FactorTable: Hashable, Sendable {
    /// Of each factor, such as `scale`.
    public let names: [String]
    /// How many values each factor has; its values are 0..<size.
    public let sizes: [Int]
    /// `[images, factors]`.
    public let values: [UInt16]

    /// Wraps `values`, a whole number of rows with a number below its size for every factor.
    public init(names: [String], sizes: [Int], values: [UInt16]) {
        precondition(names.count == sizes.count && !names.isEmpty && values.count % names.count == 0)
        self.names = names
        self.sizes = sizes
        self.values = values
    }

    /// Number of images.
    public var count: Int { values.count / names.count }

    /// The factors of image `index`, in the order of `names`.
    public subscript(index: Int) -> ArraySlice<UInt16> { values[index * names.count..<(index + 1) * names.count] }

    /// The same table for some of the images, in the order of `indices`.
    func selecting(_ indices: [UInt32]) -> FactorTable {
        var values: [UInt16] = []
        values.reserveCapacity(indices.count * names.count)
        for index in indices { values += self[Int(index)] }
        return FactorTable(names: names, sizes: sizes, values: values)
    }
}
