internal import VAE

/// One thread's part of a `LogLikelihoodEstimator`.
/// `@unchecked Sendable` because only the thread of its index touches it while the team runs.
@safe final class ImportanceWorker: @unchecked Sendable {
    private let sampler: ImportanceSampler
    private let x: FloatBuffer

    init(_ model: VAEModel, samples: Int, seed: UInt64) throws(TrainingError) {
        sampler = try ImportanceSampler(model, samples: samples, seed: seed)
        x = FloatBuffer(count: model.architecture.inputCount)
    }

    /// Image after image, until none is left or `shouldStop` says so.
    func run(
        _ dataset: any Dataset, into outcome: ImportanceRun, progress: ((Int) -> Void)?, shouldStop: () -> Bool
    ) {
        while !shouldStop(), let number = outcome.take() {
            do throws(TrainingError) {
                do throws(DatasetError) { try unsafe dataset.copy(number..<number + 1, into: x.base) } catch {
                    throw .data(error)
                }
                guard let estimate = try unsafe sampler.estimate(x.base, number: number, shouldStop: shouldStop)
                else { return }
                outcome.store(estimate, number: number)
            } catch { return outcome.fail(error) }
            progress?(outcome.done)
        }
    }
}
