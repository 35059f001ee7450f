internal import HTTPServer

/// What a route does. The raw value rides in the request's tag, so that a path is read once.
enum Operation: UInt, CaseIterable {
    case encode, decode, sample, interpolate, reconstruct
    case models, model, load, unload
    case live, ready, health, metrics, openAPI
    case page, docs, pageFile

    /// As in the path, where it is a word of its own.
    var name: String {
        switch self {
        case .encode: "encode"
        case .decode: "decode"
        case .sample: "sample"
        case .interpolate: "interpolate"
        case .reconstruct: "reconstruct"
        case .models: "models"
        case .model: "model"
        case .load: "load"
        case .unload: "unload"
        case .live: "livez"
        case .ready: "readyz"
        case .health: "health"
        case .metrics: "metrics"
        case .openAPI: "openapi.yaml"
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
        case .models: "/v1/models"
        case .model: "/v1/models/{model}"
        case .live, .ready, .health, .metrics, .openAPI, .page, .docs: "/\(name)"
        case .pageFile: "/page/{file}"
        }
    }

    /// Whether it goes through the VAE, on a worker; the others are answered on the I/O thread.
    var isTrip: Bool { rawValue <= Operation.reconstruct.rawValue }

    /// Whether it changes what is served; done by the loader, one at a time.
    var changesModels: Bool { self == .load || self == .unload }

    var methods: [HTTPMethod] {
        switch self {
        case .encode, .decode, .reconstruct, .load, .unload: [.post]
        case .interpolate: [.get, .head, .post]
        default: [.get, .head]
        }
    }

    /// Names that may stand in the query.
    func queryParameters(_ method: HTTPMethod) -> [String] {
        switch self {
        case .encode: ["format"]
        case .decode, .reconstruct: ["format", "columns"]
        case .sample: ["n", "seed", "temperature", "version", "format", "columns"]
        case .interpolate where method == .post: ["steps", "method", "format", "columns"]
        case .interpolate: ["from_seed", "to_seed", "steps", "method", "version", "format", "columns"]
        default: []
        }
    }

    /// For `Allow`.
    var allowedMethods: String { methods.map { "\($0)".uppercased() }.joined(separator: ", ") }

    /// Whether the reply can be a picture.
    var givesImages: Bool { isTrip && self != .encode }
}
