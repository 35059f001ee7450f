public import VAE

extension InteractionSettings {
    /// Those that a model was trained with; nil for one whose record does not say. Records from before they were kept
    /// have the flags of the command.
    public init?(of training: TrainingRecord) {
        self.init()
        if let kept = training.interactions {
            ratingAbove = kept.ratingAbove
            minimumItems = kept.minimumItems
            heldOutUsers = kept.heldOutUsers
            splitSeed = kept.splitSeed
        } else if let command = RecordedCommand(training) {
            ratingAbove = command.value(of: "--rating-above").flatMap(Double.init) ?? ratingAbove
            minimumItems = command.value(of: "--minimum-items").flatMap(Int.init) ?? minimumItems
            heldOutUsers = command.value(of: "--held-out-users").flatMap(Int.init)
            splitSeed = command.value(of: "--split-seed").flatMap(UInt64.init) ?? splitSeed
        } else {
            return nil
        }
    }

    /// For a checkpoint's metadata.
    var record: TrainingRecord.Interactions {
        TrainingRecord.Interactions(
            ratingAbove: ratingAbove, minimumItems: minimumItems, heldOutUsers: heldOutUsers, splitSeed: splitSeed)
    }

    /// Throws unless these are the settings that a model was `trained` with, naming the flag that differs.
    public func checkEqual(trained: InteractionSettings) throws(TrainingError) {
        func check<Value: Equatable>(
            _ flag: String, _ value: Value?, _ trained: Value?, default text: String = ""
        ) throws(TrainingError) {
            guard value != trained else { return }
            throw .setting(
                "--\(flag) \(value.map { "\($0)" } ?? text): the model was trained with "
                    + "\(trained.map { "\($0)" } ?? text), and would be asked about users it has learned from; leave the "
                    + "flag out: rank takes what the model was trained with")
        }
        try check("rating-above", ratingAbove, trained.ratingAbove)
        try check("minimum-items", minimumItems, trained.minimumItems)
        try check("held-out-users", heldOutUsers, trained.heldOutUsers, default: "a tenth of all")
        try check("split-seed", splitSeed, trained.splitSeed)
    }
}
