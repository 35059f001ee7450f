public import VAE

/// The data that a checkpoint was trained on, as far as its training record tells.
public struct TrainedData {
    private let training: TrainingRecord
    private let command: RecordedCommand?

    /// Of the checkpoint with this record.
    public init(_ training: TrainingRecord) {
        self.training = training
        command = RecordedCommand(training)
    }

    /// What the data call themselves; nil when only a name is known that was given to them with `--dataset-name`.
    private var ownName: String? {
        training.dataName ?? (command?.value(of: "--dataset-name") == nil ? training.dataset : nil)
    }

    /// Name and place, as a person knows them: `MNIST (--data data/mnist)`; nil when neither is known.
    public var description: String? {
        let place = command?.value(of: "--data").map { "--data \(Shell.quoted($0))" }
        guard let name = training.dataset else { return place }
        return name + (place.map { " (\($0))" } ?? "")
    }

    /// What `--data` has to be to measure the model on the data of its training. Throws unless those are drawn shapes,
    /// which alone need no file.
    public func drawnSource() throws(TrainingError) -> String {
        guard let description else {
            throw .setting(
                "the checkpoint does not say what it was trained on; say what it is to be measured on with --data, such "
                    + "as --data data/mnist or --data shapes:28")
        }
        if let command {
            let source = command.value(of: "--data") ?? "shapes:\(ProceduralShapes.defaultSide)"
            do throws(DatasetError) {
                if let side = try ProceduralShapes.side(named: source),
                    ownName.map({ $0 == ProceduralShapes.name(side: side) }) ?? true
                {
                    return source
                }
            } catch { throw .data(error) }
        }
        throw .setting(
            "the model was trained on \(description); say where these data are, or on which others it is to be "
                + "measured, with --data")
    }

    /// Whether data that call themselves `name` and come from `source` are these, by their name, or where only a name is
    /// known that was given to them, by their place; true for a checkpoint that does not say what it was trained on.
    public func areThose(named name: String, from source: String) -> Bool {
        guard training.dataset != nil else { return true }
        if let ownName { return ownName == name }
        return command?.value(of: "--data") == source
    }
}
