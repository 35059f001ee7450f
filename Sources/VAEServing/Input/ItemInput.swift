internal import HTTPServer
internal import VAE

/// Lists of items of a request as rows of x: 1 for those that are in a list, and 0 for all others.
struct ItemInput {
    let ticket: Ticket
    let passage: Passage
    let items: ItemCatalogue

    /// Members of the body that belong to the lists.
    static let members = ["items", "ignore_unknown"]

    /// `{"items": […]}`, one list or several: a row for each.
    func rows(_ object: JSONValue) throws(RequestError) -> Range<Int> {
        let ignores = try ticket.json { () throws(JSONError) in try object["ignore_unknown"]?.bool } ?? false
        guard let lists = try ticket.json({ () throws(JSONError) in try object["items"] }), lists.kind == .array else {
            throw .invalidValue("expected {\"items\": […]}, a list of \(expected), or several such lists")
        }
        var elements = try ticket.json { () throws(JSONError) in try lists.elements }
        guard elements.next()?.kind == .array else { return try row(lists, ignoringUnknown: ignores) }
        try ticket.checkRows(lists.count, what: "list")
        let first = passage.x.count
        for list in try ticket.json({ () throws(JSONError) in try lists.elements }) {
            guard list.kind == .array else {
                throw .invalidValue("\(list.path) is \(list.kind.name); expected a list of \(expected), as before it")
            }
            _ = try row(list, ignoringUnknown: ignores)
            try passage.pause()
        }
        return first..<passage.x.count
    }

    private var expected: String {
        let numbers = "numbers 0…\(items.count - 1)"
        return items.hasIDs ? "ids or \(numbers)" : numbers
    }

    /// One list. A list may be empty: nothing is known of that user.
    private func row(_ list: JSONValue, ignoringUnknown: Bool) throws(RequestError) -> Range<Int> {
        let row = passage.x.append(1)
        let values = unsafe passage.x.row(row.lowerBound)
        unsafe values.update(repeating: 0, count: passage.x.width)
        for element in try ticket.json({ () throws(JSONError) in try list.elements }) {
            guard let number = try number(of: element) else {
                if ignoringUnknown { continue }
                throw .invalidValue(
                    "\(element.path) is not an item of this model; expected \(expected), or \"ignore_unknown\": true")
            }
            unsafe values[number] = 1
        }
        return row
    }

    /// Nil for what is no item of this model.
    private func number(of element: JSONValue) throws(RequestError) -> Int? {
        switch element.kind {
        case .string: return items.number(of: try ticket.json { () throws(JSONError) in try element.string })
        case .number:
            let number = try ticket.json { () throws(JSONError) in try element.int }
            return (0..<items.count).contains(number) ? number : nil
        default: throw .invalidValue("\(element.path) is \(element.kind.name); expected one of \(expected)")
        }
    }
}
