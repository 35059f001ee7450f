internal import HTTPServer
internal import VAE

/// Decoded rows as images: part of a JSON reply, or one PNG.
struct ImageReply {
    let passage: Passage
    /// Rows of `passage.decoded`, already formed.
    let rows: Range<Int>

    /// Bytes that a JSON reply with these images takes, about.
    var jsonCapacity: Int {
        rows.count * (passage.architecture.inputCount * 8 + passage.architecture.latent * 12) + 256
    }

    /// `,"images":[N][C][H][W]`.
    func append(to body: inout JSONBody) throws(RequestError) {
        let shape = [rows.count] + passage.architecture.inputShape.extents
        try unsafe body.member("images", passage.decoded.row(rows.lowerBound), shape: shape, of: passage)
    }

    /// `,"z":[N][latent]`, the codes they were decoded from, and then the images.
    func appendWithCodes(to body: inout JSONBody) throws(RequestError) {
        let shape = [rows.count, passage.architecture.latent]
        try unsafe body.member("z", passage.z.row(rows.lowerBound), shape: shape)
        try append(to: &body)
    }

    /// One picture: N > 1 as tiles, `columns` in a line.
    func png(columns: Int?) throws(RequestError) -> HTTPResponse {
        let architecture = passage.architecture
        let base = unsafe passage.decoded.row(rows.lowerBound)
        if let index = unsafe ValueCheck.firstOutside(0...1, count: rows.count * architecture.inputCount, base) {
            throw .nonFiniteResult("value \(index) of the images is not a finite number")
        }
        do {
            let png = try unsafe PNGEncoder().encode(
                base, count: rows.count, shape: architecture.inputShape, grid: ImageGrid(columns: columns))
            return unsafe HTTPResponse(status: 200, contentType: "image/png", body: OutputBuffer(taking: png.take()))
        } catch { throw RequestError(error, what: "the picture of \(rows.count) images") }
    }
}
