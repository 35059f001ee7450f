internal import Glibc
internal import VAE

/// Users and items that the trainer makes up itself: a low-rank set with a known law, to try recommendation without data.
///
/// A user and an item have `rank` normal factors each; a user chooses 20…100 different items with probabilities in
/// proportion to e^(popularity + sharpness · ⟨user, item⟩ / √rank), one after the other (by the greatest sums with
/// Gumbel noise: Yellott 1977). So the logits have low rank, and the choices have not.
enum GeneratedInteractions {
    static let rank = 8
    static let sharpness: Float = 2.5
    static let items = 20...100
    static let userCounts = 50...1_000_000
    static let itemCounts = 200...100_000
    /// Fixed, so that figures of runs with other seeds compare.
    static let seed: UInt64 = 1
    /// Of the `dataset` domain; procedural shapes use 0 and 1.
    private static let draw: UInt32 = 16

    /// Users and items that `interactions:3000x600` asks for; nil for anything else, which names a file.
    static func extents(named source: String) throws(DatasetError) -> (users: Int, items: Int)? {
        let parts = source.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.first == "interactions", parts.count == 2 else { return nil }
        let numbers = parts[1].split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.count == 2, let users = numbers[0], let items = numbers[1], userCounts.contains(users),
            itemCounts.contains(items)
        else {
            throw .missing(
                "\(source): expected interactions:USERSxITEMS, such as interactions:3000x600, with "
                    + "\(userCounts.lowerBound)…\(userCounts.upperBound) users and "
                    + "\(itemCounts.lowerBound)…\(itemCounts.upperBound) items")
        }
        return (users, items)
    }

    /// The choices of `users` users among `items` items.
    static func list(users: Int, items: Int) -> InteractionList {
        func normals(_ draw: UInt32, rows: Int, width: Int) -> [Float] {
            let buffer = FloatBuffer(scratch: rows * width)
            unsafe RandomStream(seed: seed, domain: .dataset, draw: draw).normals(
                rows: rows, width: width, into: buffer.base)
            return buffer.array()
        }
        let taste = normals(draw, rows: users, width: rank)
        let nature = normals(draw + 1, rows: items, width: rank)
        let popularity = normals(draw + 2, rows: items, width: 1)
        let noise = RandomStream(seed: seed, domain: .dataset, draw: draw + 3)
        let scale = sharpness / Float(rank).squareRoot()
        var pairs: [InteractionPair] = []
        for user in 0..<users {
            let uniforms = noise.uniforms(row: UInt32(user), count: items + 1)
            let wanted = Self.items.lowerBound + Int(uniforms[items] * Float(Self.items.count))
            let keys = (0..<items).map { item in
                var product: Float = 0
                for factor in 0..<rank { product += taste[user * rank + factor] * nature[item * rank + factor] }
                // Gumbel: −ln(−ln u), with u kept off 0 and 1.
                let u = min(max(uniforms[item], 0x1p-24), 1 - 0x1p-24)
                return popularity[item] + scale * product - logf(-logf(u))
            }
            let chosen = (0..<items).sorted { (-keys[$0], $0) < (-keys[$1], $1) }.prefix(wanted)
            pairs += chosen.map { InteractionPair(user: UInt32(user), item: UInt32($0)) }
        }
        return InteractionList(
            users: (0..<users).map { "user\($0)" }, items: (0..<items).map { "item\($0)" }, pairs: pairs)
    }
}
