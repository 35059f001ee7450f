import Testing
import VAE

@testable import VAETraining

/// A state_dict as a checkpoint, and what is said about one that does not fit.
@Suite struct StateDictImportTests {
    private let folder = ScratchFolder()
    private let architecture: VAEArchitecture
    private let parameters: FloatBuffer

    init() throws {
        architecture = try VAEArchitecture(.dense(input: [1, 2, 3], hidden: [5], latent: 2, activation: .tanh))
        parameters = FloatBuffer(
            RandomStream(seed: 1, domain: .initialisation).uniforms(row: 0, count: architecture.layout.count)
                .map { $0 - 0.5 })
    }

    /// Writes the model's tensors, but those that `change` leaves out or calls something else.
    private func write(
        _ name: String = "state.safetensors", metadata: [String: String] = [:],
        change: (ParameterLayout.Entry) -> (name: String, shape: [Int])? = { ($0.name, $0.shape.extents) }
    ) throws -> String {
        let tensors = architecture.layout.entries.compactMap { entry in
            change(entry).map {
                SafetensorsWriter.Tensor(name: $0.name, shape: $0.shape, buffer: parameters, offset: entry.offset)
            }
        }
        let path = "\(folder.path)/\(name)"
        try SafetensorsWriter.write(tensors, metadata: metadata, to: path)
        return path
    }

    private func configuration() throws -> String {
        folder.write(Array(try CanonicalJSON.string(architecture.configuration).utf8), to: "config.json")
    }

    private func refusal(_ path: String, _ configuration: String?, renames: [String] = []) -> String {
        let error = #expect(throws: TrainingError.self) {
            try StateDictImport(path: path, configuration: configuration, renames: TensorRenames(renames))
        }
        return error?.description ?? ""
    }

    @Test func weightsComeOutUnderTheirNewNames() throws {
        let path = try write {
            ($0.name.replacing("encoder.0", with: "fc1").replacing("mu.", with: "m."), $0.shape.extents)
        }
        let imported = try StateDictImport(
            path: path, configuration: configuration(), renames: TensorRenames(["fc1=encoder.0", "m=mu"]),
            license: "MIT")
        #expect(imported.checkpoint.architecture.configuration == architecture.configuration)
        #expect(imported.checkpoint.parameters.array() == parameters.array())
        #expect(imported.checkpoint.license == "MIT" && imported.dataTypes == ["F32"])
    }

    @Test func theFilesOwnConfigurationIsUsedIfThereIsNoOther() throws {
        let json = try CanonicalJSON.string(architecture.configuration)
        let path = try write(metadata: ["config": json])
        let imported = try StateDictImport(path: path, configuration: nil, renames: TensorRenames([]))
        #expect(imported.checkpoint.parameters.array() == parameters.array())
        #expect(refusal(try write(), nil).contains("--config"))
    }

    @Test func everyDifferenceIsNamedAtOnce() throws {
        let path = try write { entry in
            switch entry.name {
            case "encoder.0.weight": ("fc1.weight", entry.shape.extents)
            case "mu.bias": nil
            case "decoder.2.weight": (entry.name, entry.shape.extents.reversed())
            default: (entry.name, entry.shape.extents)
            }
        }
        let message = refusal(path, try configuration())
        for part in [
            "state.safetensors", "missing: encoder.0.weight [5, 6], mu.bias [2]", "unexpected: fc1.weight [5, 6]",
            "decoder.2.weight should have shape [6, 5]; it has [5, 6]", "--rename fc1=encoder.0",
        ] { #expect(message.contains(part), "\(message)") }
    }

    /// Two that could be either are not guessed.
    @Test func onlyWhatIsCertainIsSuggested() throws {
        let path = try write {
            ($0.name.replacing("mu.", with: "a.").replacing("sigma.", with: "b."), $0.shape.extents)
        }
        let message = refusal(path, try configuration())
        #expect(message.contains("--rename old=new") && !message.contains("a=mu") && !message.contains("b=mu"))
    }

    @Test func weightsThatAreNoNumbersAreRefused() throws {
        parameters[3] = .nan
        let message = refusal(try write(), try configuration())
        for part in ["encoder.0.weight", "element 3", "nan", "finite"] { #expect(message.contains(part), "\(message)") }
    }

    @Test func wrongFilesAreNamed() throws {
        let (state, json) = (try write(), try configuration())
        #expect(refusal("\(folder.path)/none", json).contains("none: No such file"))
        #expect(refusal(json, json).contains("config.json: not a valid safetensors file"))
        #expect(refusal(state, "\(folder.path)/none").contains("--config"))
        #expect(refusal(state, state).contains("--config \(state)"))
        let bad = folder.write(Array("{\"input\":[1,2,3]}".utf8), to: "bad.json")
        let message = refusal(state, bad)
        #expect(message.contains("bad.json") && message.contains("latent") && message.contains("missing"))
    }

    @Test func theOutputMustBeFoundByTheService() throws {
        for name in ["model", "models/.safetensors", ".safetensors", ""] {
            #expect(throws: TrainingError.self, "\(name)") { try StateDictImport.validate(output: name) }
        }
        try StateDictImport.validate(output: "models/mine.safetensors")
    }
}
