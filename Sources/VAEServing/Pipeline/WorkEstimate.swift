internal import HTTPServer
internal import VAE

/// How much work a request is, guessed from what is known before it is parsed.
enum WorkEstimate {
    /// Values of x to encode or decode above which a request is large: some milliseconds of work.
    private static let smallValues = 1 << 17
    /// Bytes of a body above which it is: pictures and text take time to read, too.
    private static let smallBody = 1 << 16
    /// The same for what takes some tens of microseconds.
    private static let tinyValues = 1 << 12
    private static let tinyBody = 1 << 14
    /// What a byte of a compressed body may become, and still be a small one together.
    private static let expansion = 64
    /// What a number of a latent code takes as text.
    private static let bytesPerNumber = 8
    /// What a small picture takes as a file.
    private static let bytesPerPicture = 256

    /// The lane of a request for a model of this architecture. A wrong guess costs time, not correctness.
    static func lane(of request: HTTPRequest, _ operation: Operation, _ architecture: VAEArchitecture)
        -> RequestQueue.Lane
    {
        let values = values(request, operation, architecture)
        let bodyBytes = unsafe request.body.count * (request.isEncoded ? expansion : 1)
        return bodyBytes > smallBody || values > smallValues ? .large : .small
    }

    /// Whether it is so little work that waking a worker for it takes longer.
    static func isTiny(_ request: HTTPRequest, _ operation: Operation, _ architecture: VAEArchitecture) -> Bool {
        unsafe request.body.count <= tinyBody && !request.isEncoded
            && values(request, operation, architecture) <= tinyValues
    }

    /// Values of x that will be encoded or decoded.
    private static func values(
        _ request: HTTPRequest, _ operation: Operation, _ architecture: VAEArchitecture
    ) -> Int {
        let rows =
            switch operation {
            case .decode: unsafe request.body.count / (bytesPerNumber * architecture.latent)
            case .sample where request.method == .post: draws(request, "n")
            case .sample: request.query("n").flatMap { Int($0) } ?? 1
            case .infer: rowsOfBytes(request, architecture, areCodes: request.path.hasSuffix("_decoder/infer"))
            case .remote:
                rowsOfBytes(
                    request, architecture, areCodes: request.header("Content-Type")?.hasPrefix("tensor/") == true)
            case .interpolate: request.query("steps").flatMap { Int($0) } ?? InterpolateTrip.defaultSteps
            case .score: draws(request, "samples")
            case .traverse: TraverseTrip.defaultDimensions * TraverseTrip.defaultSteps
            case .grid: GridTrip.defaultSide * GridTrip.defaultSide
            case .edit: EditTrip.defaultSteps
            case .arithmetic, .attributes: unsafe request.body.count / (bytesPerNumber * architecture.latent)
            default: 1
            }
        let (values, overflow) = max(1, rows).multipliedReportingOverflow(by: architecture.inputCount)
        return overflow ? .max : values
    }

    /// As many as query parameter `name` says for each image of the body.
    private static func draws(_ request: HTTPRequest, _ name: String) -> Int {
        guard let each = request.query(name).flatMap({ Int($0) }) else { return 1 }
        let (rows, overflow) = max(1, each).multipliedReportingOverflow(
            by: max(1, unsafe request.body.count / bytesPerPicture))
        return overflow ? .max : rows
    }

    /// Rows of a body of float32 numbers.
    private static func rowsOfBytes(_ request: HTTPRequest, _ architecture: VAEArchitecture, areCodes: Bool) -> Int {
        let width = areCodes ? architecture.latent : architecture.inputCount
        return unsafe request.body.count / (MemoryLayout<Float>.size * width)
    }
}
