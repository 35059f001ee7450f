/// Why a sound request was turned away before any work: the `reason` of `vae_rejected_total`.
enum RejectionReason: Int, CaseIterable {
    case queueFull, overloaded, unauthorized

    var name: String {
        switch self {
        case .queueFull: "queue_full"
        case .overloaded: "overloaded"
        case .unauthorized: "unauthorized"
        }
    }
}

extension RequestError {
    /// `nil` for an error that says something about the request itself.
    var rejection: RejectionReason? {
        switch self {
        case .queueFull: .queueFull
        case .overloaded: .overloaded
        case .unauthorized: .unauthorized
        default: nil
        }
    }
}

/// Why a request that waited was dropped unrun, or a large one half-way: the `reason` of `vae_dropped_total`.
enum DropReason: Int, CaseIterable {
    /// Nobody waits for the reply.
    case clientGone
    /// Its deadline passed.
    case deadline

    var name: String {
        switch self {
        case .clientGone: "client_gone"
        case .deadline: "deadline"
        }
    }
}

extension RequestError {
    /// `nil` for an error that says something about the request itself.
    var drop: DropReason? {
        switch self {
        case .clientGone: .clientGone
        case .deadlineExceeded: .deadline
        default: nil
        }
    }
}
