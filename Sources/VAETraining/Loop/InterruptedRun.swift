/// A run that was stopped before its end, as it lies beside its output.
public struct InterruptedRun {
    let state: TrainingState
    /// What it was told to do; going on means to keep to it.
    public var settings: TrainingSettings { state.settings }

    /// Reads what a run that should have written `output` has left. Throws `.setting` if there is nothing usable.
    public init(output: String) throws(TrainingError) {
        state = try TrainingState(resuming: output)
    }
}
