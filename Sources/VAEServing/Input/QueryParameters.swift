internal import HTTPServer

/// The query of a request, checked: every name is one that the operation knows, and every value is in its range.
struct QueryParameters {
    private let request: HTTPRequest

    /// Refuses names that are not in `known`, so that a misspelt one is not silently ignored.
    init(_ request: HTTPRequest, known: [String]) throws(RequestError) {
        self.request = request
        for name in request.queryNames {
            guard known.contains(name) else {
                let list = known.isEmpty ? "there are none" : "known are \(known.joined(separator: ", "))"
                throw .unknownParameter("query parameter \"\(clipped(name))\" is unknown here; \(list)")
            }
            guard request.queryValues(name).count == 1 else {
                throw .unknownParameter("query parameter \"\(name)\" is given more than once")
            }
        }
    }

    /// The query of a trip: any where the protocol is the client's, else with the names that `operation` knows.
    init(_ request: HTTPRequest, for operation: Operation) throws(RequestError) {
        if operation.readsOwnHeaders {
            self.init(unchecked: request)
        } else {
            try self.init(request, known: operation.queryParameters(request.method))
        }
    }

    private init(unchecked request: HTTPRequest) { self.request = request }

    /// A whole number in `range`; `nil` when absent.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(RequestError) -> Int? {
        guard let text = request.query(name) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw .invalidValue(
                "\(name) must be a whole number \(range.lowerBound)…\(range.upperBound); found \"\(clipped(text))\"")
        }
        return value
    }

    /// A seed, 0…2⁶⁴−1; `nil` when absent.
    func seed(_ name: String) throws(RequestError) -> UInt64? {
        guard let text = request.query(name) else { return nil }
        guard let value = UInt64(text) else {
            throw .invalidValue("\(name) must be a whole number 0…18446744073709551615; found \"\(clipped(text))\"")
        }
        return value
    }

    /// Any text; `nil` when absent.
    func text(_ name: String) -> String? { request.query(name) }

    /// A finite number in `range`; `nil` when absent.
    func number(_ name: String, in range: ClosedRange<Float>) throws(RequestError) -> Float? {
        guard let text = request.query(name) else { return nil }
        guard let value = Float(text), range.contains(value) else {
            throw .invalidValue(
                "\(name) must be a number \(range.lowerBound)…\(range.upperBound); found \"\(clipped(text))\"")
        }
        return value
    }

    /// `true` or `false`; `nil` when absent.
    func flag(_ name: String) throws(RequestError) -> Bool? {
        guard let text = request.query(name) else { return nil }
        guard let value = Bool(text) else {
            throw .invalidValue("\(name) must be true or false; found \"\(clipped(text))\"")
        }
        return value
    }

    /// Finite numbers in `range`, divided by commas, at most `most`; `nil` when absent.
    func numbers(_ name: String, in range: ClosedRange<Float>, most: Int) throws(RequestError) -> [Float]? {
        try list(name, most: most, "numbers \(range.lowerBound)…\(range.upperBound)") { word in
            Float(word).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// The same of whole numbers.
    func integers(_ name: String, in range: ClosedRange<Int>, most: Int) throws(RequestError) -> [Int]? {
        try list(name, most: most, "whole numbers \(range.lowerBound)…\(range.upperBound)") { word in
            Int(word).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// Seeds, divided by commas, at most `most`; `nil` when absent.
    func seeds(_ name: String, most: Int) throws(RequestError) -> [UInt64]? {
        try list(name, most: most, "whole numbers 0…18446744073709551615") { UInt64($0) }
    }

    private func list<Value>(
        _ name: String, most: Int, _ what: String, _ read: (Substring) -> Value?
    ) throws(RequestError) -> [Value]? {
        guard let text = request.query(name) else { return nil }
        let words = text.split(separator: ",", maxSplits: max(1, most), omittingEmptySubsequences: false)
        let values = words.compactMap(read)
        guard values.count == words.count, values.count <= max(1, most) else {
            throw .invalidValue(
                "\(name) must be 1…\(max(1, most)) \(what), divided by commas; found \"\(clipped(text))\"")
        }
        return values
    }

    /// One of `values`' names; `nil` when absent.
    func choice<Value: RawRepresentable & CaseIterable>(
        _ name: String, _ type: Value.Type
    ) throws(RequestError) -> Value? where Value.RawValue == String {
        guard let text = request.query(name) else { return nil }
        guard let value = Value(rawValue: text) else {
            let names = Value.allCases.map(\.rawValue).joined(separator: " or ")
            throw .invalidValue("\(name) must be \(names); found \"\(clipped(text))\"")
        }
        return value
    }
}

/// The start of a client's text, short enough for an error message, and on one line.
func clipped(_ text: String) -> String {
    let start = text.utf8.count <= 60 ? text : String(decoding: text.utf8.prefix(60), as: UTF8.self) + "…"
    return String(String.UnicodeScalarView(start.unicodeScalars.map { $0.value < 0x20 ? "\u{FFFD}" : $0 }))
}
