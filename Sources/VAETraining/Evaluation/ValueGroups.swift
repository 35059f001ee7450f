internal import Glibc

/// Images by the value of a factor.
struct ValueGroups: Sendable {
    /// Numbers of the images of each value that occurs, values and images ascending.
    let members: [[Int]]
    /// H(v), in nats.
    let entropy: Double

    init(_ values: [Int]) {
        let groups = Dictionary(grouping: values.indices, by: { values[$0] })
        members = groups.keys.sorted().compactMap { groups[$0] }
        entropy = members.reduce(0) { sum, group in
            let share = Double(group.count) / Double(values.count)
            return sum - share * log(share)
        }
    }
}
