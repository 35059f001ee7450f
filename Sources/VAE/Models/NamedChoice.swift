extension RawRepresentable where Self: CaseIterable, RawValue == String {
    /// Reads one of the cases by its name; any other is an error that lists them.
    init(named field: String, from decoder: any Decoder) throws {
        let name = try decoder.singleValueContainer().decode(String.self)
        guard let choice = Self(rawValue: name) else {
            let known = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw ModelError.configuration("\(field) \"\(name)\" is unknown; known are \(known)")
        }
        self = choice
    }
}
