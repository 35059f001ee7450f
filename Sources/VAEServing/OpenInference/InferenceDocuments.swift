internal import VAE

/// The JSON documents of the protocol that describe what is served.
enum InferenceDocuments {
    static let platform = "vae_safetensors"
    private static let extensions = [
        "binary_tensor_data", "model_configuration", "model_repository", "statistics", "parameters",
    ]

    /// `GET /v2`.
    static var server: String {
        let names = extensions.map { "\"\($0)\"" }.joined(separator: ",")
        return "{\"name\":\"vae-server\",\"version\":\"\(ServiceVersion.text)\",\"extensions\":[\(names)]}"
    }

    /// `GET /v2/models`.
    static func list(_ catalogue: ModelCatalogue) -> String {
        let names = parts(catalogue).filter { $0.model.loaded.infers }
            .map { JSONText.quoted($0.model.name + $0.part.suffix) }
        return "{\"models\":[\(names.joined(separator: ","))]}"
    }

    /// `GET /v2/models/{model}`. −1: any number of rows, up to the limit.
    static func metadata(_ model: ServedModel, _ part: InferencePart) -> String {
        func tensors(_ tensors: [InferenceTensor]) -> String {
            tensors.map { tensor in
                let shape = [-1] + tensor.rowExtents(model.loaded.architecture)
                return "{\"name\":\"\(tensor.rawValue)\",\"datatype\":\"\(InferenceTensor.datatype)\","
                    + "\"shape\":[\(joined(shape))]}"
            }.joined(separator: ",")
        }
        return "{\"name\":\(JSONText.quoted(model.name + part.suffix)),\"versions\":[\"\(model.contentHash)\"],"
            + "\"platform\":\"\(platform)\",\"inputs\":[\(tensors([part.input]))],\"outputs\":[\(tensors(part.outputs))]}"
    }

    /// `GET /v2/models/{model}/config`, as Triton words it: extents without the rows, of which there may be `maximumRows`.
    static func configuration(_ model: ServedModel, _ part: InferencePart, limits: ServiceLimits) -> String {
        func tensors(_ tensors: [InferenceTensor]) -> String {
            tensors.map { tensor in
                "{\"name\":\"\(tensor.rawValue)\",\"data_type\":\"TYPE_\(InferenceTensor.datatype)\","
                    + "\"dims\":[\(joined(tensor.rowExtents(model.loaded.architecture)))]}"
            }.joined(separator: ",")
        }
        let rows = limits.forImages(of: model.loaded.architecture.inputCount).rows
        return "{\"name\":\(JSONText.quoted(model.name + part.suffix)),\"platform\":\"\(platform)\","
            + "\"backend\":\"vae-server\",\"max_batch_size\":\(rows),\"input\":[\(tensors([part.input]))],"
            + "\"output\":[\(tensors(part.outputs))],\"dynamic_batching\":{}}"
    }

    /// `POST /v2/repository/index`.
    static func index(_ catalogue: ModelCatalogue, onlyReady: Bool) -> String {
        var entries = parts(catalogue).map { model, part in
            entry(model.name + part.suffix, "\"version\":\"\(model.contentHash)\",", state: "READY", reason: "")
        }
        if !onlyReady {
            for (name, reason) in catalogue.notServed {
                entries += InferencePart.allCases.map {
                    entry(name + $0.suffix, "", state: "UNAVAILABLE", reason: reason)
                }
            }
        }
        return "[\(entries.joined(separator: ","))]"
    }

    private static func entry(_ name: String, _ version: String, state: String, reason: String) -> String {
        "{\"name\":\(JSONText.quoted(name)),\(version)\"state\":\"\(state)\",\"reason\":\(JSONText.quoted(reason))}"
    }

    /// `GET /v2/models/{model}/stats` and `GET /v2/models/stats`.
    static func statistics(_ parts: [(model: ServedModel, part: InferencePart)]) -> String {
        let entries = parts.map { model, part in
            model.loaded.statistics[part.rawValue].json(name: model.name + part.suffix, version: model.contentHash)
        }
        return "{\"model_stats\":[\(entries.joined(separator: ","))]}"
    }

    /// All that the protocol calls models, in order.
    static func parts(_ catalogue: ModelCatalogue) -> [(model: ServedModel, part: InferencePart)] {
        catalogue.models.flatMap { model in InferencePart.allCases.map { (model, $0) } }
    }

    private static func joined(_ extents: [Int]) -> String { extents.map(String.init).joined(separator: ",") }
}
