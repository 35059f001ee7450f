internal import VAE

/// The `train` command in a checkpoint's training record.
struct RecordedCommand {
    private let words: [String]

    /// Nil for a checkpoint that was not trained here.
    init?(_ training: TrainingRecord) {
        guard let command = training.command else { return nil }
        words = Shell.words(of: command)
    }

    /// What follows `flag`, such as `--data`; nil when the command does without.
    func value(of flag: String) -> String? {
        guard let place = words.firstIndex(of: flag), place + 1 < words.count else { return nil }
        return words[place + 1]
    }
}
