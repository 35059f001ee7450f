/// How a run stands when its report is written.
enum ReportOutcome: Hashable, Sendable {
    case completed
    /// With the command that goes on.
    case interrupted(resumeCommand: String)
}
