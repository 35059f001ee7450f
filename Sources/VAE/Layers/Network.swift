/// A chain of layers, described: what an encoder or a decoder is made of.
public struct Network: Sendable {
    /// Of one row.
    public let inputShape: Shape
    /// Of one row.
    public let outputShape: Shape
    /// Those that compute; `flatten` and `unflatten` only change the shape.
    let layers: [(index: Int, layer: any Layer)]

    /// Builds the chain and checks that each layer fits the one before it.
    init(_ configurations: [LayerConfiguration], inputShape: Shape, name: String) throws(ModelError) {
        var shape = inputShape
        var layers: [(index: Int, layer: any Layer)] = []
        for (index, configuration) in configurations.enumerated() {
            do throws(ModelError) {
                switch try configuration.makeStep(after: shape) {
                case .layer(let layer):
                    let limit = ModelConfiguration.maximumRowElements
                    guard layer.outputShape.elementCount(limit: limit) != nil else {
                        throw .configuration("its output should be 1…\(limit) numbers; it is \(layer.outputShape)")
                    }
                    layers.append((index, layer))
                    shape = layer.outputShape
                case .reshape(let target):
                    shape = target
                }
            } catch {
                throw .configuration("\(name).\(index): \(error.detail)")
            }
        }
        self.inputShape = inputShape
        self.outputShape = shape
        self.layers = layers
    }

    /// Floats of all parameters of all layers, in order.
    var parameterCount: Int { layers.reduce(0) { $0 + $1.layer.parameterCount } }
    /// The widest row that any layer takes or gives.
    var widestRow: Int { layers.reduce(inputShape.elementCount) { max($0, $1.layer.outputShape.elementCount) } }
}
