internal import VAE

extension Trainer {
    /// Refuses to look for the best weights without examples to judge them by.
    func checkEarlyStopping() throws(TrainingError) {
        guard settings.patience == 0 || data.validation != nil else {
            throw .setting(
                "--early-stopping \(settings.patience): there are no validation examples to judge by; add --validation N"
            )
        }
    }

    /// Whether the best weights are long enough ago.
    var hasStoppedImproving: Bool {
        guard settings.patience > 0, let best = state.position.best else { return false }
        return best.since >= settings.patience
    }

    /// Measures the weights on the validation images, and remembers the best.
    func compareWithBest(after epoch: Int) throws(TrainingError) {
        guard let best = state.weights.best, let validation = data.validation else { return }
        let loss = try evaluator.evaluate(state.weights.result, on: validation, seed: settings.seed).terms.loss
        guard let before = state.position.best, !(loss < before.loss) else {
            best.copy(from: state.weights.result)
            state.position.best = TrainingPosition.Best(loss: loss, epoch: epoch)
            return
        }
        state.position.best?.since += 1
        guard hasStoppedImproving else { return }
        observer.note(
            "no better than \(FixedPoint.string(before.loss, decimals: 2)) on \(validation.count) validation examples, "
                + "after epoch \(before.epoch), in \(settings.patience) evaluations: stopping early")
    }

    /// Makes the best weights those of the run, if it has looked for them; false if it has not.
    func restoreBest() -> Bool {
        guard let best = state.weights.best, state.position.best != nil else { return false }
        state.weights.result.copy(from: best)
        return true
    }
}
