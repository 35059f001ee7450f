extension Route {
    /// Reads what comes after `/v2`.
    init?(openInference words: ArraySlice<String>) {
        let words = Array(words)
        switch (words.first, words.count) {
        case (nil, _): self.init(operation: .inferenceServer, model: nil)
        case ("health", 2):
            guard let operation = Self.health[words[1]] else { return nil }
            self.init(operation: operation, model: nil)
        case ("models", 1): self.init(operation: .inferenceModels, model: nil)
        case ("models", 2) where words[1] == "stats": self.init(operation: .inferenceAllStatistics, model: nil)
        case ("models", _): self.init(inferenceModel: Array(words.dropFirst()))
        case ("repository", 2) where words[1] == "index": self.init(operation: .inferenceIndex, model: nil)
        case ("repository", 4) where words[1] == "models" && !words[2].isEmpty:
            guard let operation = Self.ofRepository[words[3]] else { return nil }
            self.init(operation: operation, model: words[2])
        default: return nil
        }
    }

    /// Reads `{model}[/versions/{version}][/{operation}]`.
    private init?(inferenceModel words: [String]) {
        guard let name = words.first, !name.isEmpty else { return nil }
        var rest = words.dropFirst()
        var version: String?
        if rest.first == "versions", rest.count > 1 {
            version = rest[rest.startIndex + 1]
            rest = rest.dropFirst(2)
        }
        guard rest.count <= 1, let operation = Self.ofInferenceModel[rest.first ?? ""] else { return nil }
        self.init(operation: operation, model: name)
        self.version = version
    }

    private static let health = ["live": Operation.inferenceLive, "ready": .inferenceReady]
    private static let ofRepository = ["load": Operation.inferenceLoad, "unload": .inferenceUnload]
    private static let ofInferenceModel = [
        "": Operation.inferenceModel, "infer": .infer, "ready": .inferenceModelReady, "config": .inferenceConfiguration,
        "stats": .inferenceStatistics,
    ]
}
