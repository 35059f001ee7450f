internal import HTTPServer
internal import VAE

/// How much work a request is, guessed from what is known before it is parsed.
enum WorkEstimate {
    /// Values of x to encode or decode above which a request is large: some milliseconds of work.
    private static let smallValues = 1 << 17
    /// Bytes of a body above which it is: pictures and text take time to read, too.
    private static let smallBody = 1 << 16
    /// What a number of a latent code takes as text.
    private static let bytesPerNumber = 8

    /// The lane of a request for a model of this architecture. A wrong guess costs time, not correctness.
    static func lane(of request: HTTPRequest, _ operation: Operation, _ architecture: VAEArchitecture)
        -> RequestQueue.Lane
    {
        let bytes = unsafe request.body.count
        let rows =
            switch operation {
            case .decode: bytes / (bytesPerNumber * architecture.latent)
            case .sample: request.query("n").flatMap { Int($0) } ?? 1
            case .interpolate: request.query("steps").flatMap { Int($0) } ?? 1
            default: 1
            }
        let (values, overflow) = rows.multipliedReportingOverflow(by: architecture.inputCount)
        return bytes > smallBody || overflow || values > smallValues ? .large : .small
    }
}
