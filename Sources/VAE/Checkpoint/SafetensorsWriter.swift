internal import FoundationEssentials

/// Writes float32 tensors as one safetensors file, atomically. Equal arguments give equal bytes.
public struct SafetensorsWriter {
    /// A tensor to write; `values` must hold as many floats as `shape` says.
    public struct Tensor {
        let name: String
        let shape: [Int]
        let buffer: FloatBuffer
        let offset: Int

        /// Floats `offset..<offset + product of shape` of `buffer`.
        public init(name: String, shape: [Int], buffer: FloatBuffer, offset: Int = 0) {
            self.name = name
            self.shape = shape
            self.buffer = buffer
            self.offset = offset
            precondition(offset >= 0 && offset + shape.reduce(1, *) <= buffer.count, "\(name) lies outside its buffer")
        }

        var byteCount: Int { shape.reduce(1, *) * MemoryLayout<Float>.size }
    }

    private struct HeaderEntry: Encodable {
        let dtype = "F32"
        let shape: [Int]
        let data_offsets: [Int]
    }

    /// Writes `tensors`, in this order, and `metadata` to `path`.
    public static func write(
        _ tensors: [Tensor], metadata: [String: String], to path: String
    ) throws(CheckpointError) {
        var position = 0
        var entries: [String: HeaderEntry] = [:]
        for tensor in tensors {
            let end = position + tensor.byteCount
            entries[tensor.name] = HeaderEntry(shape: tensor.shape, data_offsets: [position, end])
            position = end
        }
        let metadataJSON = try json(metadata)
        let tensorsJSON = try json(entries)
        var header = Array("{\"__metadata__\":".utf8) + metadataJSON
        if !entries.isEmpty { header += Array(",".utf8) + tensorsJSON.dropFirst().dropLast() }
        header.append(UInt8(ascii: "}"))
        // Spaces up to a multiple of eight keep the data section aligned.
        header += Array(repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
        let length = unsafe withUnsafeBytes(of: UInt64(header.count).littleEndian) { unsafe Array($0) }
        let start = length + header
        let result: Result<Void, CheckpointError> = unsafe start.withUnsafeBytes { startBytes in
            var chunks = unsafe [startBytes]
            for tensor in tensors {
                unsafe chunks.append(
                    UnsafeRawBufferPointer(start: tensor.buffer.base + tensor.offset, count: tensor.byteCount))
            }
            do throws(CheckpointError) { return .success(try unsafe AtomicFile.write(chunks, to: path)) } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    private static func json(_ value: some Encodable) throws(CheckpointError) -> [UInt8] {
        do { return Array(try CanonicalJSON.encode(value)) } catch {
            throw .content("the header cannot be written as JSON: \(error)")
        }
    }
}
