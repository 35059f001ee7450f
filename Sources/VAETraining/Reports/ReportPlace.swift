/// How far an interrupted run had come when it was kept: what reports hold beyond it will be done again.
struct ReportPlace: Hashable, Sendable {
    /// Whole epochs.
    var epochs: Int
    /// Optimiser steps.
    var step: UInt64
}
