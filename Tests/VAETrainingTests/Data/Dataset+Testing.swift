import VAE

@testable import VAETraining

extension Dataset {
    /// The examples `indices`, or all, one behind the other.
    func rows(_ indices: [UInt32]? = nil) throws(DatasetError) -> [Float] {
        let indices = indices ?? (0..<UInt32(count)).map { $0 }
        let buffer = FloatBuffer(count: indices.count * shape.elementCount)
        try unsafe gather(indices, rows: indices.count, into: buffer.base)
        return buffer.array()
    }

    /// The same as bytes.
    func bytes(_ indices: [UInt32]? = nil) throws(DatasetError) -> [UInt8] {
        try rows(indices).map { UInt8($0 * 255 + 0.5) }
    }
}

extension DataSource {
    /// With the settings that `change` makes of the defaults.
    static func open(_ source: String, _ change: (inout DataSettings) -> Void = { _ in }) throws -> DatasetPair {
        var settings = DataSettings(source: source)
        change(&settings)
        return try open(settings)
    }

    /// The message of the error that opening must end with.
    static func refusal(_ source: String, _ change: (inout DataSettings) -> Void = { _ in }) -> String {
        do {
            let pair = try open(source, change)
            return "opened \(pair.name): \(pair.train.count) + \(pair.test.count) examples \(pair.train.shape)"
        } catch { return "\(error)" }
    }
}

/// Damage to files from a fixed seed.
struct Damage {
    private let random: RandomStream

    init(seed: UInt64) { random = RandomStream(seed: seed, domain: .dataset, draw: 77) }

    /// `bytes` cut short at any place, or with up to four bits flipped; case `number` is the same every time.
    func applied(to bytes: [UInt8], number: Int) -> [UInt8] {
        let numbers = random.uniforms(row: UInt32(number), count: 6)
        guard numbers[0] > 0.3 else { return Array(bytes.prefix(Int(numbers[1] * Float(bytes.count)))) }
        var damaged = bytes
        for number in numbers[2..<(3 + Int(numbers[1] * 4))] {
            let bit = Int(number * Float(bytes.count * 8))
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
        }
        return damaged
    }
}
