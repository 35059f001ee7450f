extension SafetensorsFile {
    /// The finite numbers of tensor `name`. Shape and type are checked against the header before anything is allocated.
    func floats(_ name: String, _ shape: Shape) throws(CheckpointError) -> [Float] {
        _ = try check(name, shape: shape)
        let values = FloatBuffer(count: shape.elementCount)
        try unsafe copyFloats(name, shape: shape, to: values.base)
        let array = values.array()
        guard let bad = array.firstIndex(where: { !$0.isFinite }) else { return array }
        throw .content("tensor \"\(name)\", element \(bad), is \(array[bad]); expected a finite number")
    }
}
