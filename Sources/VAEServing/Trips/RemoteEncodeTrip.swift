internal import HTTPServer
internal import VAE

/// diffusers' `remote_encode`: an image or a tensor of images in, latent codes out.
struct RemoteEncodeTrip: Trip {
    private let rows: Range<Int>
    private let format: NumberFormat
    private let scaling: (factor: Float, shift: Float)
    private let draw: PosteriorDraw
    private let seedIsDrawn: Bool

    init(_ ticket: Ticket, _ passage: Passage) throws(RequestError) {
        let query = RemoteQuery(ticket.request)
        scaling = try query.scaling()
        let seed = try query.seed()
        let samples = try query.flag("sample")
        guard samples || seed == nil else { throw .invalidValue("seed is for draws: expected sample=1 beside it") }
        draw = PosteriorDraw(seed: samples ? seed ?? PosteriorDraw.newSeed() : nil)
        seedIsDrawn = samples && seed == nil
        let body = unsafe ticket.request.body
        guard body.count > 0 else { throw .malformedBody("expected an image or a tensor; the body is empty") }
        guard let shape = try query.shape() else {
            format = try query.format() ?? .float32
            rows = try unsafe ImageInput(ticket: ticket, passage: passage).picture(body, what: "the body")
            return
        }
        let input = InferenceTensor.x.acceptedExtents(passage.architecture).filter { $0.count > 1 }
        if query.dtype == "uint8" {
            format = .float32
            let count = try RemoteBody.rows(
                of: shape, accepted: input, bytes: body.count, itemSize: 1, ticket, what: "image")
            rows = passage.x.append(count)
            if let bytes = unsafe body.baseAddress?.assumingMemoryBound(to: UInt8.self) {
                unsafe BytePixels.convert(count: body.count, bytes: bytes, into: passage.x.row(rows.lowerBound))
            }
            return
        }
        guard let format = try query.format() else {
            throw .invalidValue("expected the tensor's dtype beside its shape")
        }
        self.format = format
        let count = try RemoteBody.rows(
            of: shape, accepted: input, bytes: body.count, itemSize: format.size, ticket, what: "image")
        rows = passage.x.append(count)
        let values = count * passage.architecture.inputCount
        let x = unsafe passage.x.row(rows.lowerBound)
        if let start = body.baseAddress { unsafe format.read(count: values, start, into: x) }
        if let index = unsafe ValueCheck.firstOutside(-1...1, count: values, x) {
            throw unsafe .invalidValue(
                "pixels of a tensor must be −1…1, as VaeImageProcessor.preprocess gives them; "
                    + "value \(index) is \(x[index])")
        }
        unsafe SignedPixels.toUnit(count: values, x, into: x)
    }

    var rowsToChoose: Int { 0 }

    mutating func chooseLatents(_ passage: Passage) {}

    func reply(_ passage: Passage) throws(RequestError) -> HTTPResponse {
        let latent = passage.architecture.latent
        let z = FloatBuffer(scratch: rows.count * latent)
        unsafe draw.codes(rows, passage, into: z.base)
        if scaling.factor != 1 || scaling.shift != 0 {
            for index in 0..<(rows.count * latent) { z[index] = (z[index] - scaling.shift) * scaling.factor }
        }
        var response = try unsafe RemoteReply.tensor(z.base, shape: [rows.count, latent], format)
        if seedIsDrawn, let seed = draw.seed { response.setHeader("X-VAE-Seed", String(seed)) }
        return response
    }
}
