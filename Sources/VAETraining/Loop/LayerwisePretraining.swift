internal import VAE

/// Greedy training of a deep autoencoder, a layer at a time (Vincent et al. 2010, "Stacked denoising autoencoders", JMLR
/// 11; Bengio et al. 2007): each layer learns as an autoencoder of its own, from the codes of the layers below.
struct LayerwisePretraining {
    private let state: TrainingState
    private let train: any Dataset
    private let team: ThreadTeam
    private let processes: ProcessGroup
    private let observer: any TrainingObserver
    private var settings: TrainingSettings { state.settings }
    /// From the examples to the code.
    private let widths: [Int]
    /// The most numbers that a layer's codes may be: 2 Gi, 8 GiB.
    private static let maximumCodes = 1 << 31

    init(
        _ state: TrainingState, train: any Dataset, team: ThreadTeam, processes: ProcessGroup = .alone,
        observer: any TrainingObserver
    ) {
        self.state = state
        self.train = train
        self.team = team
        self.processes = processes
        self.observer = observer
        widths = [state.architecture.inputCount] + state.settings.hidden + [state.settings.latent]
    }

    var layers: Int { settings.layers }

    /// Trains layer `layer` and puts its weights in their place in the deep model; false when `shouldStop` said so
    /// before the end. What it has learned so far is kept in a file of its own, from which it goes on if the run is
    /// `resumed`.
    func train(
        layer: Int, resumed: Bool, shouldStop: @escaping @Sendable () -> Bool
    ) throws(TrainingError) -> Bool {
        var below = train
        for index in 0..<layer { below = try codes(of: below, layer: index) }
        let sub = settings(of: layer)
        let data: DatasetPair
        do throws(DatasetError) {
            data = try DatasetPair(name: "layer \(layer + 1)", license: nil, train: below, test: below)
        } catch { throw .data(error) }
        let kept = resumed ? try kept(sub, data) : nil
        var state = if let kept { kept } else { try TrainingState(settings: sub, data: data) }
        try processes.requireSame("\(state.position)")
        let shares = team.count * processes.count
        let rows = (sub.batchSize + shares - 1) / shares
        let workers: [ShareWorker]
        do throws(ModelError) {
            workers = try Evaluator.workers(
                state.architecture, team: team, maximumRows: rows, objective: sub.objective)
        } catch { throw .model(error) }
        let loop = MinibatchLoop(state, dataset: below, team: team, processes: processes, workers: workers)
        var seconds = 0.0
        while state.position.epoch < sub.epochs {
            let start = Clock.now
            let epoch = state.position.epoch
            let pause = sub.nextKeep(after: state.position.image)
            state.position = try loop.run(from: state.position) { [observer, count = below.count] images in
                observer.learned(images: epoch * count + images, of: sub.epochs * count, epoch: epoch + 1)
                return images >= pause || shouldStop()
            }
            seconds += Clock.now - start
            guard state.position.image == below.count else {
                keep(state)
                if shouldStop() { return false }
                continue
            }
            let loss = FixedPoint.string(state.position.terms.meanObjective, decimals: 2)
            observer.note(
                "layer \(layer + 1)/\(layers) (\(widths[layer])-\(widths[layer + 1])) epoch \(epoch + 1)/\(sub.epochs)  "
                    + "minimised \(loss)  \(FixedPoint.string(seconds, decimals: 2)) s")
            state.position.endEpoch()
            seconds = 0
            keep(state)
            if shouldStop() { return false }
        }
        copy(state.weights.result, of: state.architecture, layer: layer, toDeep: true)
        return true
    }

    /// What an earlier start of this run has left of the layer; nil if there is nothing, or something else.
    private func kept(_ sub: TrainingSettings, _ data: DatasetPair) throws(TrainingError) -> TrainingState? {
        guard DataFile.exists(sub.resumePath) else { return nil }
        do throws(TrainingError) {
            let found = try TrainingState(resuming: sub.output)
            try found.check(data)
            guard found.settings == sub else { throw .setting("\(sub.resumePath) is of a run with other settings") }
            return found
        } catch {
            observer.note("warning: the layer begins anew: \(error)")
            return nil
        }
    }

