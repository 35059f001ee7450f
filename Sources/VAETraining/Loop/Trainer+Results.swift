internal import VAE

extension Trainer {
    /// Checkpoint, card, pictures and report; what was kept to go on is no longer needed.
    func writeResults(_ evaluation: Evaluation) throws(TrainingError) {
        let checkpoint = checkpoint(evaluation)
        let stem = settings.stem
        let pictures = wording.showsReconstructions ? try Pictures(checkpoint, seed: settings.seed) : nil
        do throws(CheckpointError) {
            try checkpoint.write(to: settings.output)
            observer.note("wrote \(settings.output)")
            let card = ModelCard(checkpoint, path: settings.output)
            try AtomicFile.write(Array(card.markdown(hasPictures: pictures != nil).utf8), to: stem + ".md")
        } catch { throw .checkpoint(error) }
        var written = [stem + ".md"]
        if let pictures {
            if wording.showsSamples {
                written.append(stem + ".samples.png")
                try pictures.writeSamples(to: written[1])
            }
            written.append(stem + ".reconstructions.png")
            try pictures.writeReconstructions(of: data.test, to: stem + ".reconstructions.png")
        }
        observer.note("wrote " + written.joined(separator: ", "))
        reports.conclude(checkpoint, seed: settings.seed, images: data.test, outcome: .completed)
        OutputFiles.remove(settings.resumePath)
    }

    /// The model as it is.
    func checkpoint(_ evaluation: Evaluation?) -> Checkpoint {
        var checkpoint = Checkpoint(
            architecture: state.architecture, parameters: state.weights.result, training: record(evaluation),
            license: settings.license)
        checkpoint.items = data.items
        return checkpoint
    }

    private func record(_ evaluation: Evaluation?) -> TrainingRecord {
        var record = TrainingRecord()
        record.dataset = settings.datasetName ?? data.name
        if let given = settings.datasetName, given != data.name { record.dataName = data.name }
        if data.validationUsers != nil { record.interactions = settings.data.interactions.record }
        record.datasetLicense = settings.datasetLicense ?? data.license
        record.binarisation = settings.objective.binarises ? "dynamic" : nil
        record.trainingImages = data.train.count
        record.testImages = data.test.count
        record.epochs = state.position.epoch
        record.batchSize = settings.batchSize
        record.learningRate = settings.optimiser.learningRate
        record.seed = settings.seed
        record.threads = settings.threads
        record.kept = kept
        record.train = kept == nil ? state.position.lastTrain : state.position.best?.train
        record.test = evaluation?.terms
        record.perDimensionKL = evaluation?.perDimensionKL
        record.command = (processes.count > 1 ? "mpirun -n \(processes.count) " : "") + settings.command
        return record
    }

    /// One line about what will be done.
    var summary: String {
        let place = state.position.step == 0 ? "" : ", going on after step \(state.position.step)"
        let architecture = state.architecture
        let rows = wording.isOfUsers ? ", \(architecture.inputCount) items" : " \(data.train.shape)"
        return "\(data.name): \(data.train.count) + \(data.test.count) \(wording.examples)\(rows), "
            + "\(settings.objective.kind.rawValue) \(settings.modelSummary(of: architecture)), "
            + "\(architecture.layout.count) parameters, "
            + (processes.count > 1 ? "\(processes.count) processes of " : "")
            + "\(settings.threads) thread\(settings.threads == 1 ? "" : "s")\(place)"
    }
}
