/// Numbers ids in the order in which they are first seen.
struct IDTable {
    private(set) var names: [String] = []
    private var indices: [String: UInt32] = [:]

    /// The number of `name`, a new one if it is new.
    mutating func index(of name: String) -> UInt32 {
        // Files are often sorted by user.
        if let last = names.indices.last, names[last] == name { return UInt32(last) }
        if let known = indices[name] { return known }
        let index = UInt32(names.count)
        indices[name] = index
        names.append(name)
        return index
    }
}
