import Testing
import VAE

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
    @Test(arguments: 0..<12, [28, 64])
    func drawsWhatTheFactorsSay(index: Int, side: Int) {
        let factors = ProceduralShapes.factors(of: index, draw: 0, side: side)
        var pixels: [UInt8] = []
        ProceduralShapes.append(factors, side: side, to: &pixels)
        #expect(pixels.count == side * side)
        var area: Float = 0
        var x: Float = 0
        var y: Float = 0
        for (position, value) in pixels.enumerated() {
            let weight = Float(value) / 255
            area += weight
            x += weight * (Float(position % side) + 0.5)
            y += weight * (Float(position / side) + 0.5)
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

    /// The border is black, so nothing is cut off; the same factors in proportion, whatever the side.
    @Test(arguments: [28, 64, 256]) func everySideShowsTheSameShapes(side: Int) {
        let set = ProceduralShapes.dataset(count: 20, draw: 0, side: side)
        #expect(set.shape == [1, side, side])
        #expect(set.labels == ProceduralShapes.dataset(count: 20, draw: 0).labels)
        for (position, value) in set.pixels.enumerated() where value > 0 {
            let (row, column) = (position / side % side, position % side)
            #expect(row > 0 && column > 0 && row < side - 1 && column < side - 1, "image \(position / side / side)")
        }
        let (here, there) = (
            ProceduralShapes.factors(of: 3, draw: 1, side: side), ProceduralShapes.factors(of: 3, draw: 1)
        )
        #expect(here.outline == there.outline && here.rotation == there.rotation)
        let zoom = Float(side) / 28
        #expect(abs(here.x - zoom * there.x) < 1e-4)
        #expect(abs(here.scale - zoom * there.scale) < 1e-4)
    }

    /// What `--data` may say besides a folder.
    @Test func namesOfSetsAreRead() throws {
        #expect(try ProceduralShapes.side(named: "shapes") == 28)
        #expect(try ProceduralShapes.side(named: "shapes:64") == 64)
        #expect(try ProceduralShapes.side(named: "shapes:256") == 256)
        for folder in ["data/mnist", "./shapes:64", "shapes64", "shapes/28", "", "my:shapes:64"] {
            #expect(try ProceduralShapes.side(named: folder) == nil, "\(folder)")
        }
        for wrong in ["shapes:", "shapes:27", "shapes:257", "shapes:-64", "shapes:64x64", "shapes:6.4e1"] {
            let error = #expect(throws: DatasetError.self) { try ProceduralShapes.side(named: wrong) }
            #expect(error?.description.contains("\(wrong): expected") == true)
            #expect(error?.description.contains("28…256") == true)
        }
    }

    @Test func allOutlinesAppear() {
        let outlines = Set((0..<60).map { ProceduralShapes.factors(of: $0, draw: 0).outline })
        #expect(outlines.count == 3)
    }
}
