internal import HTTPServer
internal import Synchronization
package import VAE

/// The models of a directory: each `NAME.safetensors` in it is served as `NAME`.
package final class ModelRepository: Sendable {
    private let published: Mutex<ModelCatalogue>
    /// Held while a model loads; readers of `catalogue` do not wait for it.
    private let ledger: Mutex<ModelLedger>

    /// What is served now. The lock is held for a pointer's copy.
    package var catalogue: ModelCatalogue { published.withLock { $0 } }

    /// Loads every checkpoint of `directory`. A bad file is left out and remembered in `catalogue.notServed`.
    ///
    /// `defaultModel` names the one behind `/v1/{op}`. Without it that is the file which a link called
    /// `default.safetensors` points to; without such a link, the first by name.
    package init(
        directory: String, defaultModel: String?, precision: Precision = .f32
    ) throws(ModelRepositoryError) {
        var ledger = ModelLedger(
            directory: ModelDirectory(path: directory), wantedDefault: defaultModel, precision: precision)
        for file in try ledger.directory.files() {
            _ = try? ledger.load(file, into: PassageSets(), publish: { _ in })
        }
        ledger.events.removeAll { !$0.isFailure }
        let served = ledger.records.filter { $0.value.loaded != nil }.keys.sorted()
        let refused = ledger.records.sorted { $0.key < $1.key }.compactMap { name, record in
            record.failure.map { (file: "\(directory)/\(name)\(ModelDirectory.suffix)", reason: $0) }
        }
        guard !served.isEmpty else { throw .noModels(directory: directory, refused: refused) }
        if ledger.chooseDefault(besides: [], now: HTTPServer.now) != nil {
            let wanted = defaultModel ?? ledger.directory.linkedDefault ?? ""
            throw .unknownDefault(wanted, reason: ledger.records[wanted]?.failure, available: served)
        }
        published = Mutex(ledger.catalogue)
        self.ledger = Mutex(ledger)
    }

    /// What happened since this was last asked; the first time, which files were refused at the start.
    func takeEvents() -> [ModelEvent] {
        ledger.withLock { ledger in
            defer { ledger.events = [] }
            return ledger.events
        }
    }

    /// Looks at the directory and loads, replaces and removes what has changed. Returns whether it should be looked at
    /// again soon: a file was being written, or is missing and may be back in a moment.
    func refresh(_ look: ModelLedger.Look, into passages: PassageSets, now: UInt64 = HTTPServer.now) -> Bool {
        ledger.withLock { ledger in
            ledger.refresh(look, now: now, into: passages, publish: publish)
            return ledger.isUndecided
        }
    }

    /// Loads the file called `name`, whether it has changed or not, and whether it was unloaded or not.
    /// Returns what is then served, and whether that is new.
    func load(
        _ name: String, into passages: PassageSets
    ) throws(ModelLoadError) -> (model: ServedModel, changed: Bool) {
        try ledger.withLock { (ledger) throws(ModelLoadError) in
            try ledger.load(named: name, now: HTTPServer.now, into: passages, publish: publish)
        }
    }

    /// Takes the model called `name` out of service.
    func unload(_ name: String, from passages: PassageSets) throws(ModelLoadError) {
        try ledger.withLock { (ledger) throws(ModelLoadError) in
            try ledger.unload(name, from: passages, publish: publish)
        }
    }

    private func publish(_ catalogue: ModelCatalogue) { published.withLock { $0 = catalogue } }
}
