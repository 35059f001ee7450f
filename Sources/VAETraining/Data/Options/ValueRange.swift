/// The numbers of a file that stand for 0 and 1.
public struct ValueRange: Hashable, Sendable, Codable, CustomStringConvertible {
    /// What images are learned as.
    public static let unit = ValueRange(low: 0, high: 1)

    /// Stands for 0.
    public let low: Double
    /// Stands for 1; above `low`.
    public let high: Double

    private init(low: Double, high: Double) {
        self.low = low
        self.high = high
    }

    /// Reads `0:255`, `-1:1` and the like.
    public init(parsing text: String) throws(DatasetError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { Double($0) }
        guard parts.count == 2, let low = parts[0], let high = parts[1], low.isFinite, high.isFinite, low < high,
            (high - low).isFinite
        else {
            throw .option(
                "--value-range \(text): expected the numbers that stand for 0 and 1, the smaller first, such as 0:255 "
                    + "or -1:1")
        }
        self.init(low: low, high: high)
    }

    /// `0:255`.
    public var description: String { "\(Self.text(low)):\(Self.text(high))" }

    /// `value` as a part of the range; 0…1 inside it. What rounding has put just outside is brought in.
    func fraction(_ value: Double) -> Float {
        let fraction = (value - low) / (high - low)
        if fraction < 0 && fraction > -1e-6 { return 0 }
        return Float(fraction > 1 && fraction < 1 + 1e-6 ? 1 : fraction)
    }

    /// Whole numbers without `.0`.
    static func text(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
    }
}
