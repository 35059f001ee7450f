internal import VAE

/// The books of a model repository: decides what a look at the directory leads to. One thread at a time.
///
/// A look makes the service what it would be if it were started on the directory as it is, except that it never gets
/// worse: a bad file does not replace a good checkpoint, a file missing for a moment does not remove a model, and
/// neither the default model nor all models ever go.
struct ModelLedger {
    /// Why the directory is looked at.
    enum Look: Sendable, Equatable {
        /// Time has passed: files that were refused are not tried again, and one being written is given time.
        case poll
        /// Somebody asked for it.
        case request
    }

    /// How long a file must be missing: whoever removes one and then copies another in its place takes a moment.
    static let patience: UInt64 = 1_000_000_000

    let directory: ModelDirectory
    /// Given by flag; wins over the link.
    let wantedDefault: String?
    /// What every model computes with.
    let precision: Precision
    var records: [String: ModelRecord] = [:]
    var defaultName = ""
    /// What happened since this was last emptied.
    var events: [ModelEvent] = []
    /// Whether something was left undecided that a look in `patience` would decide.
    var isUndecided = false
    private var slotsGiven = 0
    private var link: (name: String?, missingSince: UInt64?) = (nil, nil)
    private var lastTrouble: String?

    init(directory: ModelDirectory, wantedDefault: String?, precision: Precision) {
        self.directory = directory
        self.wantedDefault = wantedDefault
        self.precision = precision
    }

    /// Names of what is served, sorted.
    private var served: [String] { records.filter { $0.value.loaded != nil }.keys.sorted() }

    /// Looks at the whole directory. Calls `publish` after every change that requests may see.
    mutating func refresh(
        _ look: Look, now: UInt64, into passages: PassageSets, publish: (ModelCatalogue) -> Void
    ) {
        isUndecided = false
        var trouble: String?
        do throws(ModelRepositoryError) {
            let files = try directory.files()
            for file in files {
                records[file.name, default: ModelRecord()].missingSince = nil
                guard isDue(file, look) else { continue }
                _ = try? load(file, into: passages, publish: publish)  // remembered and told as an event
            }
            if files.isEmpty {
                trouble = "no *.safetensors file in \"\(directory.path)\" any more; what is loaded goes on being served"
            } else {
                let gone = missing(besides: Set(files.map(\.name)), now: now)
                trouble = chooseDefault(besides: gone, now: now)
                remove(gone, from: passages, publish: publish)
            }
        } catch { trouble = "\(error.description); what is loaded goes on being served" }
        if let trouble, trouble != lastTrouble { events.append(.trouble(trouble)) }
        lastTrouble = trouble
        publish(catalogue)
    }

    /// Whether whoever wrote the file may still be at it.
    private func isFresh(_ version: FileVersion) -> Bool { version.isYounger(than: Double(Self.patience) * 1e-9) }

    /// Whether `file` is to be opened at this look.
    private mutating func isDue(_ file: ModelDirectory.File, _ look: Look) -> Bool {
        guard let record = records[file.name], !record.isUnloaded else { return false }
        let version = try? FileVersion(path: file.path)
        let isKnown = record.loaded != nil || record.failure != nil
        if isKnown && version == record.version && (look == .poll || record.failure == nil) { return false }
        if look == .poll, let version, isFresh(version) {
            isUndecided = true
            return false
        }
        return true
    }

    /// Reads, checks, packs and warms `file`, and exchanges it for what was served under its name. Returns whether
    /// that has changed. On a failure what was served goes on being served.
    @discardableResult
    mutating func load(
        _ file: ModelDirectory.File, into passages: PassageSets, publish: (ModelCatalogue) -> Void
    ) throws(ModelLoadError) -> Bool {
        let name = file.name
        var record = records[name] ?? ModelRecord()
        let version = try? FileVersion(path: file.path)
        do {
            let opened = try SafetensorsFile(path: file.path)
            let hash = try opened.contentHash()
            record.version = opened.version
            record.failure = nil
            if record.loaded?.contentHash == hash {
                records[name] = record
                return false
            }
            let loaded = try LoadedModel(name: name, opened, contentHash: hash, precision: precision)
            let prepared = try passages.prepare(loaded)
            record.loaded = loaded
            record.loads += 1
            let slot = record.slot ?? slotsGiven
            if record.slot == nil { slotsGiven += 1 }
            record.slot = slot
            records[name] = record
            events.append(.loaded(name: name, contentHash: hash))
            // Passages first: a request admitted for the model must find one.
            let old = passages.exchange(prepared, in: slot)
            if !defaultName.isEmpty { publish(catalogue) }
            PassageSets.retire(old)
            return true
        } catch let error as CheckpointError where error.isChanging {
            record.version = nil
            records[name] = record
            isUndecided = true
            throw .changing(error.description)
        } catch {
            record.version = version
            record.failure = "\(error)"
            record.failures += 1
            records[name] = record
            // Its writer may not be done, and nobody may ask again.
            if let version, isFresh(version) { isUndecided = true }
            events.append(.refused(path: file.path, reason: "\(error)", keepsOld: record.loaded != nil))
            throw .unusable("\(error)")
        }
    }

