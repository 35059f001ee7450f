internal import FoundationEssentials

/// A safetensors file, opened and fully checked: eight bytes of header length, a JSON header, then the tensors.
///
/// The rules are those of the reference implementation: offsets lie inside the file, follow each other without gap or
/// overlap, and agree with type and shape.
@safe public final class SafetensorsFile {
    /// One tensor's description. `range` is in bytes from the start of the data section.
    public struct Tensor: Hashable, Sendable {
        /// `F32`, `F16`, ….
        public let dataType: String
        /// Outermost first; empty for a scalar.
        public let shape: [Int]
        /// Bytes of the data section.
        public let range: Range<Int>
    }

    /// `__metadata__`, strings only.
    public let metadata: [String: String]
    /// By name.
    public let tensors: [String: Tensor]
    private let file: FileReader
    private let dataStart: Int

    /// The file's state when it was opened.
    public var version: FileVersion { file.version }

    /// The longest header accepted, 100 MB, as in the reference implementation.
    public static let maximumHeader = 100_000_000
    private static let elementSizes = [
        "BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2, "I32": 4,
        "U32": 4, "F32": 4, "F64": 8, "I64": 8, "U64": 8,
    ]

    /// Opens the file at `path`, reads its header and checks it against the file's size; tensors are read when asked for.
    public init(path: String) throws(CheckpointError) {
        file = try FileReader(path: path)
        let size = file.version.size
        guard size >= 8 else {
            throw .format("expected at least 8 bytes for the header length, found a file of \(size)")
        }
        let length = try file.bytes(0..<8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(Self.maximumHeader) else {
            throw .format("the header length is \(length) bytes; at most \(Self.maximumHeader) are accepted")
        }
        guard Int(length) <= size - 8 else {
            throw .format("the header should take \(length) bytes, but only \(size - 8) follow its length")
        }
        dataStart = 8 + Int(length)
        let header = Data(try file.bytes(8..<dataStart))
        guard header.first == UInt8(ascii: "{") else {
            let found = header.first.map { "byte \($0), '\(UnicodeScalar($0))'" } ?? "nothing"
            throw .format("the header should start with '{'; found \(found)")
        }
        let entries: Header
        do { entries = try JSONDecoder().decode(Header.self, from: header) } catch {
            throw .format("the header is not the expected JSON: \(describe(error, in: header))")
        }
        var tensors: [String: Tensor] = [:]
        for (name, entry) in entries.tensors { tensors[name] = try Self.check(name: name, entry) }
        try Self.checkOrder(tensors, dataCount: size - dataStart)
        metadata = entries.metadata
        self.tensors = tensors
    }

    /// 16 hexadecimal digits that depend on every byte of the file, which is read for it: FNV-1a over 64-bit words. It
    /// tells versions of a file apart; it is no protection against forgery.
    public func contentHash() throws(CheckpointError) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        let size = file.version.size
        for start in stride(from: 0, to: size, by: Self.chunk) {
            let bytes = try file.bytes(start..<min(size, start + Self.chunk))
            for offset in stride(from: 0, to: bytes.count, by: 8) {
                var word: UInt64 = 0
                if offset + 8 <= bytes.count {
                    word = unsafe bytes.withUnsafeBytes {
                        unsafe $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                    }
                } else {
                    for index in offset..<bytes.count { word = word << 8 | UInt64(bytes[index]) }
                }
                hash = (hash ^ word) &* 0x100_0000_01b3
                hash ^= hash >> 29  // FNV alone never moves a high bit down
            }
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// Bytes read at one go, a multiple of a word's.
    private static let chunk = 1 << 18

    /// Throws `changing` when the file was written to since it was opened. `hash` is what `contentHash` gave then.
    public func checkUnchanged(contentHash hash: String) throws(CheckpointError) {
        try file.checkUnchanged { () throws(CheckpointError) in try contentHash() == hash }
    }

    /// Throws unless tensor `name` is there, float32, and of `shape`.
    @discardableResult
    func check(_ name: String, shape: Shape) throws(CheckpointError) -> Tensor {
        guard let tensor = tensors[name] else {
            throw .content("tensor \"\(name)\" \(shape) is missing; the file has \(Self.list(tensors.keys))")
        }
        guard tensor.dataType == "F32" else {
            throw .content("tensor \"\(name)\" should be F32; it is \(tensor.dataType)")
        }
        guard tensor.shape == shape.extents else {
            throw .content("tensor \"\(name)\" should have shape \(shape); it has \(Shape(tensor.shape))")
        }
        return tensor
    }

    /// Copies tensor `name`, which must be float32 of `shape`, to `destination`.
    public func copyFloats(
        _ name: String, shape: Shape, to destination: UnsafeMutablePointer<Float>
    ) throws(CheckpointError) {
        let tensor = try check(name, shape: shape)
        // Bytes, not floats: nothing promises that the data section is aligned.
        try unsafe file.read(
            at: dataStart + tensor.range.lowerBound,
            into: UnsafeMutableRawBufferPointer(start: destination, count: tensor.range.count))
    }

    /// Bytes of the data section.
    func bytes(_ range: Range<Int>) throws(CheckpointError) -> [UInt8] {
        try file.bytes(dataStart + range.lowerBound..<dataStart + range.upperBound)
    }

    private static func check(name: String, _ entry: Header.Entry) throws(CheckpointError) -> Tensor {
        let (dataType, shape, offsets) = (entry.dtype, entry.shape, entry.data_offsets)
        guard let size = elementSizes[dataType] else {
            let known = elementSizes.keys.sorted().joined(separator: ", ")
            throw .format("tensor \"\(name)\" has unknown dtype \"\(dataType)\"; known are \(known)")
        }
        guard offsets.count == 2, offsets[0] >= 0, offsets[0] <= offsets[1] else {
            throw .format("tensor \"\(name)\" should have data_offsets [begin, end]; found \(list(offsets))")
        }
        var expected = size
        for extent in shape {
            let (product, overflow) = expected.multipliedReportingOverflow(by: extent)
            guard extent >= 0, !overflow else {
                throw .format("tensor \"\(name)\" has impossible shape \(list(shape))")
            }
            expected = product
        }
        guard offsets[1] - offsets[0] == expected else {
            throw .format(
                "tensor \"\(name)\" of dtype \(dataType) and shape \(list(shape)) takes \(expected) bytes; "
                    + "its data_offsets \(offsets) span \(offsets[1] - offsets[0])")
        }
        return Tensor(dataType: dataType, shape: shape, range: offsets[0]..<offsets[1])
    }

    /// Tensors must fill the data section exactly: no gap in which anything could hide, and no shared bytes.
    private static func checkOrder(_ tensors: [String: Tensor], dataCount: Int) throws(CheckpointError) {
        var position = 0
        let ordered = tensors.sorted {
            ($0.value.range.lowerBound, $0.value.range.upperBound, $0.key)
                < ($1.value.range.lowerBound, $1.value.range.upperBound, $1.key)
        }
        for (name, tensor) in ordered {
            let begin = tensor.range.lowerBound
            guard begin == position else {
                throw .format("tensor \"\(name)\" should begin at byte \(position); it begins at \(begin)")
            }
            position = tensor.range.upperBound
        }
        guard position == dataCount else {
            throw .format("the tensors take \(position) bytes; the file has \(dataCount) for them")
        }
    }

    /// Numbers for a message, at most ten of them.
    private static func list(_ numbers: [Int]) -> String {
        "[" + numbers.prefix(10).map(String.init).joined(separator: ", ") + (numbers.count > 10 ? ", …]" : "]")
    }

    /// Names for a message, at most ten of them.
    public static func list(_ names: some Collection<String>) -> String {
        let sorted = names.sorted()
        return sorted.prefix(10).joined(separator: ", ") + (sorted.count > 10 ? ", …" : sorted.isEmpty ? "none" : "")
    }
}

/// The header's object: `__metadata__`, and every other member a tensor's description.
private struct Header: Decodable {
    struct Entry: Decodable {
        let dtype: String
        let shape: [Int]
        let data_offsets: [Int]

        private enum CodingKeys: String, CodingKey { case dtype, shape, data_offsets }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            dtype = try container.decode(String.self, forKey: .dtype)
            shape = try container.decodePlaced([Int].self, forKey: .shape)
            data_offsets = try container.decodePlaced([Int].self, forKey: .data_offsets)
        }
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    var metadata: [String: String] = [:]
    var tensors: [String: Entry] = [:]

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        for key in container.allKeys {
            if key.stringValue == "__metadata__" {
                metadata = try container.decode([String: String].self, forKey: key)
            } else {
                tensors[key.stringValue] = try container.decode(Entry.self, forKey: key)
            }
        }
    }
}

/// What a decoder did not like about `text`, in one line.
func describe(_ error: any Error, in text: some Collection<UInt8>) -> String {
    guard let error = error as? DecodingError else { return "\(error)" }
    func place(_ context: DecodingError.Context) -> String {
        let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
        return path.isEmpty ? "" : " at \(path)"
    }
    func detail(_ context: DecodingError.Context) -> String {
        let underlying = context.underlyingError.map { " (\($0))" } ?? ""
        return context.debugDescription + underlying + place(context)
    }
    switch error {
    case .dataCorrupted(let context) where context.codingPath.isEmpty && context.underlyingError == nil:
        // The parser does not say where it gave up; the end of the text tells a file that was cut short.
        let end = String(decoding: text.suffix(24), as: UTF8.self).filter { $0 >= " " }
        return "expected valid JSON, found \(text.count) bytes that are not, ending in `\(end)`"
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
        return detail(context)
    case .keyNotFound(let key, let context): return "\"\(key.stringValue)\" is missing\(place(context))"
    @unknown default: return "\(error)"
    }
}
