/// Named places and named directions in latent space, found from labelled images when the model was evaluated.
///
/// A server that keeps no state between requests can so tell which class an image is nearest to, and move a code towards
/// more of a property, by names that everyone who has the checkpoint shares.
public struct LatentLandmarks: Hashable, Sendable {
    /// The mean of μ over the training images of each class.
    public let prototypes: [LatentLandmark]
    /// The mean of μ over the images that have a property, minus the mean over those that have not (Larsen et al. 2016,
    /// arXiv 1512.09300): z + α·direction has more of it for α > 0, and α = 1 is the way from one mean to the other.
    public let directions: [LatentLandmark]

    /// The most landmarks of a kind, a class or a factor being one.
    public static let maximumCount = 4096
    /// The most numbers of all landmarks of a kind: 16 MiB.
    public static let maximumNumbers = 1 << 22

    /// Throws when names are unfit or occur twice, or when there are too many; vectors must have one length.
    public init(prototypes: [LatentLandmark], directions: [LatentLandmark]) throws(ModelError) {
        for (kind, landmarks) in [("prototypes", prototypes), ("directions", directions)] {
            try Self.check(landmarks.map(\.name), kind: kind)
            let lengths = Set(landmarks.map(\.vector.count))
            precondition(lengths.count <= 1, "\(kind) of several lengths")
            let numbers = landmarks.count * (lengths.first ?? 0)
            guard numbers <= Self.maximumNumbers else {
                throw .configuration("\(kind): expected at most \(Self.maximumNumbers) numbers, found \(numbers)")
            }
        }
        self.prototypes = prototypes
        self.directions = directions
    }

    /// The direction called `name`.
    public func direction(named name: String) -> LatentLandmark? { directions.first { $0.name == name } }

    /// Refuses names that a query or a list could not hold.
    static func check(_ names: [String], kind: String) throws(ModelError) {
        guard names.count <= maximumCount else {
            throw .configuration("\(kind): expected at most \(maximumCount), found \(names.count)")
        }
        var seen: Set<String> = []
        for (index, name) in names.enumerated() {
            guard LatentLandmark.isFit(name) else {
                throw .configuration(
                    "\(kind): name \(index) should have 1…\(LatentLandmark.longestName) bytes and no control characters; "
                        + "it has \(name.utf8.count) bytes")
            }
            guard seen.insert(name).inserted else {
                throw .configuration("\(kind): expected every name once; \"\(name)\" is there again")
            }
        }
    }
}