    /// What is kept of the layers so far is no longer needed.
    func removeKept() {
        for layer in 0..<layers { OutputFiles.remove(settings(of: layer).resumePath) }
    }

    private func keep(_ state: TrainingState) {
        guard processes.isFirst else { return }
        do throws(CheckpointError) { try state.save() } catch {
            observer.note("warning: the layer could not be kept for --resume: \(error)")
        }
    }

    /// What one layer makes of the rows below it.
    private func codes(of below: any Dataset, layer: Int) throws(TrainingError) -> any Dataset {
        let width = widths[layer + 1]
        guard below.count <= Self.maximumCodes / width else {
            throw .setting(
                "--layerwise: the codes of layer \(layer + 1) are \(below.count) × \(width) numbers; at most "
                    + "\(Self.maximumCodes) fit. Use fewer examples, or leave --layerwise out")
        }
        let values = FloatBuffer(count: below.count * width)
        let sub = settings(of: layer)
        let configuration = try sub.configuration(for: below)
        do {
            let architecture = try VAEArchitecture(configuration)
            let parameters = FloatBuffer(count: architecture.layout.count)
            copy(parameters, of: architecture, layer: layer, toDeep: false)
            let session = try VAESession(try VAEModel(architecture, parameters: parameters))
            let batch = 256
            let x = FloatBuffer(count: batch * widths[layer])
            let (logVariance, sigma) = (FloatBuffer(count: batch * width), FloatBuffer(count: batch * width))
            for start in stride(from: 0, to: below.count, by: batch) {
                let rows = min(batch, below.count - start)
                try unsafe below.copy(start..<start + rows, into: x.base)
                try unsafe session.encode(
                    rows: rows, x: x.base, mu: values.base + start * width, logVariance: logVariance.base,
                    sigma: sigma.base)
            }
        } catch let error as DatasetError { throw .data(error) } catch let error as ModelError {
            throw .model(error)
        } catch { throw .system("\(error)") }
        return FloatDataset(shape: [1, 1, width], values: values, labels: below.labels)
    }

    /// Those of the whole run, but for what makes one layer of it.
    private func settings(of layer: Int) -> TrainingSettings {
        var sub = settings
        let isLast = layer == layers - 1
        sub.output = "\(settings.stem).layer\(layer + 1)\(TrainingSettings.suffix)"
        sub.hidden = []
        sub.latent = widths[layer + 1]
        sub.codeActivation = isLast ? settings.codeActivation : settings.activation
        sub.epochs = settings.layerwiseEpochs
        sub.layerwiseEpochs = 0
        sub.startFrom = nil
        sub.objective.kind = .autoencoder
        sub.seed = settings.seed &+ UInt64(layer) &+ 1
        if layer > 0 {
            sub.objective.binarises = false
            // Sigmoid codes lie in 0…1; of others the squared error is the cost.
            sub.likelihood = settings.activation == .sigmoid ? .bernoulli : .gaussian(.fixed(Float(0.5).squareRoot()))
        }
        return sub
    }

    /// Between a layer's own arena and its place in the deep model: linear layers have even numbers, since activations
    /// lie between them, and the decoder's run the other way.
    private func copy(_ parameters: FloatBuffer, of architecture: VAEArchitecture, layer: Int, toDeep: Bool) {
        let deep = state.architecture.layout.entries
        for entry in architecture.layout.entries {
            guard let kind = entry.name.split(separator: ".").last else { continue }
            let name =
                entry.name.hasPrefix("encoder.")
                ? "encoder.\(2 * layer).\(kind)" : "decoder.\(2 * (layers - 1 - layer)).\(kind)"
            guard let place = deep.first(where: { $0.name == name && $0.shape == entry.shape }) else { continue }
            let (own, other) = unsafe (
                parameters.base + entry.offset, state.weights.parameters.base + place.offset
            )
            unsafe (toDeep ? other : own).update(from: toDeep ? own : other, count: entry.count)
            if toDeep, let average = state.weights.average {
                unsafe (average.base + place.offset).update(from: own, count: entry.count)
            }
        }
    }
}
