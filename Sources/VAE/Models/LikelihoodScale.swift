/// How far pixels lie from their means: the standard deviation of a normal, the s of a logistic distribution.
public enum LikelihoodScale: Hashable, Sendable {
    /// Part of the configuration, within `bounds`.
    case fixed(Float)
    /// One parameter, `likelihood.log_scale` `[1]`, its natural logarithm.
    case learned

    /// The tensor of a learned scale.
    public static let tensorName = "likelihood.log_scale"
    /// Pixels are 0…1 in steps of 1/255: a scale below is finer than they can be, one above says nothing about them. A
    /// learned scale counts as the nearest bound when it is outside.
    public static let bounds: ClosedRange<Float> = 0.001...1000
}

extension LikelihoodScale: CustomStringConvertible {
    /// For a person: the number, or that it is learned.
    public var description: String {
        switch self {
        case .fixed(let scale): "\(scale)"
        case .learned: "learned"
        }
    }
}

extension LikelihoodScale: Codable {
    /// Reads a number, or `"learned"`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let name = try? container.decode(String.self) {
            guard name == "learned" else {
                throw ModelError.configuration("likelihood scale \"\(name)\" should be a number or \"learned\"")
            }
            self = .learned
        } else if let scale = try? container.decode(Float.self) {
            self = .fixed(scale)
        } else {
            throw ModelError.configuration("likelihood scale should be a number or \"learned\"")
        }
    }

    /// Writes the same form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .fixed(let scale): try container.encode(scale)
        case .learned: try container.encode("learned")
        }
    }
}
