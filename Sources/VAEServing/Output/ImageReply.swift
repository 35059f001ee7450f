internal import HTTPServer
internal import VAE

/// Images as a reply: part of a JSON one, a picture, an animation or an array.
struct ImageReply {
    private enum Source {
        /// Of `passage.decoded`, already formed.
        case decoded(first: Int)
        /// Rows of an image each.
        case buffer(FloatBuffer)
    }

    let passage: Passage
    private let source: Source
    /// Extents of the array in front of `[C, H, W]`; their product is the number of images.
    let axes: [Int]

    var count: Int { axes.reduce(1, *) }

    private var shape: Shape { passage.architecture.inputShape }
    private var base: UnsafeMutablePointer<Float> {
        switch source {
        case .decoded(let first): unsafe passage.decoded.row(first)
        case .buffer(let images): unsafe images.base
        }
    }

    /// Rows of `passage.decoded`, already formed: one list, or an array of `axes`.
    init(passage: Passage, rows: Range<Int>, axes: [Int]? = nil) {
        self.passage = passage
        source = .decoded(first: rows.lowerBound)
        self.axes = axes ?? [rows.count]
        precondition(count == rows.count, "\(rows.count) images are no array of \(self.axes)")
    }

    /// Images that were not decoded.
    init(passage: Passage, images: FloatBuffer, axes: [Int]) {
        self.passage = passage
        source = .buffer(images)
        self.axes = axes
        precondition(images.count >= count * passage.architecture.inputCount, "fewer images than \(axes)")
    }

    /// Bytes that a JSON reply with these images takes, about.
    var jsonCapacity: Int {
        count * (passage.architecture.inputCount * 8 + passage.architecture.latent * 12) + 256
    }

    /// The reply in any form. `json` adds the members of a JSON one; `columns` is the number of tiles in a line of a
    /// picture unless the client said.
    func response(
        _ form: ReplyForm, columns: Int? = nil, json: (inout JSONBody) throws(RequestError) -> Void
    ) throws(RequestError) -> HTTPResponse {
        var response: HTTPResponse
        switch form.format {
        case .json:
            var body = JSONBody(passage.loaded, floats: form.floats, capacity: jsonCapacity)
            try json(&body)
            response = body.response()
        case .png: response = try png(columns: form.columns ?? columns)
        case .apng: response = try animation(columns: form.columns, framesPerSecond: form.framesPerSecond)
        case .npy, .octets:
            response = try unsafe ArrayReply.response(base, shape: axes + shape.extents, format: form.format)
        }
        form.setHeaders(on: &response)
        return response
    }

    /// `,"images":[N][C][H][W]`.
    func append(to body: inout JSONBody, as name: StaticString = "images") throws(RequestError) {
        try unsafe body.member(name, base, shape: [count] + shape.extents, of: passage)
    }

    /// One picture: N > 1 as tiles, `columns` in a line.
    private func png(columns: Int?) throws(RequestError) -> HTTPResponse {
        try checkValues()
        do {
            let png = try unsafe PNGEncoder().encode(
                base, count: count, shape: shape, grid: ImageGrid(columns: columns))
            return unsafe HTTPResponse(status: 200, contentType: "image/png", body: OutputBuffer(taking: png.take()))
        } catch { throw RequestError(error, what: "the picture of \(count) images") }
    }

    /// A frame for each index of the last axis, with the images of the other axes as tiles.
    private func animation(columns: Int?, framesPerSecond: Int) throws(RequestError) -> HTTPResponse {
        try checkValues()
        let frames = axes[axes.count - 1]
        let (tiles, pixels) = (count / frames, shape.elementCount)
        var ordered: FloatBuffer?
        if tiles > 1 {
            let buffer = FloatBuffer(scratch: count * pixels)
            for frame in 0..<frames {
                for tile in 0..<tiles {
                    unsafe (buffer.base + (frame * tiles + tile) * pixels).update(
                        from: base + (tile * frames + frame) * pixels, count: pixels)
                }
            }
            ordered = buffer
        }
        do {
            let rows = unsafe ordered?.base ?? base
            let apng = try unsafe PNGEncoder().encodeAnimation(
                rows, frames: frames, tiles: tiles, shape: shape, grid: ImageGrid(columns: columns),
                framesPerSecond: framesPerSecond)
            return unsafe HTTPResponse(status: 200, contentType: "image/apng", body: OutputBuffer(taking: apng.take()))
        } catch { throw RequestError(error, what: "the animation of \(frames) frames") }
    }

    private func checkValues() throws(RequestError) {
        if let index = unsafe ValueCheck.firstOutside(0...1, count: count * shape.elementCount, base) {
            throw .nonFiniteResult("value \(index) of the images is not a finite number")
        }
    }
}

extension ImageReply {
    /// `,"z":[N][latent]`, the codes `rows` of the passage they were decoded from, and then the images.
    func appendWithCodes(_ rows: Range<Int>, to body: inout JSONBody) throws(RequestError) {
        try unsafe body.member(
            "z", passage.z.row(rows.lowerBound), shape: [rows.count, passage.architecture.latent])
        try append(to: &body)
    }
}
