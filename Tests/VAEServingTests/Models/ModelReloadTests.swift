import FoundationEssentials
import HTTPServer
import Testing

@testable import VAEServing

/// What a look at the directory leads to, without threads and with a clock that the test moves.
@Suite struct ModelReloadTests {
    private let directory: ScratchDirectory
    private let passages = PassageSets(count: 2)
    private static let start: UInt64 = 1_000_000_000_000
    private static let later = start + ModelLedger.patience

    init() throws {
        directory = try ScratchDirectory()
        try write("alpha", seed: 1)
        try write("beta", seed: 2)
    }

    /// As a finished file of some time ago.
    private func write(_ name: String, seed: UInt64) throws {
        try TestModel.write(to: directory.file("\(name).safetensors"), seed: seed)
        try age(name)
    }

    private func writeBad(_ name: String, _ bytes: [UInt8] = [1, 2, 3]) throws {
        try directory.write(bytes, "\(name).safetensors")
        try age(name)
    }

    private func age(_ name: String) throws {
        let anHourAgo = Date(timeIntervalSinceNow: -3600)
        try FileManager.default.setAttributes(
            [.modificationDate: anHourAgo], ofItemAtPath: directory.file("\(name).safetensors"))
    }

    private func remove(_ file: String) throws { try FileManager.default.removeItem(atPath: directory.file(file)) }

    private func repository(_ defaultModel: String? = nil) throws -> ModelRepository {
        let repository = try ModelRepository(directory: directory.path, defaultModel: defaultModel)
        for served in repository.catalogue.models {
            _ = passages.exchange(try passages.prepare(served.loaded), in: served.slot)
        }
        return repository
    }

    private func card(_ repository: ModelRepository, _ name: String) -> String {
        let model = repository.catalogue.models.first { $0.name == name }
        return String(decoding: model?.card ?? [], as: UTF8.self)
    }

    /// What workers would run for the model called `name`.
    private func hashes(_ repository: ModelRepository, _ name: String) -> [String?] {
        let slot = repository.catalogue.slot(of: name) ?? -1
        return passages.workers.map { $0[slot]?.loaded.contentHash }
    }

    @Test(arguments: [ModelLedger.Look.poll, .request])
    func aNewCheckpointTakesTheSlotOfTheOld(_ look: ModelLedger.Look) throws {
        let repository = try repository()
        let before = repository.catalogue
        try write("beta", seed: 3)
        #expect(!repository.refresh(look, into: passages, now: Self.start))
        let after = repository.catalogue
        #expect(before.slot(of: "beta") == after.slot(of: "beta"))
        #expect(before.models[1].contentHash != after.models[1].contentHash)
        #expect(hashes(repository, "beta") == [after.models[1].contentHash, after.models[1].contentHash])
        #expect(after.loadCounts.map(\.loads) == [1, 2])
        #expect(repository.takeEvents().count == 1)
    }

    @Test func theSameContentsAreNoNewCheckpoint() throws {
        let repository = try repository()
        let before = repository.catalogue.models[1].loaded
        try directory.write(try directory.bytes("beta.safetensors"), "beta.safetensors")
        try age("beta")
        #expect(!repository.refresh(.poll, into: passages, now: Self.start))
        #expect(repository.catalogue.models[1].loaded === before)
        #expect(try repository.load("beta", into: passages).changed == false)
        #expect(repository.takeEvents().isEmpty)
    }

    @Test func aNewFileIsANewModel() throws {
        let repository = try repository()
        let old = repository.catalogue.models.map(\.slot)
        try write("aaa", seed: 4)
        _ = repository.refresh(.request, into: passages, now: Self.start)
        let catalogue = repository.catalogue
        #expect(catalogue.models.map(\.name) == ["aaa", "alpha", "beta"])
        #expect(!old.contains(catalogue.models[0].slot))
        #expect(hashes(repository, "aaa") == [catalogue.models[0].contentHash, catalogue.models[0].contentHash])
        #expect(catalogue.defaultModel.name == "aaa", "as after a start")
    }

    @Test func aBadFileKeepsTheOldAndSaysWhy() throws {
        let repository = try repository()
        let before = repository.catalogue.models[1].contentHash
        try writeBad("beta")
        try writeBad("gamma")
        _ = repository.refresh(.poll, into: passages, now: Self.start)
        _ = repository.refresh(.poll, into: passages, now: Self.later)
        #expect(repository.catalogue.models.map(\.name) == ["alpha", "beta"])
        #expect(hashes(repository, "beta") == [before, before])
        #expect(card(repository, "beta").hasSuffix("at least 8 bytes for the header length, found a file of 3\"}"))
        #expect(repository.catalogue.notServed.map(\.name) == ["gamma"])
        #expect(repository.catalogue.absence(of: "gamma").reply.message.contains("at least 8 bytes"))
        #expect(repository.catalogue.loadCounts.map(\.failures) == [0, 1, 1], "a poll does not try it again")
        _ = repository.refresh(.request, into: passages, now: Self.later)
        #expect(repository.catalogue.loadCounts.map(\.failures) == [0, 2, 2], "but somebody who asks does")
        let error = #expect(throws: ModelLoadError.self) { try repository.load("beta", into: passages) }
        #expect(error?.requestError.reply.status == 422)
        #expect(error?.requestError.reply.message.contains("found a file of 3") == true)

        try write("beta", seed: 2)
        _ = repository.refresh(.poll, into: passages, now: Self.later)
        #expect(!card(repository, "beta").contains("load_error"))
        #expect(hashes(repository, "beta") == [before, before], "the same contents again")
    }

