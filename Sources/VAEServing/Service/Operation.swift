internal import HTTPServer

/// What a route does. The raw value rides in the request's tag, so that a path is read once.
enum Operation: UInt, CaseIterable {
    case encode, decode, sample, interpolate, reconstruct
    case traverse, grid, arithmetic, attributes, edit, recommend
    case score, distance
    case infer, remote
    case models, model, load, unload
    case live, ready, health, metrics, openAPI
    case page, docs, pageFile
    // The Open Inference Protocol beside `infer`.
    case inferenceServer, inferenceLive, inferenceReady, inferenceModels, inferenceAllStatistics
    case inferenceModel, inferenceModelReady, inferenceConfiguration, inferenceStatistics
    case inferenceIndex, inferenceLoad, inferenceUnload

    /// As in the path, where it is a word of its own.
    var name: String {
        switch self {
        case .encode: "encode"
        case .decode: "decode"
        case .sample: "sample"
        case .interpolate: "interpolate"
        case .reconstruct: "reconstruct"
        case .traverse: "traverse"
        case .grid: "grid"
        case .arithmetic: "arithmetic"
        case .attributes: "attributes"
        case .edit: "edit"
        case .recommend: "recommend"
        case .score: "score"
        case .distance: "distance"
        case .models: "models"
        case .model: "model"
        case .load: "load"
        case .unload: "unload"
        case .live: "livez"
        case .ready: "readyz"
        case .health: "health"
        case .metrics: "metrics"
        case .openAPI: "openapi.yaml"
        case .infer: "infer"
        case .remote: "remote"
        case .inferenceServer: "v2"
        case .inferenceLive: "live"
        case .inferenceReady, .inferenceModelReady: "ready"
        case .inferenceModels: "models"
        case .inferenceModel: "model"
        case .inferenceAllStatistics, .inferenceStatistics: "stats"
        case .inferenceConfiguration: "config"
        case .inferenceIndex: "index"
        case .inferenceLoad: "load"
        case .inferenceUnload: "unload"
        case .page: ""
        case .docs: "docs"
        case .pageFile: "page"
        }
    }

    /// Other words for it, as probes of other servers call it: Kubernetes' components, SageMaker and TorchServe.
    var aliases: [String] {
        switch self {
        case .live: ["healthz"]
        case .health: ["ping"]
        default: []
        }
    }

    /// As metrics name the route: a template, so that cardinality is bounded.
    var route: String {
        switch self {
        case .encode, .decode, .sample, .interpolate, .reconstruct, .load, .unload: "/v1/models/{model}/\(name)"
        case .traverse, .grid, .arithmetic, .attributes, .edit, .recommend: "/v1/models/{model}/\(name)"
        case .score, .distance, .remote: "/v1/models/{model}/\(name)"
        case .models: "/v1/models"
        case .model: "/v1/models/{model}"
        case .live, .ready, .health, .metrics, .openAPI, .page, .docs: "/\(name)"
        case .pageFile: "/page/{file}"
        case .inferenceServer: "/v2"
        case .inferenceLive, .inferenceReady: "/v2/health/\(name)"
        case .inferenceModels: "/v2/models"
        case .inferenceModel: "/v2/models/{model}"
        case .inferenceAllStatistics: "/v2/models/stats"
        case .infer, .inferenceModelReady, .inferenceConfiguration, .inferenceStatistics: "/v2/models/{model}/\(name)"
        case .inferenceIndex: "/v2/repository/index"
        case .inferenceLoad, .inferenceUnload: "/v2/repository/models/{model}/\(name)"
        }
    }

    /// Whether it goes through the VAE, on a worker; the others are answered on the I/O thread.
    var isTrip: Bool { rawValue < Operation.models.rawValue }

    /// Whether it changes what is served; done by the loader, one at a time.
    var changesModels: Bool { loads || self == .unload || self == .inferenceUnload }

    /// Whether it brings a model into service.
    var loads: Bool { self == .load || self == .inferenceLoad }

    /// Whether it belongs to the Open Inference Protocol, under `/v2`.
    var isOpenInference: Bool { self == .infer || rawValue >= Operation.inferenceServer.rawValue }

    /// Whether it has a client's own protocol: any query, `Content-Type` and `Accept` are let in, and it looks at them
    /// itself.
    var readsOwnHeaders: Bool { isOpenInference || self == .remote }

    var methods: [HTTPMethod] {
        switch self {
        case .encode, .decode, .reconstruct, .load, .unload: [.post]
        case .arithmetic, .attributes, .edit, .recommend: [.post]
        case .score, .distance: [.post]
        case .infer, .remote, .inferenceIndex, .inferenceLoad, .inferenceUnload: [.post]
        case .sample, .interpolate, .traverse, .grid: [.get, .head, .post]
        default: [.get, .head]
        }
    }

    /// Names that may stand in the query.
    func queryParameters(_ method: HTTPMethod) -> [String] {
        switch self {
        case .encode: ["format", "encoding_format", "label"]
        case .decode: Self.ofImages
        case .reconstruct: ["diff"] + Self.ofImages
        case .sample where method == .post: ["n", "seed", "temperature"] + Self.ofImages
        case .sample: ["n", "seed", "temperature", "sampler", "version"] + Self.ofImages
        case .interpolate where method == .post: ["steps", "method", "fps"] + Self.ofImages
        case .interpolate: ["from_seed", "to_seed", "steps", "method", "version", "fps"] + Self.ofImages
        case .traverse where method == .post: ["dimensions", "range", "steps", "fps"] + Self.ofImages
        case .traverse: ["seed", "dimensions", "range", "steps", "version", "fps"] + Self.ofImages
        case .grid where method == .post: ["rows", "method"] + Self.ofImages
        case .grid: ["seeds", "rows", "method", "version"] + Self.ofImages
        case .arithmetic: Self.ofImages
        case .attributes: ["format", "encoding_format", "label"]
        case .edit: ["attribute", "strength", "steps", "range", "fps"] + Self.ofImages
        case .recommend: ["n", "format"]
        case .score: ["samples", "seed", "score", "threshold", "format", "label"]
        case .distance: ["format", "label"]
        default: []
        }
    }
    private static let ofImages = ["format", "columns", "encoding_format", "label"]

    /// For `Allow`.
    var allowedMethods: String { methods.map { "\($0)".uppercased() }.joined(separator: ", ") }

    /// What the reply can be.
    var formats: [ReplyFormat] {
        switch self {
        case .encode: [.json, .npy, .octets]
        case .decode, .sample, .reconstruct, .grid, .arithmetic: [.json, .png, .npy, .octets]
        case .interpolate, .traverse, .edit: [.json, .png, .apng, .npy, .octets]
        default: [.json]
        }
    }
}
