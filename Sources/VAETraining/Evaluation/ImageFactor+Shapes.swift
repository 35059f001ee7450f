extension ImageFactor {
    /// The factors of the first `count` training images of the procedural set, those with continuous values in bins of
    /// equal width. The side does not matter: positions and sizes are in proportion.
    public static func ofShapes(count: Int) -> [ImageFactor] {
        let factors = (0..<count).map { ProceduralShapes.factors(of: $0, draw: 0) }
        func bins(_ name: String, _ number: Int, of range: Range<Float>, _ value: (ShapeFactors) -> Float)
            -> ImageFactor
        {
            let width = (range.upperBound - range.lowerBound) / Float(number)
            return ImageFactor(
                name: name,
                values: factors.map { min(max(Int((value($0) - range.lowerBound) / width), 0), number - 1) })
        }
        return [
            ImageFactor(name: "outline", values: factors.map { Int($0.outline.rawValue) }),
            bins("scale", 6, of: 3.5..<7) { $0.scale }, bins("rotation", 12, of: 0..<2 * .pi) { $0.rotation },
            bins("x", 8, of: 8..<20) { $0.x }, bins("y", 8, of: 8..<20) { $0.y },
        ]
    }
}
