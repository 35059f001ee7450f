internal import VAE

/// Tensors of a safetensors file that have one row per image.
struct ReferenceTensors {
    let path: String
    private let file: SafetensorsFile
    var names: [String] { file.tensors.keys.sorted() }

    init(_ path: String) throws(TrainingError) {
        self.path = path
        do throws(CheckpointError) { file = try SafetensorsFile(path: path) } catch {
            throw StateDictImport.failure(error, in: path)
        }
    }

    /// Rows of tensor `name`: its first extent.
    func rowCount(_ name: String, limit: Int) throws(TrainingError) -> Int {
        let shape = try tensor(name).shape
        guard shape.count > 1, (1...limit).contains(shape[0]) else {
            throw .setting("\(path): tensor \"\(name)\" should be [1…\(limit) rows, …]; it is \(Shape(shape))")
        }
        return shape[0]
    }

    /// Tensor `name`, `count` rows of `width` numbers in any shape.
    func rows(_ name: String, count: Int, width: Int) throws(TrainingError) -> FloatBuffer {
        let shape = Shape(try tensor(name).shape)
        guard shape.extents.first == count, shape.elementCount(limit: count * width) == count * width else {
            throw .setting("\(path): tensor \"\(name)\" should be [\(count), \(width)]; it is \(shape)")
        }
        let values = FloatBuffer(count: count * width)
        do throws(CheckpointError) { try unsafe file.copyConverted(name, shape: shape, to: values.base) } catch {
            throw StateDictImport.failure(error, in: path)
        }
        return values
    }

    private func tensor(_ name: String) throws(TrainingError) -> SafetensorsFile.Tensor {
        guard let tensor = file.tensors[name] else {
            throw .setting("\(path): tensor \"\(name)\" is missing; found \(TensorMismatch.list(names))")
        }
        return tensor
    }
}
