internal import HTTPServer
internal import VAE

/// diffusers' `remote_decode`: latent codes in, images out, in whichever form the client works with.
struct RemoteDecodeTrip: Trip {
    private let rows: Range<Int>
    private let format: NumberFormat
    private let output: RemoteOutput

    init(_ ticket: Ticket, _ passage: Passage) throws(RequestError) {
        let query = RemoteQuery(ticket.request)
        output = try RemoteOutput(ticket.request, query)
        guard let shape = try query.shape(), let format = try query.format() else {
            throw .invalidValue("expected the tensor's shape and dtype: ?shape=1&shape=20&dtype=float32")
        }
        self.format = format
        let (factor, shift) = try query.scaling()
        let latent = passage.architecture.latent
        let body = unsafe ticket.request.body
        let count = try RemoteBody.rows(
            of: shape, accepted: [[latent], [latent, 1, 1]], bytes: body.count, itemSize: format.size, ticket,
            what: "latent code")
        rows = passage.z.append(count)
        let z = unsafe passage.z.row(rows.lowerBound)
        if let start = body.baseAddress { unsafe format.read(count: count * latent, start, into: z) }
        if factor != 1 || shift != 0 {
            for index in 0..<(count * latent) { unsafe z[index] = z[index] / factor + shift }
        }
        try LatentInput(ticket: ticket, passage: passage).check(rows, path: "z")
    }

    var rowsToChoose: Int { 0 }

    mutating func chooseLatents(_ passage: Passage) {}

    func reply(_ passage: Passage) throws(RequestError) -> HTTPResponse {
        passage.formImages(rows)
        let (count, shape) = (rows.count, passage.architecture.inputShape)
        let images = unsafe passage.decoded.row(rows.lowerBound)
        let values = count * passage.architecture.inputCount
        if let index = unsafe ValueCheck.firstOutside(0...1, count: values, images) {
            throw .nonFiniteResult("value \(index) of the images is not a finite number")
        }
        switch output {
        case .signedTensor:
            let signed = FloatBuffer(scratch: values)
            unsafe SignedPixels.fromUnit(count: values, images, into: signed.base)
            return try unsafe RemoteReply.tensor(signed.base, shape: [count] + shape.extents, format)
        case .unitTensor: return try unsafe colourTensor(images, shape)
        case .bytes, .png, .jpeg: return try unsafe picture(images, shape)
        }
    }

    /// `[N, 3, H, W]`: the one channel of grey images three times.
    private func colourTensor(_ images: UnsafePointer<Float>, _ shape: Shape) throws(RequestError) -> HTTPResponse {
        let extents = shape.extents
        guard extents[0] == 1 else {
            return try unsafe RemoteReply.tensor(images, shape: [rows.count] + extents, format)
        }
        let plane = extents[1] * extents[2]
        let colour = FloatBuffer(scratch: 3 * rows.count * plane)
        for copy in 0..<(3 * rows.count) {
            unsafe (colour.base + copy * plane).update(from: images + copy / 3 * plane, count: plane)
        }
        return try unsafe RemoteReply.tensor(colour.base, shape: [rows.count, 3, extents[1], extents[2]], format)
    }

    private func picture(_ images: UnsafePointer<Float>, _ shape: Shape) throws(RequestError) -> HTTPResponse {
        let count = rows.count
        do {
            switch output {
            case .png:
                let png = try unsafe PNGEncoder().encode(images, count: count, shape: shape)
                return unsafe HTTPResponse(
                    status: 200, contentType: "image/png", body: OutputBuffer(taking: png.take()))
            case .jpeg:
                let jpeg = try unsafe JPEGEncoder().encode(images, count: count, shape: shape)
                return unsafe HTTPResponse(
                    status: 200, contentType: "image/jpeg", body: OutputBuffer(taking: jpeg.take()))
            default:
                let bytes = try unsafe ImageBytes.channelsLast(images, count: count, shape: shape)
                let (channels, height, width) = (shape.extents[0], shape.extents[1], shape.extents[2])
                return unsafe RemoteReply.response(
                    OutputBuffer(taking: bytes.take()),
                    shape: [count, height, width] + (channels == 1 ? [] : [channels]), dtype: "uint8")
            }
        } catch { throw RequestError(error, what: "the picture of \(count) images") }
    }
}
