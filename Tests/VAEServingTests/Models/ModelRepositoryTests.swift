import Testing
import VAE

@testable import VAEServing

@Suite struct ModelRepositoryTests {
    private let directory: ScratchDirectory

    init() throws {
        directory = try ScratchDirectory()
        try TestModel.write(to: directory.file("beta.safetensors"))
        try TestModel.write(to: directory.file("alpha.safetensors"), seed: 2)
    }

    private func notServed(_ repository: ModelRepository) -> [(name: String, reason: String)] {
        repository.catalogue.notServed
    }

    private func repository(_ defaultModel: String? = nil) throws -> ModelRepository {
        try ModelRepository(directory: directory.path, defaultModel: defaultModel)
    }

    @Test func modelsAreSortedAndFound() throws {
        let found = try repository()
        #expect(found.catalogue.models.map(\.name) == ["alpha", "beta"])
        #expect(found.catalogue.defaultModel.name == "alpha")
        #expect(found.catalogue.slot(of: "beta") == 1)
        #expect(found.catalogue.slot(of: "gamma") == nil)
        #expect(notServed(found).isEmpty)
        #expect(found.catalogue.models[0].contentHash != found.catalogue.models[1].contentHash)
        #expect(found.catalogue.models[0].contentHash.count == 16)
    }

    @Test func otherFilesAreNoModels() throws {
        for name in ["README.md", ".alpha.safetensors", "alpha.resume.safetensors", "alpha.png", "safetensors"] {
            try directory.write(Array("text".utf8), name)
        }
        let found = try repository()
        #expect(found.catalogue.models.count == 2)
        #expect(notServed(found).isEmpty)
    }

    @Test func badFilesAreRefusedWithTheReason() throws {
        let good = try directory.bytes("beta.safetensors")
        try directory.write(Array(good.dropLast(4)), "short.safetensors")
        try directory.write([1, 2, 3], "tiny.safetensors")
        try directory.write([], "empty.safetensors")
        try directory.link("nowhere.safetensors", to: "missing")
        let found = try repository()
        #expect(found.catalogue.models.map(\.name) == ["alpha", "beta"])
        #expect(notServed(found).map(\.name) == ["empty", "nowhere", "short", "tiny"])
        #expect(found.takeEvents().count == 4, "one line each for the log")
        #expect(notServed(found)[0].reason.contains("found a file of 0"))
        #expect(notServed(found)[1].reason.contains("No such file"))
        #expect(notServed(found)[3].reason.contains("expected at least 8 bytes"))
    }

    @Test func classifiersAreRefused() throws {
        var digits = TestModel.configuration
        digits.likelihood = .multinomial
        digits.predictedClasses = 10
        digits.decoder = [.linear(inputs: 3, outputs: 10)]
        try TestModel.write(to: directory.file("digits.safetensors"), digits)
        let found = try repository()
        #expect(found.catalogue.models.map(\.name) == ["alpha", "beta"])
        #expect(notServed(found).map(\.name) == ["digits"])
        #expect(notServed(found)[0].reason.contains("a classifier cannot be served yet: "))
    }

    @Test func aFlagOrALinkNamesTheDefault() throws {
        #expect(try repository("beta").catalogue.defaultModel.name == "beta")
        try directory.link("default.safetensors", to: "beta.safetensors")
        let linked = try repository()
        #expect(linked.catalogue.defaultModel.name == "beta")
        #expect(linked.catalogue.models.map(\.name) == ["alpha", "beta"], "the link is no model of its own")
        #expect(try repository("alpha").catalogue.defaultModel.name == "alpha", "the flag wins")
    }

    @Test func aFileCalledDefaultIsAModel() throws {
        try TestModel.write(to: directory.file("default.safetensors"), seed: 3)
        let found = try repository()
        #expect(found.catalogue.models.map(\.name) == ["alpha", "beta", "default"])
        #expect(found.catalogue.defaultModel.name == "alpha")
    }

    @Test func nothingToServe() throws {
        func message(_ directory: String, _ defaultModel: String? = nil) -> String {
            do {
                _ = try ModelRepository(directory: directory, defaultModel: defaultModel)
                return ""
            } catch { return error.description }
        }
        let empty = try ScratchDirectory()
        #expect(message(empty.path).contains("no *.safetensors file"))
        #expect(message(empty.file("none")).contains("No such file"))
        try empty.write([1, 2, 3], "bad.safetensors")
        #expect(message(empty.path).contains("bad.safetensors: "))
        #expect(message(directory.path, "gamma").contains("\"gamma\""))
        #expect(message(directory.path, "gamma").contains("alpha, beta"))
        try directory.write([1, 2, 3], "gamma.safetensors")
        #expect(message(directory.path, "gamma").contains("expected at least 8 bytes"))
    }
}
