/// What one request may ask for.
package struct ServiceLimits: Sendable {
    /// Images, latent codes, samples or steps.
    package var rows: Int
    /// Pixels of all images of one request or reply together, as the model sees them: fewer rows of a model with large
    /// images, so that no legal request takes much memory.
    static let values = 1 << 22
    /// Pixels of one uploaded image, before it is converted.
    package var pixels: Int
    /// Bytes of one body.
    package var bodyBytes: Int
    /// Requests waiting for a worker.
    package var queue: Int
    /// Nanoseconds that requests may be expected to wait for a worker; further ones are refused.
    package var queueTime: UInt64
    /// Bytes of bodies and unsent replies at which no further request is admitted.
    package var bufferedBytes: Int

    /// Nanoseconds after its arrival at which a request that is not answered gets 504; `nil` for never.
    package var timeout: UInt64?

    package init(
        rows: Int = 1024, pixels: Int = 1 << 24, bodyBytes: Int = 32 << 20, queue: Int = 1024,
        queueMilliseconds: Int = 250, bufferedBytes: Int = 512 << 20, timeout: Duration? = nil
    ) {
        self.rows = rows
        self.pixels = pixels
        self.bodyBytes = bodyBytes
        self.queue = queue
        queueTime = UInt64(queueMilliseconds) * 1_000_000
        self.bufferedBytes = bufferedBytes
        self.timeout = timeout.map { UInt64($0.components.seconds) * 1_000_000_000 }
    }

    /// What is served on an I/O thread: nothing that could hold it up, such as a small file of a large picture.
    var forLoneRequests: ServiceLimits {
        var limits = self
        limits.pixels = min(pixels, 1 << 14)
        return limits
    }

    /// The same for a model whose images have `inputCount` pixels.
    func forImages(of inputCount: Int) -> ServiceLimits {
        var limits = self
        limits.rows = min(rows, max(2, Self.values / inputCount))
        return limits
    }
}
