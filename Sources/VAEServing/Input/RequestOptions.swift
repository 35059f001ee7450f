internal import HTTPServer

/// Options of a request that may stand in its query or, where they win, in its JSON body. What the query says must be
/// right in either case.
struct RequestOptions {
    let ticket: Ticket
    /// The body, if it is JSON.
    let object: JSONValue?

    /// A whole number in `range`; `nil` when absent.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(RequestError) -> Int? {
        let queried = try ticket.query.integer(name, in: range)
        guard let value = try member(name) else { return queried }
        let number = try ticket.json { () throws(JSONError) in try value.int }
        guard range.contains(number) else {
            throw .invalidValue(
                "\(name) must be a whole number \(range.lowerBound)…\(range.upperBound); found \(number)")
        }
        return number
    }

    /// A number in `range`; `nil` when absent.
    func number(_ name: String, in range: ClosedRange<Float>) throws(RequestError) -> Float? {
        let queried = try ticket.query.number(name, in: range)
        guard let value = try member(name) else { return queried }
        return try number(value, in: range)
    }

    /// One number in `range`, or a list of at most `most`; `nil` when absent. In a query they are divided by commas.
    func numbers(_ name: String, in range: ClosedRange<Float>, most: Int) throws(RequestError) -> [Float]? {
        let queried = try ticket.query.numbers(name, in: range, most: most)
        guard let value = try member(name) else { return queried }
        guard value.kind == .array else { return [try number(value, in: range)] }
        try checkCount(value.count, of: name, most: most)
        var numbers: [Float] = []
        for element in try ticket.json({ () throws(JSONError) in try value.elements }) {
            numbers.append(try number(element, in: range))
        }
        return numbers
    }

    /// The same of whole numbers.
    func integers(_ name: String, in range: ClosedRange<Int>, most: Int) throws(RequestError) -> [Int]? {
        let queried = try ticket.query.integers(name, in: range, most: most)
        guard let value = try member(name) else { return queried }
        guard value.kind == .array else { return [try integer(value, in: range)] }
        try checkCount(value.count, of: name, most: most)
        var numbers: [Int] = []
        for element in try ticket.json({ () throws(JSONError) in try value.elements }) {
            numbers.append(try integer(element, in: range))
        }
        return numbers
    }

    /// Any text; `nil` when absent.
    func text(_ name: String) throws(RequestError) -> String? {
        guard let value = try member(name) else { return ticket.query.text(name) }
        return try ticket.json { () throws(JSONError) in try value.string }
    }

    /// One of the names of `type`; `nil` when absent.
    func choice<Value: RawRepresentable & CaseIterable>(
        _ name: String, _ type: Value.Type
    ) throws(RequestError) -> Value? where Value.RawValue == String {
        let queried = try ticket.query.choice(name, type)
        guard let value = try member(name) else { return queried }
        let text = try ticket.json { () throws(JSONError) in try value.string }
        guard let choice = Value(rawValue: text) else {
            let names = Value.allCases.map(\.rawValue).joined(separator: " or ")
            throw .invalidValue("\(name) must be \(names); found \"\(clipped(text))\"")
        }
        return choice
    }

    private func member(_ name: String) throws(RequestError) -> JSONValue? {
        guard let object else { return nil }
        return try ticket.json { () throws(JSONError) in try object[name] }
    }

    private func number(_ value: JSONValue, in range: ClosedRange<Float>) throws(RequestError) -> Float {
        let number = try ticket.json { () throws(JSONError) in try value.double }
        guard range.contains(Float(number)) else {
            throw .invalidValue(
                "\(value.path) must be a number \(range.lowerBound)…\(range.upperBound); found \(number)")
        }
        return Float(number)
    }

    private func integer(_ value: JSONValue, in range: ClosedRange<Int>) throws(RequestError) -> Int {
        let number = try ticket.json { () throws(JSONError) in try value.int }
        guard range.contains(number) else {
            throw .invalidValue(
                "\(value.path) must be a whole number \(range.lowerBound)…\(range.upperBound); found \(number)")
        }
        return number
    }

    private func checkCount(_ count: Int, of name: String, most: Int) throws(RequestError) {
        guard (1...max(1, most)).contains(count) else {
            throw .invalidValue("\(name) must be 1…\(max(1, most)) numbers; found \(count)")
        }
    }
}
