import ArgumentParser
import VAEServing

/// What is served, and by how many threads.
struct ModelFlags: ParsableArguments {
    @Option(help: "Directory of *.safetensors checkpoints.")
    var models = "models"

    @Option(help: "Model behind /v1/encode and so on (default: what default.safetensors links to, or the first).")
    var defaultModel: String?

    @Option(help: "What the models compute with: f32, or bf16, about twice as fast, on processors with AVX512_BF16.")
    var precision = "f32"

    @Option(help: "Seconds between looks for changed checkpoints; 0 looks on SIGHUP and on POST …/load only.")
    var pollInterval = 0

    @Option(help: "Threads that run the models (default: one per usable processor).")
    var workers: Int?

    func validate() throws {
        try require(pollInterval, in: 0...86_400, "--poll-interval")
        try require(workers ?? 1, in: 1...256, "--workers")
        var settings = ServerSettings()
        if let problem = settings.setPrecision(precision) { throw ValidationError("--precision: \(problem)") }
    }

    func apply(to settings: inout ServerSettings) {
        settings.models = models
        settings.defaultModel = defaultModel
        settings.pollInterval = .seconds(pollInterval)
        _ = settings.setPrecision(precision)  // validated
        if let workers { settings.workers = workers }
    }
}
