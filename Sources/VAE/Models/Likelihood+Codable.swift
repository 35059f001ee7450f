extension Likelihood: Codable, CustomStringConvertible {
    private enum Key: String, CodingKey { case type, scale }

    /// What a checkpoint calls it: `bernoulli`, `gaussian`, ….
    public var name: String {
        switch self {
        case .bernoulli: "bernoulli"
        case .continuousBernoulli: "continuous_bernoulli"
        case .gaussian: "gaussian"
        case .discretizedLogistic: "discretized_logistic"
        case .multinomial: "multinomial"
        }
    }

    /// For a person: the name, and the scale if it has one.
    public var description: String { scale.map { "\(name), scale \($0)" } ?? name }

    /// Reads `"bernoulli"`, or `{"type": "gaussian", "scale": 0.5}`, or `{"type": "gaussian", "scale": "learned"}`.
    public init(from decoder: any Decoder) throws {
        if let name = try? decoder.singleValueContainer().decode(String.self) {
            try self.init(named: name, scale: nil)
        } else if let container = try? decoder.container(keyedBy: Key.self) {
            let scale = try container.decodeIfPresent(LikelihoodScale.self, forKey: .scale)
            try self.init(named: try container.decode(String.self, forKey: .type), scale: scale)
        } else {
            throw ModelError.configuration(
                "likelihood should be a name such as \"bernoulli\", or an object such as "
                    + #"{"type": "gaussian", "scale": 0.5}"#)
        }
    }

    /// As flags say it: a name, and for those with a scale a number or `learned`, which is what it is without.
    public init(name: String, scale: String?) throws(ModelError) {
        var parsed: LikelihoodScale?
        if let scale, scale != "learned" {
            guard let number = Float(scale), LikelihoodScale.bounds.contains(number) else {
                throw .configuration(
                    "scale \"\(scale)\": expected learned, or a number \(LikelihoodScale.bounds.lowerBound)"
                        + "…\(LikelihoodScale.bounds.upperBound)")
            }
            parsed = .fixed(number)
        } else if scale != nil || ["gaussian", "discretized_logistic"].contains(name) {
            parsed = .learned
        }
        try self.init(named: name, scale: parsed)
    }

    private init(named name: String, scale: LikelihoodScale?) throws(ModelError) {
        func scaled() throws(ModelError) -> LikelihoodScale {
            guard let scale else {
                throw .configuration(
                    "likelihood \"\(name)\" needs a scale: write {\"type\": \"\(name)\", \"scale\": 0.5} "
                        + #"or "scale": "learned""#)
            }
            return scale
        }
        switch name {
        case "bernoulli": self = .bernoulli
        case "continuous_bernoulli": self = .continuousBernoulli
        case "gaussian": self = .gaussian(try scaled())
        case "discretized_logistic": self = .discretizedLogistic(try scaled())
        case "multinomial": self = .multinomial
        default:
            throw .configuration(
                "likelihood \"\(name)\" is unknown; known are bernoulli, continuous_bernoulli, gaussian, "
                    + "discretized_logistic, multinomial")
        }
        guard hasScale || scale == nil else {
            throw .configuration("likelihood \"\(name)\" has no scale; leave it out")
        }
    }

    /// Writes the shortest of these forms.
    public func encode(to encoder: any Encoder) throws {
        guard let scale else {
            var container = encoder.singleValueContainer()
            return try container.encode(name)
        }
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(name, forKey: .type)
        try container.encode(scale, forKey: .scale)
    }
}
