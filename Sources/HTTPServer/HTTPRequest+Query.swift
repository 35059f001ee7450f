internal import CMicroHTTPD

extension HTTPRequest {
    /// The query as sent, without the `?`; empty without one.
    public var rawQuery: String {
        var count = 0
        let bytes = unsafe UnsafeRawBufferPointer(start: hs_raw_query(handle, &count), count: count)
        return unsafe String(decoding: bytes, as: UTF8.self)
    }

    /// The first value of a query parameter, decoded as HTML forms encode: `%41` and `+` for a blank. A parameter
    /// without `=` has the value "". `nil` when absent.
    public func query(_ name: String) -> String? {
        var found: String?
        forEachQueryParameter { candidate, value in
            guard candidate == name else { return true }
            found = value()
            return false
        }
        return found
    }

    /// All values of a repeated query parameter, in order.
    public func queryValues(_ name: String) -> [String] {
        var values: [String] = []
        forEachQueryParameter { candidate, value in
            if candidate == name { values.append(value()) }
            return true
        }
        return values
    }

    /// The names of the query parameters in order, each once: to refuse unknown ones.
    public var queryNames: [String] {
        var names: [String] = []
        forEachQueryParameter { name, _ in
            if !names.contains(name) { names.append(name) }
            return true
        }
        return names
    }

    /// Calls `visit` with each name and a closure that decodes its value, until it returns false.
    private func forEachQueryParameter(_ visit: (_ name: String, _ value: () -> String) -> Bool) {
        var count = 0
        let query = unsafe UnsafeRawBufferPointer(start: hs_raw_query(handle, &count), count: count)
        var rest = unsafe query[...]
        while unsafe !rest.isEmpty {
            let pair = unsafe rest.prefix { $0 != UInt8(ascii: "&") }
            unsafe rest = unsafe rest.dropFirst(pair.count + 1)
            guard unsafe !pair.isEmpty else { continue }
            let name = unsafe pair.prefix { $0 != UInt8(ascii: "=") }
            let value = unsafe pair.dropFirst(name.count + 1)
            guard unsafe visit(formDecoded(name), { unsafe formDecoded(value) }) else { return }
        }
    }
}

/// Decodes `%41` and `+`; the server has checked that every escape is well formed.
private func formDecoded(_ encoded: Slice<UnsafeRawBufferPointer>) -> String {
    guard unsafe encoded.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else {
        return unsafe String(decoding: encoded, as: UTF8.self)
    }
    var bytes: [UInt8] = []
    unsafe bytes.reserveCapacity(encoded.count)
    var index = unsafe encoded.startIndex
    while unsafe index < encoded.endIndex {
        let byte = unsafe encoded[index]
        if byte == UInt8(ascii: "%"), unsafe index + 2 < encoded.endIndex,
            let high = unsafe hexValue(encoded[index + 1]), let low = unsafe hexValue(encoded[index + 2])
        {
            bytes.append(high << 4 | low)
            index += 3
        } else {
            bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            index += 1
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}

private func hexValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
}
