extension KeyedDecodingContainer {
    /// As `decode` for numbers, but says which one `type` cannot hold, and where it lies: Foundation reports `1.5` for an
    /// `Int` as invalid JSON, without a place.
    func decodePlaced<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        do { return try decode(type, forKey: key) } catch let error where !(error is DecodingError) {
            let number = (try? decode(Double.self, forKey: key)).map { "\($0)" }
            let numbers = (try? decode([Double].self, forKey: key)).map { "\($0.prefix(10))" }
            let found = number ?? numbers ?? "a number out of range"
            let context = DecodingError.Context(
                codingPath: codingPath + [key], debugDescription: "expected \(type), found \(found)")
            throw DecodingError.dataCorrupted(context)
        }
    }
}
