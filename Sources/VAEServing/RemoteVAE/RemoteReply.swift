internal import HTTPServer
internal import VAE

/// Tensors as diffusers' client reads them: bytes, and what they are in the headers `shape` and `dtype`.
enum RemoteReply {
    /// The reply for `count` numbers at `values`, of `shape`. Throws when one is not finite in `format`.
    static func tensor(
        _ values: UnsafePointer<Float>, shape: [Int], _ format: NumberFormat
    ) throws(RequestError) -> HTTPResponse {
        let count = shape.reduce(1, *)
        if let index = unsafe ValueCheck.firstOutside(-format.largest...format.largest, count: count, values) {
            throw unsafe .nonFiniteResult("value \(index) is \(values[index]), which \(format.rawValue) does not hold")
        }
        let size = count * format.size
        var body = OutputBuffer(minimumCapacity: size)
        unsafe body.appendInPlace(room: size) { room in
            if let start = room.baseAddress { unsafe format.write(count: count, values, into: start) }
            return size
        }
        return response(body, shape: shape, dtype: format.rawValue)
    }

    /// The reply for a body that is a tensor already.
    static func response(_ body: consuming OutputBuffer, shape: [Int], dtype: String) -> HTTPResponse {
        var response = HTTPResponse(status: 200, contentType: "tensor/binary", body: body)
        response.setHeader("shape", "[\(shape.map(String.init).joined(separator: ", "))]")
        response.setHeader("dtype", dtype)
        return response
    }
}
