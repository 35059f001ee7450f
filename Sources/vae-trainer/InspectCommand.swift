internal import ArgumentParser
internal import VAE
internal import VAETraining

/// `vae-trainer inspect`.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Prints what a checkpoint says about itself: architecture, data, seed, ELBO, evaluation, command.",
        discussion: """
            Example:
              vae-trainer inspect models/mnist.safetensors
            """)

    @Argument(help: .init("The checkpoint.", valueName: "file.safetensors"))
    var file: String

    @Flag(help: "As a page of Markdown, such as the one beside the checkpoint.")
    var markdown = false

    func run() throws {
        let found = try CheckpointFile(path: file)
        let card = ModelCard(found.checkpoint, path: file)
        if let interruption = found.interruption, !markdown { print("note: the weights are \(interruption)") }
        print(markdown ? card.markdown(hasPictures: false) : card.text)
    }
}
