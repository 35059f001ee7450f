/// The elements of a JSON array. They lie one after the other in the parsed document, so the next is found from the last.
struct JSONElements: Sequence, IteratorProtocol {
    /// How many elements the array has.
    let count: Int

    private var upcoming: JSONValue?

    init(count: Int, first: JSONValue?) {
        self.count = count
        upcoming = first
    }

    var underestimatedCount: Int { count }

    mutating func next() -> JSONValue? {
        let element = upcoming
        upcoming = element?.next
        return element
    }
}
