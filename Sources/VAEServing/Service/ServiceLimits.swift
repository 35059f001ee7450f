/// What one request may ask for.
package struct ServiceLimits: Sendable {
    /// Images, latent codes, samples or steps.
    package var rows: Int
    /// Pixels of one uploaded image, before it is converted.
    package var pixels: Int
    /// Bytes of one body.
    package var bodyBytes: Int
    /// Requests waiting for a worker.
    package var queue: Int

    package init(rows: Int = 1024, pixels: Int = 1 << 24, bodyBytes: Int = 32 << 20, queue: Int = 4096) {
        self.rows = rows
        self.pixels = pixels
        self.bodyBytes = bodyBytes
        self.queue = queue
    }
}
