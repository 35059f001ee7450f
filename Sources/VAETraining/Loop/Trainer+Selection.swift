internal import VAE

extension Trainer {
    /// Refuses to look for the best weights without examples to judge them by.
    func checkSelection() throws(TrainingError) {
        guard settings.keepsBest, data.validation == nil else { return }
        let flag =
            settings.patience > 0
            ? "--early-stopping \(settings.patience)" : "--select \(settings.selection.rawValue)"
        throw .setting("\(flag): there are no validation examples to judge by; add --validation N")
    }

    /// Whether the best weights are long enough ago.
    var hasStoppedImproving: Bool {
        guard settings.patience > 0, let best = state.position.best else { return false }
        return best.since >= settings.patience
    }

    /// Measures the weights on the validation examples, and remembers the best. Gives the figure under the name it has
    /// in reports, if the run looks for the best.
    func compareWithBest(after epoch: Int) throws(TrainingError) -> [String: Double] {
        guard let best = state.weights.best, let validation = data.validation else { return [:] }
        let value = try measure(state.weights.result, on: validation)
        let figure = [measure.rawValue: value]
        guard let before = state.position.best, !measure.prefers(value, to: before.value) else {
            best.copy(from: state.weights.result)
            state.position.best = TrainingPosition.Best(
                value: value, epoch: epoch, train: state.position.terms.means)
            return figure
        }
        state.position.best?.since += 1
        if hasStoppedImproving {
            observer.note("no better in \(settings.patience) evaluations: stopping early")
        }
        return figure
    }

    /// Makes the best weights those of the run, if it has looked for them; nil if it has not.
    func restoreBest() -> TrainingRecord.Kept? {
        guard let best = state.weights.best, let found = state.position.best, let validation = data.validation else {
            return nil
        }
        state.weights.result.copy(from: best)
        let kept = TrainingRecord.Kept(
            epoch: found.epoch, measure: measure.rawValue, value: found.value,
            examples: data.validationUsers?.count ?? validation.count)
        observer.note("the weights after epoch \(found.epoch) are the best: \(wording.describe(kept))")
        return kept
    }

    private var measure: WeightSelection.Measure { data.validationUsers == nil ? .loss : .ndcg100 }

    private func measure(_ weights: FloatBuffer, on validation: any Dataset) throws(TrainingError) -> Double {
        guard let users = data.validationUsers else {
            return try evaluator.evaluate(weights, on: validation, seed: settings.seed).terms.loss
        }
        let model: VAEModel
        do throws(ModelError) { model = try VAEModel(state.architecture, parameters: weights) } catch {
            throw .model(error)
        }
        return try users.ndcg100(of: model, team: team, processes: processes)
    }
}
