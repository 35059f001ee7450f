internal import HTTPServer

/// A batch sorted by model. Every tag is read before the first request is answered: afterwards a request is gone, and
/// its memory may be another's.
struct SlotGroups {
    /// Some may have no requests.
    private(set) var groups: [(slot: Int, requests: [HTTPRequest])] = []

    /// Models whose groups are kept, for their storage, while they have no requests.
    private static let kept = 16

    /// Sorts `batch`, whose requests keep their order within a group.
    mutating func sort(_ batch: [HTTPRequest]) {
        if groups.count > Self.kept { groups = [] }
        for index in groups.indices { groups[index].requests.removeAll(keepingCapacity: true) }
        for request in batch {
            let slot = RequestTag(request.tag).slot
            if let index = groups.firstIndex(where: { $0.slot == slot }) {
                groups[index].requests.append(request)
            } else {
                groups.append((slot, [request]))
            }
        }
    }
}
