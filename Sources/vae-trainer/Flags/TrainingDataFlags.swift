internal import ArgumentParser
internal import VAETraining

/// What is done to the training examples alone.
struct TrainingDataFlags: ParsableArguments {
    @Option(help: .init("Learn from so many examples only, the first ones.", valueName: "examples"))
    var limit: Int?

    @Option(
        help: .init(
            "Vary the images anew in every epoch: flip (left to right), shift:N (by up to N pixels), or flip,shift:2.",
            valueName: "how"), transform: { try Augmentation(parsing: $0) })
    var augment: Augmentation?

    /// `settings` with every flag that was given.
    func apply(to settings: inout DataSettings) {
        settings.limit = limit ?? settings.limit
        settings.augmentation = augment ?? settings.augmentation
    }
}
