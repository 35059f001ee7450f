internal import Glibc
public import VAE

/// A checkpoint that is read, measured, and written back with what was found.
public struct CheckpointFile {
    /// What was read, and what will be written.
    public var checkpoint: Checkpoint
    /// As it was named, for messages.
    public let path: String
    /// Behind all links: replacing a link by a file would leave the file it points to as it was.
    private let target: String
    private let version: FileVersion
    /// Of the weights of a run that is not over: how far it has come, and the command that goes on.
    public let interruption: String?

    /// Reads the file, which may be that of an interrupted run.
    public init(path: String) throws(TrainingError) {
        do throws(CheckpointError) {
            let file = try SafetensorsFile(path: path)
            interruption = try TrainingState.interruption(file, path: path)
            checkpoint = try Checkpoint(file, ignoringPrefix: interruption == nil ? nil : TrainingState.prefix)
            version = file.version
        } catch CheckpointError.file(let path, let reason) { throw .setting("\(path): \(reason)") } catch {
            throw .setting("\(path): \(error)")
        }
        self.path = path
        target = Self.resolved(path)
    }

    /// Makes sure, before minutes are spent, that the file can be replaced.
    public func checkWritable() throws(TrainingError) {
        if let interruption {
            throw .setting("--write \(path): \(interruption); what is found goes into the file of a finished run only")
        }
        try OutputFiles.prepare(target, flag: "--write")
    }

    /// Replaces the file atomically. Throws, and leaves it alone, if it is not what was read any more.
    public func write() throws(TrainingError) {
        do throws(CheckpointError) {
            guard try FileVersion(path: target) == version else {
                throw .changing(path: path, "it was written to while it was measured, so nothing was written")
            }
            try checkpoint.write(to: target)
        } catch { throw .checkpoint(error) }
    }

    private static func resolved(_ path: String) -> String {
        guard let real = unsafe realpath(path, nil) else { return path }
        defer { unsafe free(real) }
        return unsafe String(cString: real)
    }
}
