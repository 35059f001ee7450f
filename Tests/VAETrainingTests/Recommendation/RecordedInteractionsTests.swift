import Testing

@testable import VAE
@testable import VAETraining

/// Users are ranked for by the split that a model was trained with.
@Suite struct RecordedInteractionsTests {
    private let settings: InteractionSettings

    init() {
        var settings = InteractionSettings()
        settings.ratingAbove = 2
        settings.minimumItems = 3
        settings.heldOutUsers = 7
        settings.splitSeed = .max
        self.settings = settings
    }

    @Test func areThoseOfTheTraining() throws {
        var record = TrainingRecord()
        #expect(InteractionSettings(of: record) == nil)
        record.command = (["vae-trainer", "train"] + settings.words).joined(separator: " ")
        #expect(InteractionSettings(of: record) == settings)
        record.command = "vae-trainer train --data a.csv"
        #expect(InteractionSettings(of: record) == InteractionSettings())
        record.interactions = settings.record
        let read = try CanonicalJSON.decode(TrainingRecord.self, from: CanonicalJSON.string(record))
        #expect(InteractionSettings(of: read) == settings)
    }

    @Test func recordsFromBeforeHaveNone() throws {
        let record = try CanonicalJSON.decode(TrainingRecord.self, from: #"{"dataset":"MNIST"}"#)
        #expect(record.interactions == nil && record.dataName == nil)
    }

    @Test func everyContradictionIsNamed() throws {
        try settings.checkEqual(trained: settings)
        let changes: [(String, (inout InteractionSettings) -> Void)] = [
            ("--rating-above 3.5: the model was trained with 2.0", { $0.ratingAbove = 3.5 }),
            ("--minimum-items 4: the model was trained with 3", { $0.minimumItems = 4 }),
            ("--held-out-users 8: the model was trained with 7", { $0.heldOutUsers = 8 }),
            ("--held-out-users a tenth of all: the model was trained with 7", { $0.heldOutUsers = nil }),
            ("--split-seed 1: the model was trained with \(UInt64.max)", { $0.splitSeed = 1 }),
        ]
        for (text, change) in changes {
            var other = settings
            change(&other)
            let error = #expect(throws: TrainingError.self) { try other.checkEqual(trained: settings) }
            #expect(error?.description.hasPrefix(text) == true, "\(error?.description ?? "")")
        }
    }
}
