internal import VAE

/// How far a run has come: with the weights and Adam's moments, all that is needed to go on as if nothing had happened.
struct TrainingPosition: Hashable, Sendable, Codable {
    /// Layers that have learned by themselves.
    var pretrainedLayers = 0
    /// Optimiser steps taken.
    var step: UInt64 = 0
    /// The epoch that is under way, from 0; equal to the number of epochs when all are done.
    var epoch = 0
    /// Images of this epoch already learned from.
    var image = 0
    /// Over those images.
    var terms = LossTerms()
    /// Sum of the gradient's norms over the epoch's steps, and their number.
    var gradientNorms = 0.0
    var norms = 0
    /// Steps not taken because something was not finite; over the whole run.
    var skippedSteps = 0
    /// The latest of them without a good one between.
    var consecutiveSkips = 0
    /// Of the last whole epoch.
    var lastTrain: TrainingRecord.Terms?
    /// The best figure of the validation examples so far, and the epoch after which it was reached.
    var best: Best?

    struct Best: Hashable, Sendable, Codable {
        var value: Double
        var epoch: Int
        /// Evaluations since then.
        var since = 0
        /// Of that epoch, as trained.
        var train: TrainingRecord.Terms?
    }

    /// After a step with `rows` images; no terms if it was left out.
    mutating func account(for terms: LossTerms?, rows: Int, gradientNorm: Double) {
        image += rows
        guard let terms else {
            skippedSteps += 1
            consecutiveSkips += 1
            return
        }
        step += 1
        self.terms += terms
        gradientNorms += gradientNorm
        norms += 1
        consecutiveSkips = 0
    }

    /// To the start of the next epoch.
    mutating func endEpoch() {
        lastTrain = terms.means
        epoch += 1
        image = 0
        terms = LossTerms()
        gradientNorms = 0
        norms = 0
    }
}
