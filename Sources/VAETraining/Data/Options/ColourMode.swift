/// What images are converted to.
public enum ColourMode: String, Hashable, Sendable, Codable, CaseIterable {
    /// One channel: ITU-R 601 luma.
    case grey
    /// Red, green and blue.
    case rgb

    /// Of the images.
    var channels: Int { self == .grey ? 1 : 3 }
}
