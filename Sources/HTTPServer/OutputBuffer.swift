internal import Glibc

/// A growable byte buffer whose memory goes to the socket without a copy: write a reply into it, then give it to an
/// `HTTPResponse`.
///
/// `@unchecked Sendable`: noncopyable, so its memory has one owner at a time.
@safe
public struct OutputBuffer: ~Copyable, @unchecked Sendable {
    @usableFromInline var base: UnsafeMutableRawPointer
    @usableFromInline var capacity: Int
    @usableFromInline var used: Int

    /// Bytes written.
    @inlinable public var count: Int { used }

    /// An empty buffer with room for `minimumCapacity` bytes.
    public init(minimumCapacity: Int = 512) {
        capacity = max(64, minimumCapacity)
        used = 0
        guard let block = unsafe malloc(capacity) else { fatalError("out of memory for \(capacity) bytes of output") }
        unsafe base = unsafe block
    }

    /// Takes over a block from `malloc` that another library has filled.
    public init(taking block: consuming UnsafeMutableRawBufferPointer) {
        guard let start = block.baseAddress else { fatalError("an empty block has no memory to take over") }
        unsafe base = unsafe start
        capacity = block.count
        used = block.count
    }

    deinit {
        unsafe free(base)
    }

    /// Makes room for `additional` more bytes.
    public mutating func reserve(_ additional: Int) {
        precondition(additional >= 0, "cannot reserve a negative number of bytes")
        guard additional > capacity - count else { return }
        let (needed, overflow) = count.addingReportingOverflow(additional)
        let wanted = max(needed, capacity * 2)
        guard !overflow, let block = unsafe realloc(base, wanted) else {
            fatalError("out of memory for \(additional) more bytes of output")
        }
        unsafe base = unsafe block
        capacity = wanted
    }

    /// Appends one byte.
    @inlinable
    public mutating func append(_ byte: UInt8) {
        if used == capacity { reserve(1) }
        unsafe base.storeBytes(of: byte, toByteOffset: used, as: UInt8.self)
        used += 1
    }

    /// Appends the UTF-8 of a string.
    public mutating func append(utf8 text: String) {
        var text = text
        text.withUTF8 { unsafe append(contentsOf: UnsafeRawBufferPointer($0)) }
    }

    /// Appends the UTF-8 of a literal, without making a `String` of it.
    public mutating func append(literal text: StaticString) {
        precondition(text.hasPointerRepresentation, "a literal of one scalar is not stored as bytes; append its byte")
        unsafe append(contentsOf: UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends bytes.
    public mutating func append(contentsOf bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return }
        reserve(bytes.count)
        unsafe (base + used).copyMemory(from: start, byteCount: bytes.count)
        used += bytes.count
    }

    /// Appends bytes.
    public mutating func append(contentsOf bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { unsafe append(contentsOf: $0) }
    }

    /// Lends at least `room` uninitialised bytes after the end; `write` returns how many of them it has filled, which
    /// are thereby appended. For formatters in C.
    public mutating func appendInPlace<Failure: Error>(
        room: Int, _ write: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        reserve(room)
        let tail = unsafe UnsafeMutableRawBufferPointer(start: base + count, count: capacity - used)
        let written = unsafe try write(tail)
        precondition(written >= 0 && written <= capacity - count, "more bytes were written than there was room for")
        used += written
    }

    /// Reads what has been written.
    public func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(unsafe RawSpan(_unsafeStart: base, byteCount: used))
    }

    /// Gives the `malloc` block away.
    consuming func release() -> (base: UnsafeMutableRawPointer, count: Int) {
        let block = unsafe (base, used)
        discard self
        return unsafe block
    }
}
