internal import VAE

/// Finds prototypes and directions from the codes of training images with labels or known factors.
///
/// Class c has the mean of μ over its images as prototype, and the difference from the mean over all other images as
/// direction. A factor that is not the class itself has one direction: from the lower half of its values to the upper.
struct LandmarkMeasure {
    private let codes: EncodedImages
    /// Of every image of the data set the codes are from.
    private let labels: [UInt8]?
    private let factors: FactorTable?
    private let classNames: [String]?

    /// Of images of `dataset`; `classNames` are those of its labels, else they are called by their numbers.
    init(_ codes: EncodedImages, of dataset: any Dataset, classNames: [String]?) {
        self.codes = codes
        labels = dataset.labels
        factors = dataset.factors
        self.classNames = classNames
    }

    /// Classes and factors at most.
    var total: Int { Set(labels ?? []).count + (factors?.names.count ?? 0) }

    /// Nil for data with neither labels nor factors, and when `shouldStop`, asked before every class and factor, says so.
    /// `progress` is told how many of these are done. Throws when the names of the classes do not fit the labels.
    func measure(
        progress: (Int) -> Void = { _ in }, shouldStop: () -> Bool = { false }
    ) throws(TrainingError) -> LatentLandmarks? {
        var (prototypes, directions): ([LatentLandmark], [LatentLandmark]) = ([], [])
        var done = 0
        if let labels {
            let groups = codes.numbers.map { Int(labels[Int($0)]) }
            let names = try names(upTo: groups.max() ?? 0)
            for label in Set(groups).sorted() {
                guard !shouldStop() else { return nil }
                let (inside, outside) = means { groups[$0] == label }
                prototypes.append(landmark(names[label], inside))
                if let outside { directions.append(landmark(names[label], inside, minus: outside)) }
                done += 1
                progress(done)
            }
        }
        if let factors {
            for (factor, name) in factors.names.enumerated() where !isClass(factor) {
                guard !shouldStop() else { return nil }
                let values = codes.numbers.map { Int(factors.values[Int($0) * factors.names.count + factor]) }
                let (upper, lower) = means { 2 * values[$0] >= factors.sizes[factor] }
                if let lower, values.contains(where: { 2 * $0 >= factors.sizes[factor] }) {
                    directions.append(landmark(name, upper, minus: lower))
                }
                done += 1
                progress(done)
            }
        }
        guard !prototypes.isEmpty || !directions.isEmpty else { return nil }
        do throws(ModelError) {
            return try LatentLandmarks(prototypes: prototypes, directions: directions)
        } catch { throw .setting("landmarks of the codes: \(error.detail)") }
    }

    private func names(upTo largest: Int) throws(TrainingError) -> [String] {
        guard let classNames else { return (0...largest).map { String($0) } }
        guard classNames.count > largest else {
            throw .setting(
                "--label-names: expected \(largest + 1) names, one for each label 0…\(largest); found "
                    + "\(classNames.count)")
        }
        return classNames
    }

    /// Whether the labels are this factor: its values are named already then.
    private func isClass(_ factor: Int) -> Bool {
        guard let labels, let factors else { return false }
        return codes.numbers.allSatisfy {
            UInt16(labels[Int($0)]) == factors.values[Int($0) * factors.names.count + factor]
        }
    }

    /// Means of μ over the codes for which `belongs` holds and over the others, summed in their order; the second is nil
    /// when there are no others.
    private func means(_ belongs: (Int) -> Bool) -> (inside: [Double], outside: [Double]?) {
        var sums = [[Double]](repeating: [Double](repeating: 0, count: codes.latent), count: 2)
        var counts = [0, 0]
        for code in 0..<codes.count {
            let side = belongs(code) ? 0 : 1
            counts[side] += 1
            for dimension in 0..<codes.latent {
                sums[side][dimension] += unsafe Double(codes.mu.base[code * codes.latent + dimension])
            }
        }
        let means = zip(sums, counts).map { sum, count in sum.map { $0 / Double(max(count, 1)) } }
        return (means[0], counts[1] > 0 ? means[1] : nil)
    }

    private func landmark(_ name: String, _ mean: [Double], minus other: [Double]? = nil) -> LatentLandmark {
        let other = other ?? [Double](repeating: 0, count: mean.count)
        return LatentLandmark(name: name, vector: zip(mean, other).map { Float($0 - $1) })
    }
}
