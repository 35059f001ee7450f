/// The five numbers behind one image of the procedural set: what a VAE should find again.
public struct ShapeFactors: Hashable, Sendable {
    /// What is drawn.
    public enum Outline: UInt8, Sendable, CaseIterable {
        /// Four equal sides.
        case square = 0
        /// Twice as long as it is wide.
        case ellipse = 1
        /// Twice as high as its base, so that it points somewhere.
        case triangle = 2
    }

    /// What is drawn.
    public var outline: Outline
    /// Half its extent, in pixels.
    public var scale: Float
    /// Counter-clockwise, in radians, 0..<2π.
    public var rotation: Float
    /// Centre, in pixels from the left edge.
    public var x: Float
    /// Centre, in pixels from the top edge.
    public var y: Float

    /// States all five.
    public init(outline: Outline, scale: Float, rotation: Float, x: Float, y: Float) {
        self.outline = outline
        self.scale = scale
        self.rotation = rotation
        self.x = x
        self.y = y
    }
}
