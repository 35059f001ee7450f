import CSIMDJSON

/// Parses JSON documents, one at a time, reusing its buffers; each worker has its own.
///
/// The document that was parsed last is the one that values read from. A value of an earlier document stops the process
/// when it is used, like an index out of bounds: it is a mistake in this program and not in a request.
@safe final class JSONReader {
    private let parser: OpaquePointer

    /// - Parameters:
    ///   - maximumBytes: larger documents are refused. Parsing takes up to 15 bytes of memory for each byte of text.
    ///   - maximumDepth: how deep arrays and objects may be nested.
    ///   - retainedBytes: buffers for a document larger than this are given back by the next one that needs a quarter
    ///     of them or less, or by `trim()`.
    init(maximumBytes: Int, maximumDepth: Int = 16, retainedBytes: Int = 1 << 20) {
        guard let parser = unsafe csimdjson_parser_create(maximumBytes, maximumDepth, retainedBytes) else {
            fatalError("no memory for a JSON parser")
        }
        unsafe self.parser = parser
    }

    deinit {
        unsafe csimdjson_parser_destroy(parser)
    }

    /// The size of document that fits the present buffers.
    var capacity: Int {
        unsafe csimdjson_parser_capacity(parser)
    }

    /// Parses a UTF-8 document, which is copied: `bytes` may go away. Ends the document before.
    func parse(_ bytes: UnsafeRawBufferPointer) throws(JSONError) -> JSONValue {
        var root = unsafe csimdjson_value(parser: parser, index: 0, generation: 0)
        let status = unsafe csimdjson_parse(
            parser, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, &root)
        try check(status)
        return unsafe JSONValue(root, of: self)
    }

    /// Parses a UTF-8 document, as `parse(_:)` for raw bytes does.
    func parse(_ bytes: Span<UInt8>) throws(JSONError) -> JSONValue {
        try unsafe bytes.withUnsafeBytes { (bytes) throws(JSONError) in
            try unsafe parse(bytes)
        }
    }

    /// Ends the document and gives back buffers beyond `retainedBytes`: for a worker that is about to wait.
    func trim() {
        unsafe csimdjson_parser_trim(parser)
    }

    /// Throws the parser's sentence for any status but `ok`.
    func check(_ status: csimdjson_status) throws(JSONError) {
        if status != .ok {
            throw error(status)
        }
    }

    private func error(_ status: csimdjson_status) -> JSONError {
        let message = unsafe String(cString: csimdjson_error_message(parser))
        let offset = unsafe csimdjson_error_offset(parser)
        let kind: JSONError.Kind =
            switch status {
            case .malformed, .too_deep: .malformed
            case .document_too_large: .documentTooLarge
            case .out_of_memory: .outOfMemory
            case .too_many_values: .tooManyValues
            case .ok, .missing, .duplicate_key, .wrong_type, .number_out_of_range, .ragged, .too_many_dimensions:
                .unexpected
            }
        return JSONError(kind, message, byteOffset: offset >= 0 ? offset : nil)
    }
}
