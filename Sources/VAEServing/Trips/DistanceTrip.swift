internal import HTTPServer
internal import VAE

/// Posteriors and codes to their distances, from each other or from the checkpoint's prototypes: on at x, off at q.
struct DistanceTrip: Trip {
    private let from: [LatentPoint]
    /// Empty for the prototypes.
    private let to: [LatentPoint]

    /// Distances of one request: their text takes some 36 bytes each.
    private static let maximumPairs = 1 << 18

    init(_ ticket: Ticket, _ passage: Passage) throws(RequestError) {
        switch try MediaType(ticket.request) {
        case .json, .multipart:
            (from, to, _) = try PointInput(ticket: ticket, passage: passage).lists("from", "to", secondAtLeast: 0)
        case .image, .octets:
            from = try ImageInput(ticket: ticket, passage: passage).readBody().map { .image(row: $0) }
            to = []
        }
        let prototypes = passage.loaded.prototypes
        guard !to.isEmpty || !prototypes.isEmpty else {
            throw .invalidValue(
                "without \"to\" distances are from the prototypes of classes, of which model \(passage.loaded.name) has "
                    + "none; vae-trainer evaluate --write finds them in data with labels")
        }
        let others = to.isEmpty ? prototypes.count : to.count
        guard from.count * others <= Self.maximumPairs else {
            throw .tooManyRows(
                "\(from.count) times \(others) distances; at most \(Self.maximumPairs) are given in one request")
        }
    }

    var rowsToChoose: Int { 0 }

    mutating func chooseLatents(_ passage: Passage) {}

    func reply(_ passage: Passage) throws(RequestError) -> HTTPResponse {
        let prototypes = passage.loaded.prototypes
        let first = Places(from, passage)
        let second = to.isEmpty ? Places(prototypes, latent: passage.architecture.latent) : Places(to, passage)
        let distances = try unsafe PosteriorDistances(
            rows: first.count, mu: first.mu.base, sigma: first.sigma.base, others: second.count,
            otherMu: second.mu.base, otherSigma: second.sigma.base, latent: passage.architecture.latent,
            haveDensities: first.haveDensities && second.haveDensities, pause: passage.pause)
        let shape = [first.count, second.count]
        var body = JSONBody(passage.loaded, capacity: first.count * second.count * 36 + 256)
        if to.isEmpty {
            body.member("prototypes", prototypes.map { JSONText.quoted($0.name) })
            body.member("nearest", try nearest(distances, prototypes))
        }
        try unsafe body.member("euclidean", distances.euclidean, shape: shape)
        try unsafe body.member("wasserstein2", distances.wasserstein, shape: shape)
        if distances.divergence.isEmpty {
            try body.member("symmetric_kl", nil)
        } else {
            try unsafe body.member("symmetric_kl", distances.divergence, shape: shape)
        }
        return body.response()
    }

    /// As JSON, the prototype with the least Euclidean distance from each row; the first of several.
    private func nearest(
        _ distances: PosteriorDistances, _ prototypes: [LatentLandmark]
    ) throws(RequestError) -> [String] {
        var objects: [String] = []
        for row in from.indices {
            let line = distances.euclidean[row * prototypes.count..<(row + 1) * prototypes.count]
            let best = line.indices.reduce(line.startIndex) { line[$1] < line[$0] ? $1 : $0 }
            guard line[best].isFinite else { throw .nonFiniteResult("distance of row \(row) is \(line[best])") }
            let name = JSONText.quoted(prototypes[best - line.startIndex].name)
            objects.append("{\"name\":\(name),\"distance\":\(line[best])}")
        }
        return objects
    }

    /// Posteriors, or points with σ = 0, one behind the other.
    private struct Places {
        let mu, sigma: FloatBuffer
        let count: Int
        /// Whether all have a σ.
        let haveDensities: Bool

        init(_ points: [LatentPoint], _ passage: Passage) {
            let latent = passage.architecture.latent
            count = points.count
            mu = FloatBuffer(count: count * latent)
            sigma = FloatBuffer(count: count * latent)
            var points = points[...]
            var images = 0
            for row in 0..<count {
                guard let point = points.popFirst() else { break }
                unsafe point.write(to: mu.base + row * latent, passage)
                if case .image(let image) = point {
                    unsafe (sigma.base + row * latent).update(from: passage.sigma.row(image), count: latent)
                    images += 1
                }
            }
            haveDensities = images == count && !passage.architecture.posterior.isDeterministic
        }

        init(_ landmarks: [LatentLandmark], latent: Int) {
            count = landmarks.count
            mu = FloatBuffer(landmarks.flatMap(\.vector))
            sigma = FloatBuffer(count: count * latent)
            haveDensities = false
        }
    }
}
