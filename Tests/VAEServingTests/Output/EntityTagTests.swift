import Testing
import VAE

@testable import VAEServing

@Suite struct EntityTagTests {
    private let directory: ScratchDirectory
    private let model: LoadedModel

    init() throws {
        directory = try ScratchDirectory()
        try TestModel.write(to: directory.file("a.safetensors"))
        model = try LoadedModel(name: "a", path: directory.file("a.safetensors"))
    }

    @Test func differsByQueryFormatAndCheckpoint() throws {
        try TestModel.write(to: directory.file("b.safetensors"), seed: 2)
        let (a, b) = (model, try LoadedModel(name: "b", path: directory.file("b.safetensors")))
        let paths = ["/?seed=1", "/?seed=2", "/?seed=1&n=2"]
        let tags = try Probe.answers(to: paths.map { WireRequest.get($0) }) { request throws(RequestError) in
            let variants: [(LoadedModel, ReplyFormat)] = [(a, .json), (a, .png), (b, .json)]
            var tags: [String] = []
            for (model, format) in variants { tags.append(try EntityTag(model, request, format).value) }
            return tags.joined(separator: " ")
        }.flatMap { $0.split(separator: " ") }
        #expect(tags.count == 9)
        #expect(Set(tags).count == 9)
        #expect(tags.allSatisfy { $0.hasPrefix("\"") && $0.hasSuffix("\"") && $0.count > 18 })
    }

    @Test(.enabled(if: Precision.bf16.isAvailable, "this processor has no AVX512_BF16"))
    func differsByPrecision() throws {
        let models = [model, try LoadedModel(name: "a", path: directory.file("a.safetensors"), precision: .bf16)]
        let tags = try models.map { model in
            try Probe.answers(to: [.get("/?seed=1")]) { request throws(RequestError) in
                try EntityTag(model, request, .json).value
            }[0]
        }
        #expect(models[0].contentHash == models[1].contentHash)
        #expect(tags[0] != tags[1])
    }

    @Test func ifNoneMatch() throws {
        let model = model
        let tag = try Probe.answers(to: [.get("/?seed=1")]) { request throws(RequestError) in
            try EntityTag(model, request, .json).value
        }[0]
        let rows: [(String, Bool)] = [
            (tag, true), ("W/\(tag)", true), ("*", true), (" * ", true), ("\"x\", \(tag)", true),
            ("\"x\",W/\(tag),", true),
            ("\"x\"", false), ("", false), (String(tag.dropFirst().dropLast()), false), (tag.uppercased() + "x", false),
            ("w/\(tag)", false), ("\"*\"", false),
        ]
        let requests = rows.map { WireRequest.get("/?seed=1", ("If-None-Match", $0.0)) } + [.get("/?seed=1")]
        let found = try Probe.answers(to: requests) { request throws(RequestError) in
            "\(try EntityTag(model, request, .json).isKnown(to: request))"
        }
        for (row, found) in zip(rows, found) { #expect(found == "\(row.1)", "If-None-Match: \(row.0)") }
        #expect(found.last == "false")
    }

    @Test func versionIsPinnedOrRefused() throws {
        let model = model
        let paths = ["/?seed=1&version=\(model.contentHash)", "/?seed=1&version=0123456789abcdef"]
        let found = try Probe.answers(to: paths.map { WireRequest.get($0) }) { request throws(RequestError) in
            try EntityTag(model, request, .json).value
        }
        #expect(found[0].hasPrefix("\"\(model.contentHash)-"))
        #expect(found[1] == "unknown_model")
    }
}