    /// The same for the file called `name`, whether it has changed or not, and though it was unloaded.
    mutating func load(
        named name: String, now: UInt64, into passages: PassageSets, publish: (ModelCatalogue) -> Void
    ) throws(ModelLoadError) -> (model: ServedModel, changed: Bool) {
        let files: [ModelDirectory.File]
        do throws(ModelRepositoryError) { files = try directory.files() } catch { throw .directory(error) }
        guard let file = files.first(where: { $0.name == name }) else {
            let isServed = records[name]?.loaded != nil
            throw .absent(
                "expected a file \(clipped(name))\(ModelDirectory.suffix) in the model directory, found none"
                    + (isServed ? "; the version loaded before goes on being served" : ""))
        }
        records[name]?.isUnloaded = false
        defer { publish(catalogue) }
        let changed = try load(file, into: passages, publish: publish)
        if let trouble = chooseDefault(besides: [], now: now) { events.append(.trouble(trouble)) }
        guard let record = records[name], let loaded = record.loaded, let slot = record.slot else {
            preconditionFailure("\(name) was loaded and has no slot")
        }
        return (ServedModel(slot: slot, loaded: loaded, loadError: nil), changed)
    }

    /// Names whose files have been missing for long enough.
    private mutating func missing(besides present: Set<String>, now: UInt64) -> [String] {
        var gone: [String] = []
        for name in records.keys.sorted() where !present.contains(name) {
            let since = records[name]?.missingSince ?? now
            records[name]?.missingSince = since
            if now - since >= Self.patience { gone.append(name) } else { isUndecided = true }
        }
        return gone
    }

    /// Sets `defaultName`: the flag's, the link's, or the first, unless that is not served. Returns what is wrong.
    mutating func chooseDefault(besides gone: [String], now: UInt64) -> String? {
        let found = directory.linkedDefault
        if found == nil, link.name != nil, now - (link.missingSince ?? now) < Self.patience {
            link.missingSince = link.missingSince ?? now
            isUndecided = true
            return nil
        }
        link = (found, nil)
        let wanted = wantedDefault ?? found
        let name = wanted ?? served.first { !gone.contains($0) } ?? defaultName
        guard records[name]?.loaded != nil else {
            return "the default model should be \(clipped(name)), which is not served; it is still \(defaultName)"
        }
        if !defaultName.isEmpty, name != defaultName { events.append(.newDefault(name: name)) }
        defaultName = name
        return gone.contains(name) ? "the file of \(name) is gone; as the default model it goes on being served" : nil
    }

    private mutating func remove(
        _ names: [String], from passages: PassageSets, publish: (ModelCatalogue) -> Void
    ) {
        for name in names where name != defaultName {
            let record = records.removeValue(forKey: name)
            guard record?.loaded != nil, let slot = record?.slot else { continue }
            events.append(.removed(name: name, why: "its file is gone"))
            publish(catalogue)
            PassageSets.retire(passages.remove(slot))
        }
    }

    /// Takes the model called `name` out of service; its file may stay.
    mutating func unload(
        _ name: String, from passages: PassageSets, publish: (ModelCatalogue) -> Void
    ) throws(ModelLoadError) {
        guard let record = records[name], record.loaded != nil, let slot = record.slot else {
            throw .absent("there is no model \"\(clipped(name))\" in service")
        }
        guard name != defaultName else {
            throw .conflict("\(name) is the default model; make another the default before it is unloaded")
        }
        records[name]?.loaded = nil
        records[name]?.slot = nil
        records[name]?.failure = nil
        records[name]?.isUnloaded = true
        events.append(.removed(name: name, why: "it was unloaded by request"))
        publish(catalogue)
        PassageSets.retire(passages.remove(slot))
    }

    /// The present state for readers.
    var catalogue: ModelCatalogue {
        let sorted = records.sorted { $0.key < $1.key }
        let models = sorted.compactMap { _, record in
            record.loaded.flatMap { loaded in
                record.slot.map { ServedModel(slot: $0, loaded: loaded, loadError: record.failure) }
            }
        }
        let notServed = sorted.compactMap { name, record -> (name: String, reason: String)? in
            guard record.loaded == nil else { return nil }
            let unloaded = "it was unloaded; POST /v1/models/\(name)/load brings it back"
            return (record.isUnloaded ? unloaded : record.failure).map { (name, $0) }
        }
        let counts = sorted.map {
            ModelCatalogue.LoadCount(name: $0.key, loads: $0.value.loads, failures: $0.value.failures)
        }
        return ModelCatalogue(models: models, defaultName: defaultName, notServed: notServed, counts: counts)
    }
}
