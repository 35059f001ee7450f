internal import CTensorKernels

/// One of the independent sequences of a seed. Equal streams give equal bits on every machine.
public struct RandomStream: Hashable, Sendable {
    /// What the numbers are for, so that two uses of one seed are independent.
    public enum Domain: UInt32, Sendable {
        /// z ~ N(0, I) for `sample`; row = index of the sample.
        case prior = 0
        /// ε of z = μ + σ·ε; row = index of the example.
        case posterior = 1
        /// Initial weights; row = index of the tensor.
        case initialisation = 2
        /// Order of the examples; draw = epoch.
        case shuffle = 3
        /// Images the trainer draws itself; row = index of the image.
        case dataset = 4
        /// Binary images drawn from grey ones; row = index of the image, draw = epoch.
        case binarisation = 5
        /// Changes of images that leave what they show; row = index of the image, draw = epoch.
        case augmentation = 6
        /// Noise put on what an encoder sees; row = index of the image, draw = epoch.
        case corruption = 7
        /// Which unimportant draws of z take part in the way back; row = index of the image, draw = epoch.
        case roulette = 8
        /// ε of importance samples; row = index of the sample, draw = index of the example.
        case importance = 9
        /// Which examples are held out; draw = 0 for testing, 1 for validation, 2 for the order of a folder's files.
        case split = 10
        /// Which component of a mixture a sample is of; row = index of the sample.
        case component = 11
    }

    /// The user's seed.
    public let seed: UInt64
    /// What the numbers are for.
    public let domain: Domain
    /// Epoch, importance sample or whatever else distinguishes draws for one row.
    public let draw: UInt32

    /// Names a sequence; computes nothing.
    public init(seed: UInt64, domain: Domain, draw: UInt32 = 0) {
        self.seed = seed
        self.domain = domain
        self.draw = draw
    }

    private var kernel: tk_stream { tk_stream(seed: seed, domain: domain.rawValue, draw: draw) }

    /// Fills `[rows, width]` with standard normals; row r of the result is row `firstRow + r` of the stream.
    public func normals(firstRow: UInt32 = 0, rows: Int, width: Int, into output: UnsafeMutablePointer<Float>) {
        unsafe tk_normals(kernel, firstRow, rows, width, output)
    }

    /// The same for rows that do not follow each other.
    public func normals(rowIndices: [UInt32], width: Int, into output: UnsafeMutablePointer<Float>) {
        unsafe tk_normals_at(kernel, rowIndices, rowIndices.count, width, output)
    }

    /// The same for the `rows` indices at `rowIndices`.
    public func normals(
        rowIndices: UnsafePointer<UInt32>, rows: Int, width: Int, into output: UnsafeMutablePointer<Float>
    ) {
        unsafe tk_normals_at(kernel, rowIndices, rows, width, output)
    }

    /// Turns values 0…1 `[rows, width]` into 1 with that probability and 0 otherwise: 1 where number i of `uniforms` of
    /// stream row `rowIndices[r]` is below the value.
    public func binarise(
        rowIndices: UnsafePointer<UInt32>, rows: Int, width: Int, _ values: UnsafeMutablePointer<Float>
    ) {
        unsafe tk_bernoulli_draws_at(kernel, rowIndices, rows, width, values)
    }

    /// Fills `[rows, width]` with numbers uniform in [0, 1), with 24 bits each, of the `rows` stream rows at `rowIndices`.
    public func uniforms(
        rowIndices: UnsafePointer<UInt32>, rows: Int, width: Int, into output: UnsafeMutablePointer<Float>
    ) {
        unsafe tk_uniforms_at(kernel, rowIndices, rows, width, output)
    }

    /// `count` numbers uniform in [0, 1), with 24 bits each, from stream row `row`.
    public func uniforms(row: UInt32, count: Int) -> [Float] {
        words(row: row, count: count).map { Float($0 >> 8) * 0x1p-24 }
    }

    /// `0..<count` in an order that depends on the stream only (Fisher & Yates).
    public func permutation(count: Int) -> [UInt32] {
        var order = (0..<UInt32(count)).map { $0 }
        let random = words(row: 0, count: count)
        for index in stride(from: count - 1, to: 0, by: -1) {
            // Multiply-shift maps 32 bits to 0...index; its bias is below index / 2³².
            let other = Int((UInt64(random[index]) &* UInt64(index + 1)) >> 32)
            order.swapAt(index, other)
        }
        return order
    }

    private func words(row: UInt32, count: Int) -> [UInt32] {
        var words: [UInt32] = []
        words.reserveCapacity(count + 3)
        let key = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
        for block in 0..<UInt32((count + 3) / 4) {
            let x = Philox.block(counter: (block, row, draw, domain.rawValue), key: key)
            words.append(contentsOf: [x.0, x.1, x.2, x.3])
        }
        words.removeLast(words.count - count)
        return words
    }
}
