internal import HTTPServer
internal import VAE

/// The query of diffusers' remote VAE client. Parameters that are not known are left alone: its clients add their own.
struct RemoteQuery {
    private let request: HTTPRequest

    init(_ request: HTTPRequest) { self.request = request }

    /// The extents of the tensor in the body, one `shape` for each; `nil` without any.
    func shape() throws(RequestError) -> [Int]? {
        let texts = request.queryValues("shape")
        guard !texts.isEmpty else { return nil }
        var shape: [Int] = []
        for text in texts {
            guard let extent = Int(text), extent >= 0, shape.count < Self.maximumRank else {
                throw .invalidValue(
                    "shape must be at most \(Self.maximumRank) whole numbers, each a parameter of its own: "
                        + "shape=1&shape=20; found \"\(clipped(texts.joined(separator: ", ")))\"")
            }
            shape.append(extent)
        }
        return shape
    }
    private static let maximumRank = 5

    /// `dtype` as it stands.
    var dtype: String? { request.query("dtype") }

    /// A number format called `dtype`; `nil` without the parameter.
    func format() throws(RequestError) -> NumberFormat? {
        guard let dtype else { return nil }
        guard let format = NumberFormat(rawValue: dtype) else {
            let names = NumberFormat.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalidValue("dtype must be one of \(names); found \"\(clipped(dtype))\"")
        }
        return format
    }

    /// What latent codes were multiplied by, 1 unless given, and what was subtracted before.
    func scaling() throws(RequestError) -> (factor: Float, shift: Float) {
        let factor = try number("scaling_factor") ?? 1
        guard factor != 0 else { throw .invalidValue("scaling_factor must not be 0") }
        return (factor, try number("shift_factor") ?? 0)
    }

    private func number(_ name: String) throws(RequestError) -> Float? {
        guard let text = request.query(name) else { return nil }
        guard let value = Float(text), value.isFinite, value == 0 || value.magnitude >= .leastNormalMagnitude else {
            throw .invalidValue("\(name) must be a number; found \"\(clipped(text))\"")
        }
        return value
    }

    /// `name` as Python prints it, or as others write it; `false` when absent.
    func flag(_ name: String) throws(RequestError) -> Bool {
        switch request.query(name)?.lowercased() {
        case nil, "false", "0", "none", "": false
        case "true", "1": true
        case let text?: throw .invalidValue("\(name) must be True or False; found \"\(clipped(text))\"")
        }
    }

    /// Of draws.
    func seed() throws(RequestError) -> UInt64? {
        guard let text = request.query("seed") else { return nil }
        guard let seed = UInt64(text) else {
            throw .invalidValue("seed must be a whole number 0…18446744073709551615; found \"\(clipped(text))\"")
        }
        return seed
    }
}
