import Testing

@testable import VAE

/// Gradients by differences: what every backward pass is measured against.
enum FiniteDifference {
    /// dloss/dpoint[index] by the five-point stencil, whose error is O(step⁴), so that `step` can be large enough for
    /// float32 forward passes. `loss` reads `point`.
    static func derivative(
        of loss: () throws -> Double, by point: FloatBuffer, at index: Int, step: Float = 1 / 32
    ) throws -> Double {
        let original = point[index]
        defer { point[index] = original }
        func value(_ offset: Float) throws -> Double {
            point[index] = original + offset
            return try loss()
        }
        let near = try value(step) - value(-step)
        let far = try value(2 * step) - value(-2 * step)
        return (8 * near - far) / (12 * Double(step))
    }

    /// Expects `gradient[i]` to be the derivative of `loss` by `point[i]`, for every i.
    static func expect(
        _ gradient: FloatBuffer, toBeDerivativeOf loss: () throws -> Double, by point: FloatBuffer,
        tolerance: Double = 2e-4, _ name: String = "", sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        for index in 0..<point.count {
            let expected = try derivative(of: loss, by: point, at: index)
            let found = Double(gradient[index])
            #expect(
                abs(found - expected) <= tolerance * max(1, abs(expected)),
                "\(name) [\(index)]: gradient \(found), finite difference \(expected)", sourceLocation: sourceLocation)
        }
    }
}
