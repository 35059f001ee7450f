internal import Glibc
internal import VAE

/// White shapes on black that the trainer draws itself, so that a machine without data can try it.
///
/// Like dSprites (Matthey et al. 2017) every image has known factors: outline, scale, rotation and position. They come
/// from the `dataset` domain of the random numbers, so the set is the same on every machine and for every run.
public enum ProceduralShapes {
    /// Pixels on a side unless told otherwise.
    public static let defaultSide = 28
    /// The sides that can be asked for.
    public static let sides = 28...256
    /// Of the factors; fixed, so that figures of runs with other seeds compare.
    static let seed: UInt64 = 1

    /// The side that `shapes:64` or plain `shapes` asks for; nil for anything else, which names a folder.
    public static func side(named source: String) throws(DatasetError) -> Int? {
        let parts = source.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.first == "shapes", parts.count <= 2 else { return nil }
        guard parts.count == 2 else { return defaultSide }
        guard let side = Int(parts[1]), sides.contains(side) else {
            throw .missing(
                "\(source): expected shapes: and a side of \(sides.lowerBound)…\(sides.upperBound) pixels, such as "
                    + "shapes:64, or a folder")
        }
        return side
    }

    /// What the set of this side calls itself.
    static func name(side: Int) -> String {
        side == defaultSide ? "procedural shapes" : "procedural shapes \(side)×\(side)"
    }

    /// The set used without `--data`: 12 000 images to learn from and 2 000 others; of larger images three times as many
    /// to learn from, since there is more to tell about each.
    public static func pair(side: Int = defaultSide) throws(DatasetError) -> DatasetPair {
        try DatasetPair(
            name: name(side: side), license: "CC0-1.0",
            train: dataset(count: side > defaultSide ? 36_000 : 12_000, draw: 0, side: side),
            test: dataset(count: 2_000, draw: 1, side: side),
            classNames: ShapeFactors.Outline.allCases.map { "\($0)" })
    }

    /// `count` images with their outlines as labels; sets of another `draw` are independent.
    public static func dataset(count: Int, draw: UInt32, side: Int = defaultSide) -> ImageDataset {
        var pixels: [UInt8] = []
        pixels.reserveCapacity(count * side * side)
        var labels: [UInt8] = []
        var values: [UInt16] = []
        for index in 0..<count {
            let factors = factors(of: index, draw: draw, side: side)
            append(factors, side: side, to: &pixels)
            labels.append(factors.outline.rawValue)
            values += zip(uniforms(of: index, draw: draw), factorSizes).map { UInt16($0 * Float($1)) }
        }
        let table = FactorTable(names: factorNames, sizes: factorSizes, values: values)
        return ImageDataset(shape: [1, side, side], pixels: pixels, labels: labels, factors: table)
    }

    /// The factors as whole numbers, in the order of `ShapeFactors`.
    static let factorNames = ["outline", "scale", "rotation", "x", "y"]
    /// As many values of each as dSprites has. There they are all that occur; here each stands for a part of the range.
    static let factorSizes = [3, 6, 40, 32, 32]

    /// What the factors of an image are made from: five numbers in [0, 1).
    private static func uniforms(of index: Int, draw: UInt32) -> [Float] {
        RandomStream(seed: seed, domain: .dataset, draw: draw).uniforms(row: UInt32(index), count: 5)
    }

    /// The factors of image `index` of set `draw`: the same for every side, in proportion.
    public static func factors(of index: Int, draw: UInt32, side: Int = defaultSide) -> ShapeFactors {
        let u = uniforms(of: index, draw: draw)
        let outlines = ShapeFactors.Outline.allCases
        let zoom = Float(side) / Float(defaultSide)
        return ShapeFactors(
            outline: outlines[Int(u[0] * Float(outlines.count))], scale: zoom * (3.5 + 3.5 * u[1]),
            rotation: u[2] * 2 * .pi, x: zoom * (8 + 12 * u[3]), y: zoom * (8 + 12 * u[4]))
    }

    /// One image `[side, side]`; a pixel on the outline is as bright as the part of it that is inside.
    static func append(_ factors: ShapeFactors, side: Int = defaultSide, to pixels: inout [UInt8]) {
        let cosine = cosf(factors.rotation)
        let sine = sinf(factors.rotation)
        for row in 0..<side {
            for column in 0..<side {
                // The pixel's centre, in the shape's own axes.
                let dx = Float(column) + 0.5 - factors.x
                let dy = Float(row) + 0.5 - factors.y
                let distance = signedDistance(
                    factors.outline, scale: factors.scale, x: cosine * dx - sine * dy, y: sine * dx + cosine * dy)
                pixels.append(UInt8(255 * min(max(0.5 - distance, 0), 1) + 0.5))
            }
        }
    }

    /// Distance from the outline in pixels, negative inside; exact near the outline, which is all that is drawn.
    private static func signedDistance(_ outline: ShapeFactors.Outline, scale: Float, x: Float, y: Float) -> Float {
        switch outline {
        case .square:
            let half = scale * 0.8
            return max(abs(x) - half, abs(y) - half)
        case .ellipse:
            // First order: the implicit function over the length of its gradient.
            let (a, b) = (scale, scale / 2)
            let k = ((x / a) * (x / a) + (y / b) * (y / b)).squareRoot()
            let slope = ((x / (a * a)) * (x / (a * a)) + (y / (b * b)) * (y / (b * b))).squareRoot()
            return slope > 0 ? k * (k - 1) / slope : -b
        case .triangle:
            // Base of length `scale` at y = scale, tip at y = −scale: half-planes, each with a unit normal.
            let normal: (x: Float, y: Float) = (4 / Float(17).squareRoot(), -1 / Float(17).squareRoot())
            return max(y - scale, normal.x * abs(x) + normal.y * (y + scale))
        }
    }
}
