/// A property that every image of a set is known to have, such as its outline.
public struct ImageFactor: Hashable, Sendable {
    /// For reports.
    public let name: String
    /// Which of its values each image has, by number.
    public let values: [Int]

    /// Puts both together.
    public init(name: String, values: [Int]) {
        self.name = name
        self.values = values
    }
}
