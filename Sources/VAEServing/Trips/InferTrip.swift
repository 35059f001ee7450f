internal import HTTPServer
internal import VAE

/// The Open Inference Protocol's way: on at x or z, off wherever the outputs that are asked for are.
struct InferTrip: Trip {
    private let part: InferencePart
    private let request: InferenceRequest
    private let draw: PosteriorDraw
    private let httpRequest: HTTPRequest
    private let parsed: UInt64
    /// Rows of z that are decoded.
    private var codes: Range<Int>

    init(_ ticket: Ticket, _ passage: Passage) throws(RequestError) {
        httpRequest = ticket.request
        let name = Route(path: ticket.request.path)?.model ?? ""
        guard let part = InferencePart(name, of: passage.loaded.name) else {
            throw .internalError("\(clipped(name)) was taken for a part of \(passage.loaded.name)")
        }
        self.part = part
        let request = try InferenceRequest(ticket, part, passage)
        self.request = request
        codes = part == .decoder ? request.rows : 0..<0
        draw = PosteriorDraw(
            seed: request.parameters.samples ? request.parameters.seed ?? PosteriorDraw.newSeed() : nil,
            temperature: request.parameters.temperature)
        parsed = HTTPServer.now
    }

    private var decodesImages: Bool {
        part == .whole && request.outputs.contains { $0.tensor == .reconstruction }
    }

    var rowsToChoose: Int { decodesImages ? request.rows.count : 0 }

    mutating func chooseLatents(_ passage: Passage) {
        guard decodesImages else { return }
        codes = passage.z.append(request.rows.count)
        unsafe draw.codes(request.rows, passage, into: passage.z.row(codes.lowerBound))
    }

    func reply(_ passage: Passage) throws(RequestError) -> HTTPResponse {
        let computed = HTTPServer.now
        let rows = request.rows
        let chosen = FloatBuffer(count: max(1, needsChosen ? rows.count * passage.architecture.latent : 0))
        if needsChosen { unsafe draw.codes(rows, passage, into: chosen.base) }
        if !codes.isEmpty { passage.formImages(codes) }
        let drawnSeed = request.parameters.seed == nil ? draw.seed : nil
        var reply = InferenceReply(request, part, passage, drawnSeed: drawnSeed, capacity: capacity(passage))
        for output in request.outputs {
            let values: UnsafePointer<Float> =
                switch output.tensor {
                case .mu: unsafe UnsafePointer(passage.mu.row(rows.lowerBound))
                case .sigma: unsafe UnsafePointer(passage.sigma.row(rows.lowerBound))
                case .z where codes.isEmpty: unsafe UnsafePointer(chosen.base)
                case .z: unsafe UnsafePointer(passage.z.row(codes.lowerBound))
                case .x, .reconstruction: unsafe UnsafePointer(passage.decoded.row(codes.lowerBound))
                }
            try unsafe reply.append(output, rows: rows.count, values)
        }
        let response = reply.response()
        extendLifetime(chosen)
        count(passage, computed: computed)
        return response
    }

    /// Whether z is wanted, and was not chosen for decoding.
    private var needsChosen: Bool { codes.isEmpty && request.outputs.contains { $0.tensor == .z } }

    private func capacity(_ passage: Passage) -> Int {
        request.outputs.reduce(512) { sum, output in
            let values = output.tensor.rowExtents(passage.architecture).reduce(request.rows.count, *)
            return sum + values * (output.isBinary ? 4 : 10)
        }
    }

    private func count(_ passage: Passage, computed: UInt64) {
        let (handover, begun) = (httpRequest.handoverNanoseconds, httpRequest.begunNanoseconds)
        let times = InferenceStatistics.Times(
            queue: begun > handover ? begun - handover : 0, input: parsed - min(begun, parsed),
            compute: computed - min(parsed, computed), output: HTTPServer.now - computed)
        passage.loaded.statistics[part.rawValue].succeeded(
            rows: request.rows.count, times, isFirst: passage.answersFirst(part))
    }
}
