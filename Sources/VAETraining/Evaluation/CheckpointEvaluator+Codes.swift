internal import VAE

extension CheckpointEvaluator {
    /// Everything about the training images' codes but their landmarks; nil for codes with too many dimensions, and when
    /// told to stop.
    func describe(_ codes: EncodedImages, of data: DatasetPair) throws(TrainingError) -> AggregatePosterior? {
        record.trainingImages = codes.count
        let activities = codes.activities()
        record.activeUnits = EvaluationRecord.ActiveUnits(
            variances: activities.map { Float($0) },
            byVariance: activities.count { $0 > EncodedImages.activeVariance },
            byKL: (record.perDimensionKL ?? []).count { $0 > Evaluation.usedKL })
        if !model.architecture.posterior.isDeterministic {
            record.klSplit = try splitDivergence(codes)
            record.disentanglement = try measureFactors(codes, of: data.train)
        }
        guard codes.latent <= AggregatePosterior.maximumLatent else { return nil }
        return try fit(codes, data: data)
    }

    private func splitDivergence(_ codes: EncodedImages) throws(TrainingError) -> EvaluationRecord.KLSplit? {
        let draws = min(KLSplitMeasure.maximumDraws, codes.count)
        return try measure(.klSplit, total: draws, unit: "draws") { done throws(TrainingError) in
            try KLSplitMeasure(images: codes, team: team).measure(progress: done, shouldStop: shouldStop)
        }
    }

    /// On as many of the codes as it takes.
    private func measureFactors(
        _ codes: EncodedImages, of dataset: any Dataset
    ) throws(TrainingError) -> EvaluationRecord.Disentanglement? {
        guard let table = dataset.factors, !shouldStop() else { return nil }
        let count = min(codes.count, MutualInformationGap.maximumImages)
        let places = (0..<count).map { $0 * codes.count / count }
        let factors = table.names.indices.map { factor in
            ImageFactor(
                name: table.names[factor],
                values: places.map { Int(table.values[Int(codes.numbers[$0]) * table.names.count + factor]) })
        }
        return try measure(.disentanglement, total: codes.latent, unit: "dimensions") { done throws(TrainingError) in
            try MutualInformationGap(codes.selecting(places), factors: factors)
                .measure(team: team, progress: done, shouldStop: shouldStop)
        }
    }

    private func fit(_ codes: EncodedImages, data: DatasetPair) throws(TrainingError) -> AggregatePosterior? {
        guard !shouldStop() else { return nil }
        let moments = LatentMoments(aggregateOf: codes)
        return try measure(.aggregate, total: MixtureFit.maximumRounds, unit: "rounds") { done throws(TrainingError) in
            var mixture: GaussianMixture?
            if settings.components > 0 {
                guard let found = try fitMixture(codes, progress: done) else { return nil }
                mixture = found
            }
            do throws(DatasetError) {
                return AggregatePosterior(
                    mean: moments.mean.map { Float($0) }, covariance: moments.covariance.map { Float($0) },
                    mixture: mixture, meanImage: try data.train.meanPixels().map { Float($0) })
            } catch { throw .data(error) }
        }
    }

    /// Expectation maximisation, which seldom takes all of its rounds.
    private func fitMixture(
        _ codes: EncodedImages, progress: (Int) -> Void
    ) throws(TrainingError) -> GaussianMixture? {
        let fit = MixtureFit(
            codes.z, count: codes.count, latent: codes.latent, components: settings.components, team: team)
        guard try fit.run(seed: MixtureFit.seed, progress: progress, shouldStop: shouldStop) else { return nil }
        let single = MixtureFit(codes.z, count: codes.count, latent: codes.latent, components: 1, team: team)
        _ = try single.run(seed: MixtureFit.seed)
        record.mixture = EvaluationRecord.Mixture(
            components: fit.components.count, logLikelihood: fit.logLikelihood,
            gaussianLogLikelihood: single.logLikelihood, iterations: fit.history.count - 1, images: codes.count)
        return try fit.mixture()
    }
}
