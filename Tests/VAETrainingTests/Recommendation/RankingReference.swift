import VAE

@testable import VAETraining

/// The numbers of `Fixtures/make_ranking.py`.
struct RankingReference {
    static let users = 40
    static let items = 150
    private let file: SafetensorsFile

    init() throws { file = try SafetensorsFile(path: Fixture.path("ranking.safetensors")) }

    func numbers(_ name: String, _ extents: Int...) throws -> [Float] {
        let buffer = FloatBuffer(count: extents.reduce(1, *))
        try unsafe file.copyFloats(name, shape: Shape(extents), to: buffer.base)
        return buffer.array()
    }

    /// Users as sparse rows.
    func rows(_ name: String) throws -> SparseRows {
        let dense = try numbers(name, Self.users, Self.items)
        return SparseRows(
            width: Self.items,
            rows: (0..<Self.users).map { user in
                (0..<Self.items).filter { dense[user * Self.items + $0] > 0 }.map(UInt32.init)
            })
    }
}