    @Test func aPollGivesAWriterTime() throws {
        let repository = try repository()
        let before = repository.catalogue.models[1].contentHash
        try TestModel.write(to: directory.file("beta.safetensors"), seed: 3)
        #expect(repository.refresh(.poll, into: passages, now: Self.start), "look again soon")
        #expect(repository.catalogue.models[1].contentHash == before)
        try age("beta")
        #expect(!repository.refresh(.poll, into: passages, now: Self.start))
        #expect(repository.catalogue.models[1].contentHash != before)
    }

    @Test func aFileStillBeingWrittenIsTriedAgain() throws {
        let repository = try repository()
        try TestModel.write(to: directory.file("new.safetensors"), seed: 3)
        let whole = try directory.bytes("new.safetensors")
        try remove("new.safetensors")
        try directory.write(Array(whole.prefix(1000)), "beta.safetensors")
        #expect(repository.refresh(.request, into: passages, now: Self.start), "look again soon")
        #expect(card(repository, "beta").contains("load_error"))
        try directory.write(whole, "beta.safetensors")
        #expect(repository.refresh(.poll, into: passages, now: Self.later), "a poll gives it time, too")
        try age("beta")
        #expect(!repository.refresh(.poll, into: passages, now: Self.later))
        #expect(!card(repository, "beta").contains("load_error"))
        #expect(repository.catalogue.loadCounts.map(\.loads) == [1, 2])
    }

    @Test func aFileMissingForAMomentDropsNothing() throws {
        let repository = try repository()
        try remove("beta.safetensors")
        #expect(repository.refresh(.request, into: passages, now: Self.start), "look again soon")
        #expect(repository.refresh(.request, into: passages, now: Self.later - 1))
        #expect(repository.catalogue.models.count == 2)
        try write("beta", seed: 2)
        #expect(!repository.refresh(.poll, into: passages, now: Self.later))
        try remove("beta.safetensors")
        _ = repository.refresh(.poll, into: passages, now: Self.later)
        #expect(repository.catalogue.models.count == 2, "the clock begins anew")
        #expect(!repository.refresh(.poll, into: passages, now: Self.later + ModelLedger.patience))
        #expect(repository.catalogue.models.map(\.name) == ["alpha"])
        #expect(passages.workers.map { $0[1] == nil } == [true, true], "its memory is given back")
        #expect(repository.catalogue.absence(of: "beta").reply.status == 404)
    }

    @Test func theDefaultModelAndTheLastModelStay() throws {
        let repository = try repository("beta")
        try remove("beta.safetensors")
        for now in [Self.start, Self.later] { _ = repository.refresh(.request, into: passages, now: now) }
        #expect(repository.catalogue.models.map(\.name) == ["alpha", "beta"])
        try remove("alpha.safetensors")
        for now in [Self.start, Self.later] { _ = repository.refresh(.request, into: passages, now: now) }
        #expect(repository.catalogue.models.count == 2, "an empty directory is one that was unmounted")
        try remove("")
        for now in [Self.start, Self.later] { _ = repository.refresh(.request, into: passages, now: now) }
        #expect(repository.catalogue.models.count == 2)
        #expect(repository.takeEvents().map(\.isFailure) == [true, true, true])
    }

    @Test func theDefaultLinkIsFollowed() throws {
        try directory.link("default.safetensors", to: "beta.safetensors")
        let repository = try repository()
        #expect(repository.catalogue.defaultModel.name == "beta")
        try remove("default.safetensors")
        #expect(repository.refresh(.request, into: passages, now: Self.start), "a link is made anew in two steps")
        #expect(repository.catalogue.defaultModel.name == "beta")
        try directory.link("default.safetensors", to: "alpha.safetensors")
        #expect(!repository.refresh(.request, into: passages, now: Self.later))
        #expect(repository.catalogue.defaultModel.name == "alpha")
        try remove("default.safetensors")
        try directory.link("default.safetensors", to: "nowhere.safetensors")
        _ = repository.refresh(.request, into: passages, now: Self.later)
        #expect(repository.catalogue.defaultModel.name == "alpha", "what is not served cannot be the default")
        #expect(repository.takeEvents().map(\.isFailure) == [false, true])
    }

    @Test func unloadedUntilLoaded() throws {
        let repository = try repository()
        let slot = repository.catalogue.slot(of: "beta")
        try repository.unload("beta", from: passages)
        _ = repository.refresh(.request, into: passages, now: Self.start)
        #expect(repository.catalogue.slot(of: "beta") == nil)
        #expect(repository.catalogue.absence(of: "beta").reply.message.contains("/load brings it back"))
        let (model, changed) = try repository.load("beta", into: passages)
        #expect(changed && model.slot != slot, "a request of before must not reach it")
        #expect(repository.catalogue.models.count == 2)
        #expect(throws: ModelLoadError.self) { try repository.unload("alpha", from: passages) }
        #expect(throws: ModelLoadError.self) { try repository.unload("gamma", from: passages) }
        let error = #expect(throws: ModelLoadError.self) { try repository.load("gamma", into: passages) }
        #expect(error?.requestError.reply.status == 404)
    }
}
