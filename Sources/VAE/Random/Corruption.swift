internal import CTensorKernels

/// Noise that an encoder must see through: the decoder is still asked for the example as it was (Vincent et al. 2010,
/// "Stacked denoising autoencoders", JMLR 11).
public enum Corruption: Hashable, Sendable {
    /// Sets this part of the values, chosen by chance, to zero.
    case masking(Float)
    /// Adds normal noise of this standard deviation.
    case gaussian(Float)
    /// As `masking`, but what is left grows so that its expectation stays (Srivastava et al. 2014).
    case dropout(Float)

    /// Changes the `rows` rows at `x`, of `width` values; what happens to row r depends on `stream` and `indices[r]`
    /// only. `scratch` is as large as `x`.
    public func apply(
        to x: UnsafeMutablePointer<Float>, indices: UnsafePointer<UInt32>, rows: Int, width: Int, stream: RandomStream,
        scratch: UnsafeMutablePointer<Float>
    ) {
        let count = rows * width
        switch self {
        case .gaussian(let deviation):
            unsafe stream.normals(rowIndices: indices, rows: rows, width: width, into: scratch)
            unsafe tk_add_scaled(count, deviation, scratch, x)
        case .masking(let part), .dropout(let part):
            unsafe stream.uniforms(rowIndices: indices, rows: rows, width: width, into: scratch)
            unsafe tk_mask(count, scratch, part, isDropout ? 1 / (1 - part) : 1, x)
        }
    }

    private var isDropout: Bool {
        if case .dropout = self { true } else { false }
    }
}

extension Corruption: CustomStringConvertible, LosslessStringConvertible, Codable {
    /// `masking:0.25`, `gaussian:0.3`, `dropout:0.5`.
    public var description: String {
        switch self {
        case .masking(let part): "masking:\(part)"
        case .gaussian(let deviation): "gaussian:\(deviation)"
        case .dropout(let part): "dropout:\(part)"
        }
    }

    /// Reads the same; nil for anything else, parts outside 0..<1 and deviations outside 0…100.
    public init?(_ description: String) {
        let parts = description.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let amount = Float(parts[1]), amount >= 0 else { return nil }
        switch parts[0] {
        case "masking" where amount < 1: self = .masking(amount)
        case "gaussian" where amount <= 100: self = .gaussian(amount)
        case "dropout" where amount < 1: self = .dropout(amount)
        default: return nil
        }
    }

    /// Reads the description.
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let corruption = Corruption(text) else {
            throw ModelError.configuration("corruption \"\(text)\": expected masking:0.25, gaussian:0.3 or dropout:0.5")
        }
        self = corruption
    }

    /// Writes the description.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
