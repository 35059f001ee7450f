internal import HTTPServer
internal import VAE

/// Numbers as one array of float32: for clients that do not want to parse them.
enum ArrayReply {
    /// `values` `[shape]` as `.npy` or as they lie in memory. A NaN or infinity is an error and never reaches the client.
    static func response(
        _ values: UnsafePointer<Float>, shape: [Int], format: ReplyFormat
    ) throws(RequestError) -> HTTPResponse {
        let count = shape.reduce(1, *)
        if let index = unsafe ValueCheck.firstOutside(finite, count: count, values) {
            throw unsafe .nonFiniteResult("value \(index) of the array is \(values[index])")
        }
        let bytes = unsafe UnsafeRawBufferPointer(start: values, count: count * MemoryLayout<Float>.size)
        var body = OutputBuffer(minimumCapacity: bytes.count + 256)
        if format == .npy { body.append(contentsOf: header(shape)) }
        unsafe body.append(contentsOf: bytes)
        var response = HTTPResponse(status: 200, contentType: format.mediaType, body: body)
        response.setHeader("X-VAE-Shape", shape.map(String.init).joined(separator: ","))
        return response
    }

    static let finite = -Float.greatestFiniteMagnitude...Float.greatestFiniteMagnitude

    /// What stands before the numbers in version 1.0 of numpy's format: padded, so that they are aligned to 64 bytes.
    private static func header(_ shape: [Int]) -> [UInt8] {
        let extents = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
        var text = Array("{'descr': '<f4', 'fortran_order': False, 'shape': (\(extents)), }".utf8)
        let magic: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
        let unpadded = magic.count + 2 + text.count + 1
        text += Array(repeating: UInt8(ascii: " "), count: (64 - unpadded % 64) % 64) + [UInt8(ascii: "\n")]
        return magic + [UInt8(text.count & 0xff), UInt8(text.count >> 8)] + text
    }
}
