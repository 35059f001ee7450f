internal import VAE

/// How far a run has come: with the weights and Adam's moments, all that is needed to go on as if nothing had happened.
struct TrainingPosition: Hashable, Sendable, Codable {
    /// Optimiser steps taken.
    var step: UInt64 = 0
    /// The epoch that is under way, from 0; equal to the number of epochs when all are done.
    var epoch = 0
    /// Images of this epoch already learned from.
    var image = 0
    /// Over those images.
    var terms = ELBOTerms()
    /// Steps not taken, or not in full, because something was not finite; over the whole run.
    var skippedSteps = 0
    /// The latest of them without a good one between.
    var consecutiveSkips = 0
    /// Of the last whole epoch.
    var lastTrain: TrainingRecord.Terms?
}
