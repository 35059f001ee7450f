/// The `parameters` of a request for inference.
struct InferenceParameters {
    /// Whether z is drawn from q(z|x) rather than its mean.
    var samples = false
    var seed: UInt64?
    var temperature: Float = 1
    /// For outputs that do not say so themselves.
    var givesBinary = false

    static let known = ["sample", "seed", "temperature", "binary_data_output"]
    /// Names that the protocol or Triton's clients reserve and that mean nothing here.
    private static let reserved = ["sequence_id", "sequence_start", "sequence_end", "priority", "timeout", "headers"]

    init() {}

    /// Reads the object; names that nobody knows are errors, so that a misspelt one is not ignored.
    init(_ object: JSONValue, _ ticket: Ticket) throws(RequestError) {
        var given: [String] = []
        for (name, value) in try ticket.json({ () throws(JSONError) in try object.fields }) {
            guard !given.contains(name) else { throw .invalidValue("parameter \"\(clipped(name))\" is given twice") }
            given.append(name)
            try ticket.json { () throws(JSONError) in
                switch name {
                case "sample": samples = try value.bool
                case "seed": seed = try value.uint64
                case "binary_data_output": givesBinary = try value.bool
                case "temperature":
                    temperature = Float(try value.double)
                    guard (0...100).contains(temperature) else { throw value.error("is not within 0…100") }
                default: break
                }
            }
            guard Self.known.contains(name) || Self.reserved.contains(name) || name.hasPrefix("triton_") else {
                throw .unknownParameter(
                    "parameter \"\(clipped(name))\" is unknown here; known are \(Self.known.joined(separator: ", "))")
            }
        }
        guard samples || (seed == nil && !given.contains("temperature")) else {
            throw .invalidValue("parameters seed and temperature are for draws: expected \"sample\": true beside them")
        }
    }
}
