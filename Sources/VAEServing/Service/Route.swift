/// A path, understood: what to do, and for which model (`nil`: the default one).
struct Route {
    let operation: Operation
    let model: String?
    /// The version of the model, where the Open Inference Protocol names one.
    var version: String?

    /// Reads `/v1/{op}`, `/v1/models`, `/v1/models/{model}`, `/v1/models/{model}/{op}`, `…/load`, `…/unload`,
    /// `/page/{file}` and the paths of operations, and under `/v2` those of the Open Inference Protocol; a slash at the end
    /// makes no difference. `nil` for anything else.
    init?(path: String) {
        if let operation = Self.byPath[path] {
            self.init(operation: operation, model: nil)
            return
        }
        let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        var words = parts.dropFirst().map { String(decoding: $0, as: UTF8.self) }
        if words.count > 1, words.last == "" { words.removeLast() }
        guard parts.first?.isEmpty == true, let first = words.first else { return nil }
        if first == "v2" {
            self.init(openInference: words.dropFirst())
            return
        }
        if first != "v1" {
            if words.count == 2, first == Operation.pageFile.name, PageFile(rawValue: words[1]) != nil {
                self.init(operation: .pageFile, model: nil)
                return
            }
            guard words.count == 1, !first.isEmpty, let operation = Self.service[first] else { return nil }
            self.init(operation: operation, model: nil)
            return
        }
        switch words.count {
        case 2 where words[1] == "models": self.init(operation: .models, model: nil)
        case 2:
            guard let operation = Self.trips[words[1]] else { return nil }
            self.init(operation: operation, model: nil)
        case 3 where words[1] == "models" && !words[2].isEmpty: self.init(operation: .model, model: words[2])
        case 4 where words[1] == "models" && !words[2].isEmpty:
            guard let operation = Self.ofModel[words[3]] else { return nil }
            self.init(operation: operation, model: words[2])
        default: return nil
        }
    }

    init(operation: Operation, model: String?) {
        self.operation = operation
        self.model = model
    }

    /// Paths without a model's name, as most requests write them.
    private static let byPath = Dictionary(
        uniqueKeysWithValues: trips.map { ("/v1/\($0)", $1) } + service.map { ("/\($0)", $1) })
    private static let trips = table { $0.isTrip }
    private static let ofModel = table { $0.isTrip || $0.changesModels }
    private static let service = table {
        !$0.isTrip && !$0.changesModels && $0 != .models && $0 != .model && $0 != .pageFile
    }

    private static func table(_ belongs: (Operation) -> Bool) -> [String: Operation] {
        let words = Operation.allCases.filter { belongs($0) && !$0.isOpenInference }.flatMap { operation in
            ([operation.name] + operation.aliases).map { ($0, operation) }
        }
        return Dictionary(uniqueKeysWithValues: words)
    }
}
