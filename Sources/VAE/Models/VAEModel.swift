/// A trained VAE ready to serve: weights packed, immutable, shared by every worker.
public final class VAEModel: Sendable {
    /// What the model is made of.
    public let architecture: VAEArchitecture
    let encoder: InferenceNetwork
    let decoder: InferenceNetwork
    let tiles: TileSizes

    /// Packs `parameters`, an arena in the order of `architecture.layout`, and tries the model out: every tile size
    /// that would change a row's bits is left out, and weights whose results are not finite are refused.
    public init(_ architecture: VAEArchitecture, parameters: FloatBuffer) throws(ModelError) {
        precondition(parameters.count == architecture.layout.count, "the arena does not belong to the architecture")
        self.architecture = architecture
        KernelThread.begin()  // the trial below would otherwise start a team of threads
        let base = unsafe UnsafePointer(parameters.base)
        let body = try unsafe InferenceNetwork(architecture.encoder, parameters: base + architecture.encoderOffset)
        // One "network" of the head alone: the encoder and its head then run tile by tile as one chain.
        let headNetwork = try Network(
            [.linear(inputs: architecture.head.inputs, outputs: architecture.head.outputs)],
            inputShape: architecture.head.inputShape, name: "head")
        let head = try unsafe InferenceNetwork(headNetwork, parameters: base + architecture.headOffset)
        encoder = InferenceNetwork(joining: [body, head])
        decoder = try unsafe InferenceNetwork(architecture.decoder, parameters: base + architecture.decoderOffset)
        let rows = min(encoder.maximumTile, decoder.maximumTile)
        let ofEncoder = try Self.agreeingTiles(encoder, rows: rows, seed: 1)
        let ofDecoder = try Self.agreeingTiles(decoder, rows: rows, seed: 2)
        tiles = TileSizes(sizes: ofEncoder.sizes.filter(ofDecoder.sizes.contains))
    }

    /// Runs one tile of `rows` rows of noise, then its first and its last rows in a tile of every smaller size, and
    /// keeps the sizes whose bits agree.
    static func agreeingTiles(
        _ network: InferenceNetwork, rows: Int, seed: UInt64
    ) throws(ModelError) -> TileSizes {
        let runner = try InferenceRunner(network, maximumTile: rows)
        let input = FloatBuffer(count: rows * network.inputCount)
        let expected = FloatBuffer(count: rows * network.outputCount)
        let found = FloatBuffer(count: rows * network.outputCount)
        unsafe RandomStream(seed: seed, domain: .prior).normals(
            rows: rows, width: network.inputCount, into: input.base)
        var agreeing: [Int] = []
        for size in TileSizes.powersOfTwo where size <= rows {
            let target = size == rows ? expected : found
            for first in Set([0, rows - size]) {
                try unsafe runner.run(
                    rows: size, tiles: TileSizes(sizes: [size]), input: input.base + first * network.inputCount,
                    output: target.base + first * network.outputCount)
            }
            let tested = Set([0, rows - size]).allSatisfy { first in
                let range = (first * network.outputCount)..<((first + size) * network.outputCount)
                return expected.hasSameBits(as: target, in: range)
            }
            if tested { agreeing.append(size) }
        }
        guard expected.isFinite else { throw .configuration("the weights give NaN or infinite results on noise") }
        return TileSizes(sizes: agreeing)
    }
}
