/// What is served at one moment. Immutable: readers hold on to one while the next is being made.
package final class ModelCatalogue: Sendable {
    /// How often a name's file was loaded and refused.
    struct LoadCount: Sendable {
        let name: String
        let loads: Int
        let failures: Int
    }

    /// In the order of their names.
    let models: [ServedModel]
    /// The model behind `/v1/{op}`.
    let defaultModel: ServedModel
    /// Names that are not served although there is a file, with the reason.
    let notServed: [(name: String, reason: String)]
    /// In the order of their names.
    let loadCounts: [LoadCount]
    /// The body of `GET /v1/models`.
    let list: [UInt8]
    private let bySlot: [Int: ServedModel]
    private let slots: [String: Int]

    /// `defaultName` must be among `models`.
    init(
        models: [ServedModel], defaultName: String, notServed: [(name: String, reason: String)], counts: [LoadCount]
    ) {
        self.models = models
        self.notServed = notServed
        loadCounts = counts
        bySlot = Dictionary(uniqueKeysWithValues: models.map { ($0.slot, $0) })
        slots = Dictionary(uniqueKeysWithValues: models.map { ($0.name, $0.slot) })
        guard let defaultModel = models.first(where: { $0.name == defaultName }) else {
            preconditionFailure("the default model \(defaultName) is not served")
        }
        self.defaultModel = defaultModel
        let entries = notServed.map {
            "{\"name\":\(JSONText.quoted($0.name)),\"reason\":\(JSONText.quoted($0.reason))}"
        }
        list =
            Array("{\"default\":\(JSONText.quoted(defaultName)),\"models\":[".utf8)
            + models.map(\.card).joined(separator: [UInt8(ascii: ",")])
            + Array("],\"not_served\":[\(entries.joined(separator: ","))]}".utf8)
    }

    /// Slot of the model called `name`.
    func slot(of name: String) -> Int? { slots[name] }

    /// The model in `slot`; `nil` when it was removed.
    func model(inSlot slot: Int) -> ServedModel? { bySlot[slot] }

    /// What to say to a request for a model that is not here.
    func absence(of name: String) -> RequestError {
        if let reason = notServed.first(where: { $0.name == name })?.reason {
            return .unknownModel("the model \"\(clipped(name))\" is not served: \(reason)")
        }
        let names = models.map(\.name).joined(separator: ", ")
        return .unknownModel("there is no model \"\(clipped(name))\"; there are \(names)")
    }
}
