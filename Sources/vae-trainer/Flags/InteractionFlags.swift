internal import ArgumentParser
internal import VAETraining

/// What counts as an interaction, and who is held out.
struct InteractionFlags: ParsableArguments {
    @Option(
        help: .init(
            "Of users and items: ratings above it count, others are dropped. (default: 3.5)", valueName: "rating"))
    var ratingAbove: Double?

    @Option(help: .init("Of users and items: users with fewer items are dropped. (default: 5)", valueName: "items"))
    var minimumItems: Int?

    @Option(
        help: .init(
            "Of users and items: users held out for validation, and as many for the test. (default: a tenth, at most 10000)",
            valueName: "users"))
    var heldOutUsers: Int?

    @Option(help: .init("Of users and items: determines who is held out. (default: 98765)", valueName: "number"))
    var splitSeed: UInt64?

    /// `settings` with every flag that was given.
    func apply(to settings: inout InteractionSettings) {
        settings.ratingAbove = ratingAbove ?? settings.ratingAbove
        settings.minimumItems = minimumItems ?? settings.minimumItems
        settings.heldOutUsers = heldOutUsers ?? settings.heldOutUsers
        settings.splitSeed = splitSeed ?? settings.splitSeed
    }
}
