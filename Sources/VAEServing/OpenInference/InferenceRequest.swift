internal import HTTPServer
internal import VAE

/// A request for inference: JSON, with the input's numbers in it or, as bytes, behind it.
struct InferenceRequest {
    /// An output that is asked for, and whether as bytes behind the JSON.
    struct Output {
        let tensor: InferenceTensor
        let isBinary: Bool
    }

    /// Comes back in the reply.
    let id: String?
    let parameters: InferenceParameters
    let outputs: [Output]
    /// Of `passage.x`, or for a decoder of `passage.z`.
    let rows: Range<Int>

    static let headerName = "Inference-Header-Content-Length"

    init(_ ticket: Ticket, _ part: InferencePart, _ passage: Passage) throws(RequestError) {
        let body = unsafe ticket.request.body
        let headerLength = try Self.headerLength(ticket.request, bodyBytes: body.count)
        let input = InferenceInput(ticket: ticket, tensor: part.input, passage: passage)
        guard headerLength != 0 else {
            // No JSON at all: the bytes of the input, and every output as bytes.
            id = nil
            parameters = InferenceParameters()
            outputs = part.outputs.filter { $0 != .z }.map { Output(tensor: $0, isBinary: true) }
            rows = try unsafe input.rows(body)
            return
        }
        let split = headerLength ?? body.count
        let document = unsafe UnsafeRawBufferPointer(rebasing: body[..<split])
        let blob = unsafe headerLength == nil ? nil : UnsafeRawBufferPointer(rebasing: body[split...])
        let root = try ticket.json { () throws(JSONError) in try unsafe ticket.json.parse(document) }
        guard root.kind == .object else {
            throw .invalidValue("expected a JSON object with \"inputs\"; found \(root.kind.name)")
        }
        func member(_ name: String) throws(RequestError) -> JSONValue? {
            try ticket.json { () throws(JSONError) in try root[name] }
        }
        id = try Self.text(try member("id"), ticket)
        parameters =
            try member("parameters").map { (object) throws(RequestError) in
                try InferenceParameters(object, ticket)
            } ?? InferenceParameters()
        outputs = try Self.outputs(try member("outputs"), part, parameters, ticket)
        rows = try unsafe input.rows(try member("inputs"), blob: blob)
    }

    /// Bytes of JSON at the start of the body; `nil` without the header, when all of it is.
    private static func headerLength(_ request: HTTPRequest, bodyBytes: Int) throws(RequestError) -> Int? {
        guard bodyBytes > 0 else { throw .malformedBody("expected {\"inputs\": [{…}]}; the body is empty") }
        guard let text = request.header(headerName) else { return nil }
        guard let length = Int(text), (0...bodyBytes).contains(length) else {
            throw .malformedBody(
                "\(headerName) must be the bytes of JSON at the start of the body, 0…\(bodyBytes); "
                    + "found \"\(clipped(text))\"")
        }
        return length
    }

    private static func text(_ value: JSONValue?, _ ticket: Ticket) throws(RequestError) -> String? {
        guard let value else { return nil }
        return try ticket.json { () throws(JSONError) in try value.string }
    }

    /// Those asked for, or all: of `z` only draws, which nobody could know otherwise.
    private static func outputs(
        _ list: JSONValue?, _ part: InferencePart, _ parameters: InferenceParameters, _ ticket: Ticket
    ) throws(RequestError) -> [Output] {
        var outputs: [Output] = []
        if let list {
            for item in try ticket.json({ () throws(JSONError) in try list.elements }) {
                let name = try ticket.json { () throws(JSONError) in try item["name"] }
                guard let name = try text(name, ticket) else { throw .invalidValue("\(item.path) has no \"name\"") }
                guard let tensor = InferenceTensor(rawValue: name), part.outputs.contains(tensor) else {
                    let names = part.outputs.map(\.rawValue).joined(separator: ", ")
                    throw .invalidValue("there is no output \"\(clipped(name))\"; there are \(names)")
                }
                guard !outputs.contains(where: { $0.tensor == tensor }) else {
                    throw .invalidValue("output \"\(name)\" is asked for twice")
                }
                let isBinary = try binaryData(item, ticket) ?? parameters.givesBinary
                outputs.append(Output(tensor: tensor, isBinary: isBinary))
            }
        }
        guard outputs.isEmpty else { return outputs }
        return part.outputs.filter { $0 != .z || parameters.samples }
            .map { Output(tensor: $0, isBinary: parameters.givesBinary) }
    }

    /// An output's own `binary_data`.
    private static func binaryData(_ output: JSONValue, _ ticket: Ticket) throws(RequestError) -> Bool? {
        try ticket.json { () throws(JSONError) in
            guard let parameters = try output["parameters"] else { return nil }
            for name in ["classification", "shared_memory_region"] {
                if let value = try parameters[name] { throw value.error("is asked for, which this server does not do") }
            }
            return try parameters["binary_data"]?.bool
        }
    }
}
