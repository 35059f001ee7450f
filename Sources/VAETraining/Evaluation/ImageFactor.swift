/// A property that every image of a set is known to have, such as its outline.
struct ImageFactor: Hashable, Sendable {
    /// For reports.
    let name: String
    /// Which of its values each image has, by number.
    let values: [Int]
}
