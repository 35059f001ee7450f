internal import ArgumentParser
internal import VAETraining

/// Flags may come from a file: `--config`.
@main
enum Main {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        // Of `train` only: that of `import` is another kind of file.
        guard arguments.first == "train" else { return VAETrainer.main(arguments) }
        do throws(TrainingError) {
            VAETrainer.main(
                try RunFile.expand(arguments) { TrainCommand.helpMessage(columns: 200).contains("--\($0) ") })
        } catch { VAETrainer.exit(withError: error) }
    }
}

/// The command line: flags and wiring only.
struct VAETrainer: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vae-trainer",
        abstract: "Trains the variational autoencoders that vae-server serves.",
        discussion: """
            No data at hand? This draws its own and takes seconds:
              vae-trainer train --out models/small.safetensors

            MNIST, as it is distributed (four idx files, plain or .gz, in one folder):
              vae-trainer train --data data/mnist --out models/digits.safetensors

            Stopped with Ctrl-C? This goes on where it was, to the same file, bit for bit:
              vae-trainer train --resume --out models/digits.safetensors
            """,
        version: "0.1.0",
        subcommands: [
            TrainCommand.self, EvaluateCommand.self, RankCommand.self, ImportCommand.self, InspectCommand.self,
        ])
}
