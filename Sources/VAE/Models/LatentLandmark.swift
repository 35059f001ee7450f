/// A name for a place or a direction in latent space.
public struct LatentLandmark: Hashable, Sendable {
    /// What the data call it, such as `7` or `trouser`.
    public let name: String
    /// `[latent]`.
    public let vector: [Float]

    /// Bytes of the longest name.
    public static let longestName = 128

    /// Gives `vector` a name.
    public init(name: String, vector: [Float]) {
        self.name = name
        self.vector = vector
    }

    /// Whether a landmark can be called so.
    public static func isFit(_ name: String) -> Bool {
        (1...longestName).contains(name.utf8.count) && !name.utf8.contains { $0 < 0x20 || $0 == 0x7f }
    }
}
