import Testing

@testable import VAETraining

@Suite struct ProceduralShapesTests {
    @Test func isTheSameEveryTime() {
        let first = ProceduralShapes.dataset(count: 6, draw: 0)
        #expect(first.pixels == ProceduralShapes.dataset(count: 6, draw: 0).pixels)
        // An image does not depend on how many there are.
        #expect(Array(first.pixels.prefix(4 * 784)) == ProceduralShapes.dataset(count: 4, draw: 0).pixels)
        #expect(first.pixels != ProceduralShapes.dataset(count: 6, draw: 1).pixels)
        #expect(first.labels == (0..<6).map { ProceduralShapes.factors(of: $0, draw: 0).outline.rawValue })
    }

    /// Area and centre of what is drawn are those of the shape, so edges are smooth and nothing is cut off.
    @Test(arguments: 0..<12)
    func drawsWhatTheFactorsSay(index: Int) {
        let factors = ProceduralShapes.factors(of: index, draw: 0)
        var pixels: [UInt8] = []
        ProceduralShapes.append(factors, to: &pixels)
        var area: Float = 0
        var x: Float = 0
        var y: Float = 0
        for (position, value) in pixels.enumerated() {
            let weight = Float(value) / 255
            area += weight
            x += weight * (Float(position % 28) + 0.5)
            y += weight * (Float(position / 28) + 0.5)
        }
        let expected: Float =
            switch factors.outline {
            case .square: 2.56 * factors.scale * factors.scale
            case .ellipse: .pi / 2 * factors.scale * factors.scale
            case .triangle: factors.scale * factors.scale
            }
        #expect(abs(area - expected) < 0.06 * expected + 1, "\(factors)")
        // A triangle's centre of mass lies a third of its height above its base.
        let slack: Float = factors.outline == .triangle ? factors.scale / 3 + 0.4 : 0.4
        #expect(abs(x / area - factors.x) < slack && abs(y / area - factors.y) < slack, "\(factors)")
    }

    @Test func allOutlinesAppear() {
        let outlines = Set((0..<60).map { ProceduralShapes.factors(of: $0, draw: 0).outline })
        #expect(outlines.count == 3)
    }
}
