internal import ArgumentParser
internal import VAE
internal import VAETraining

/// `vae-trainer import`.
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Makes a checkpoint of a PyTorch state_dict.",
        discussion: """
            The state_dict is a safetensors file with F32, F16, BF16 or F64 tensors;
            the configuration is what a checkpoint has as metadata "config" (see the
            README). A forward pass is tried, and held against numbers of PyTorch's
            if --expected has some.

            Example:
              vae-trainer import vae.safetensors --config vae.json \\
                --rename fc1=encoder.0 fc21=mu fc22=sigma fc3=decoder.0 fc4=decoder.2 \\
                --expected expected.safetensors --out models/vae.safetensors
            """)

    @Argument(help: .init("The state_dict.", valueName: "file.safetensors"))
    var file: String

    @Option(help: .init("The model's layers, as JSON. (default: the file's own metadata)", valueName: "file.json"))
    var config: String?

    @Option(help: .init("Where the checkpoint goes.", valueName: "file.safetensors"))
    var out: String

    @Option(
        parsing: .upToNextOption,
        help: .init(
            "Other names, for all that begin with one: fc1=encoder.0. Empty to take it away: module=",
            valueName: "old=new"))
    var rename: [String] = []

    @Option(
        help: .init(
            "Images to try the model with: tensor x [rows, pixels], and label [rows, classes] of a conditional model. (default: noise)",
            valueName: "file.safetensors"))
    var inputExample: String?

    @Option(
        help: .init(
            "What must come out for x: some of tensors mu and sigma [rows, latent] and decoded [rows, pixels], the decoder's numbers at z = mu; may have x itself.",
            valueName: "file.safetensors"))
    var expected: String?

    @Option(help: "How far from --expected is right; relative for numbers above 1.")
    var tolerance = 1e-4

    @Option(help: .init("Licence of the checkpoint, as an SPDX name.", valueName: "name"))
    var license: String?

    func validate() throws {
        guard tolerance > 0, tolerance < 1 else {
            throw ValidationError("--tolerance \(tolerance): expected a number above 0 and below 1")
        }
        try StateDictImport.validate(output: out)
    }

    func run() throws {
        let renames = try TensorRenames(rename)
        try StateDictImport.prepare(output: out)
        let imported = try StateDictImport(path: file, configuration: config, renames: renames, license: license)
        let check = try ForwardCheck(
            imported.checkpoint, example: inputExample, expected: expected, tolerance: tolerance)
        do { try imported.checkpoint.write(to: out) } catch { throw TrainingError.checkpoint(error) }
        let types = imported.dataTypes.joined(separator: ", ")
        print("\(out): \(imported.checkpoint.parameters.count) parameters, read as \(types)")
        print("forward pass of \(check.rows) images: finite")
        for (name, difference) in check.differences { print("\(name): as expected, within \(Float(difference))") }
    }
}
