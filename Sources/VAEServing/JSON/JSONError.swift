/// Why JSON text was not what was expected. The description is one sentence for the client: what was expected, what was
/// found, and where (`z[3][1] is a string, expected a number`).
struct JSONError: Error, Equatable, CustomStringConvertible {
    /// What kind of failure, for the reply's status.
    enum Kind: Equatable {
        /// The bytes are not JSON, or are nested too deep.
        case malformed
        /// The document is larger than the reader takes.
        case documentTooLarge
        /// JSON, but of another type or shape than expected, with a key too few or too many, or a number out of range.
        case unexpected
        /// More numbers than there is room for.
        case tooManyValues
        /// The reader found no memory.
        case outOfMemory
    }

    let kind: Kind

    let description: String

    /// The byte of the document at which it stops being JSON; `nil` when the document is JSON.
    let byteOffset: Int?

    init(_ kind: Kind, _ description: String, byteOffset: Int? = nil) {
        self.kind = kind
        self.description = description
        self.byteOffset = byteOffset
    }
}
