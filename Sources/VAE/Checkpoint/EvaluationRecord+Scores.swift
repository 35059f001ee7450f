extension EvaluationRecord {
    /// What held-out images cost by every score that applies to the model: beyond these quantiles lies what is new to it.
    public struct Scores: Hashable, Sendable, Codable {
        /// Fractions of the images, 0…1, rising.
        public var ranks: [Double]
        /// Images behind them.
        public var images: Int
        /// With z = μ.
        public var atMean: Costs
        /// With draws of z; nil if there were none.
        public var drawn: Costs?

        private enum CodingKeys: String, CodingKey {
            case ranks, images, drawn
            case atMean = "at_mean"
        }

        /// The costs of the images at `ranks`.
        public struct Costs: Hashable, Sendable, Codable {
            /// Draws per image; nil with z = μ.
            public var samples: Int?
            /// Mean of −ELBO, in nats.
            public var typicalLoss: Double
            /// By the name of an `ImageScore`; one for each rank, rising.
            public var quantiles: [String: [Float]]

            private enum CodingKeys: String, CodingKey {
                case samples, quantiles
                case typicalLoss = "typical_loss"
            }

            /// States everything.
            public init(samples: Int?, typicalLoss: Double, quantiles: [String: [Float]]) {
                self.samples = samples
                self.typicalLoss = typicalLoss
                self.quantiles = quantiles
            }
        }

        /// The most ranks accepted from a file.
        public static let maximumRanks = 10_000
        /// The most scores accepted from a file, known or not.
        public static let maximumScores = 100

        /// States everything.
        public init(ranks: [Double], images: Int, atMean: Costs, drawn: Costs?) {
            self.ranks = ranks
            self.images = images
            self.atMean = atMean
            self.drawn = drawn
        }

        /// What costs of images scored with `samples` draws of z, or with none, are compared with.
        public func costs(samples: Int?) -> Costs? { samples == nil ? atMean : drawn }

        /// The quantiles for `score` of images scored with `samples` draws, or with none; nil if they are not known. The
        /// bound depends on the number of draws, so there it must be the same; the other scores have the same mean for
        /// any number of draws.
        public func quantiles(_ score: ImageScore, samples: Int?) -> [Float]? {
            if score == .bound && samples != drawn?.samples { return nil }
            return costs(samples: score.dependsOnDraws ? samples : nil)?.quantiles[score.rawValue]
        }

        /// How many per cent of the held-out images cost at least as much as `cost`: 0 for what is more unusual than all of
        /// them, 100 for what is less. Between quantiles it follows straight lines.
        public func percentile(of cost: Double, among quantiles: [Float]) -> Double {
            guard let above = quantiles.firstIndex(where: { Double($0) >= cost }) else { return 0 }
            guard above > 0 else { return 100 }
            let (low, high) = (Double(quantiles[above - 1]), Double(quantiles[above]))
            let rank = ranks[above - 1] + (ranks[above] - ranks[above - 1]) * (cost - low) / (high - low)
            return 100 * (1 - rank)
        }

        /// Throws when the numbers are no quantiles.
        func check() throws(CheckpointError) {
            func refuse(_ text: String) -> CheckpointError { .content("metadata \"evaluation\": scores: \(text)") }
            guard (2...Self.maximumRanks).contains(ranks.count), ranks == ranks.sorted(),
                ranks.allSatisfy({ (0...1).contains($0) })
            else { throw refuse("expected 2…\(Self.maximumRanks) rising ranks 0…1, found \(ranks.count)") }
            for costs in [atMean, drawn].compactMap(\.self) {
                guard costs.quantiles.count <= Self.maximumScores else {
                    throw refuse("expected at most \(Self.maximumScores) scores, found \(costs.quantiles.count)")
                }
                for (name, values) in costs.quantiles {
                    guard values.count == ranks.count, values == values.sorted(), values.allSatisfy(\.isFinite) else {
                        throw refuse(
                            "\"\(name)\" should have \(ranks.count) rising numbers, one for each rank; it has "
                                + "\(values.count)")
                    }
                }
            }
        }
    }
}
