internal import ArgumentParser
internal import VAETraining

/// Flags may come from the environment, and those of `train` from a file: `--config`.
@main
enum Main {
    static func main() {
        var arguments = Array(CommandLine.arguments.dropFirst())
        do throws(TrainingError) {
            let commands = VAETrainer.configuration.subcommands
            if let command = commands.first(where: { $0.configuration.commandName == arguments.first }) {
                arguments = try RunEnvironment.expand(
                    arguments, environment: ProcessEnvironment.variables, kind: { kind(of: $0, in: command) })
            }
            // Of `train` only: that of `import` is another kind of file.
            if arguments.first == "train" {
                arguments = try RunFile.expand(arguments) { kind(of: $0, in: TrainCommand.self) }
            }
        } catch { VAETrainer.exit(withError: error) }
        VAETrainer.main(arguments)
    }

    /// What the flag `name` of `command` takes; nil if it has none of that name.
    private static func kind(of name: String, in command: any ParsableCommand.Type) -> FlagKind? {
        let lines = command.helpMessage(columns: 200).split(separator: "\n")
        if lines.contains(where: { $0.hasPrefix("  --\(name) <") }) { return .value }
        return lines.contains { $0 == "  --\(name)" || $0.hasPrefix("  --\(name) ") } ? FlagKind.none : nil
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

            Each flag is also an environment variable: --batch-size is VAE_TRAINER_BATCH_SIZE, and so on; a flag wins.
            """,
        version: "0.1.0",
        subcommands: [
            TrainCommand.self, EvaluateCommand.self, RankCommand.self, ImportCommand.self, InspectCommand.self,
        ])
}
