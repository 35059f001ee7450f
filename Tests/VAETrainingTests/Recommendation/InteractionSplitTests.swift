import Testing
import VAE

@testable import VAETraining

@Suite struct InteractionSplitTests {
    private static let list = GeneratedInteractions.list(users: 120, items: 200)

    private func split(
        _ list: InteractionList = Self.list, _ change: (inout InteractionSettings) -> Void = { _ in }
    ) throws -> InteractionSplit {
        var settings = InteractionSettings()
        change(&settings)
        return try InteractionSplit(
            Interactions(list, minimumItems: settings.minimumItems), name: "made up", settings: settings)
    }

    /// What a user chose, by id, in `list`.
    private func chosen(_ user: String) -> Set<String> {
        let list = Self.list
        return Set(list.pairs.filter { list.users[Int($0.user)] == user }.map { list.items[Int($0.item)] })
    }

    @Test func noUserIsInTwoPartsAndNoItemUnknownToTraining() throws {
        let split = try split()
        #expect(split.train.count == 96 && split.validation.count == 12 && split.test.count == 12)
        #expect(Set(split.validation.ids).isDisjoint(with: split.test.ids))
        #expect(split.train.rows.columnCounts.allSatisfy { $0 > 0 })
        #expect(split.items == split.items.sorted() && Set(split.items).count == split.items.count)
        for held in [split.validation, split.test] {
            for (row, id) in held.ids.enumerated() {
                let known = Set(held.foldIn[row].map { split.items[Int($0)] })
                let targets = Set(held.targets[row].map { split.items[Int($0)] })
                let all = chosen(id).intersection(split.items)
                #expect(known.isDisjoint(with: targets) && known.union(targets) == all)
                #expect(targets.count == all.count / 5)
            }
        }
        // Every user of the data is in one of the parts.
        #expect(split.train.count + split.validation.count + split.test.count == 120)
    }

    @Test func theSplitDependsOnTheSeedAndNotOnTheOrderOfTheLines() throws {
        let first = try split()
        let shuffled = InteractionList(
            users: Self.list.users.reversed(), items: Self.list.items.reversed(),
            pairs: Self.list.pairs.reversed().map { InteractionPair(user: 119 - $0.user, item: 199 - $0.item) })
        let again = try split(shuffled)
        #expect(again.items == first.items && again.train.rows == first.train.rows)
        #expect(again.test.ids == first.test.ids && again.test.targets == first.test.targets)
        #expect(again.train.fingerprint == first.train.fingerprint)
        let other = try split { $0.splitSeed = 2 }
        #expect(other.test.ids != first.test.ids && other.train.fingerprint != first.train.fingerprint)
    }

    @Test func usersWithFewItemsAreDropped() throws {
        func list(_ counts: [Int]) -> InteractionList {
            let pairs = counts.enumerated().flatMap { user, count in
                // Each twice: repetition does not count.
                (0..<2 * count).map { InteractionPair(user: UInt32(user), item: UInt32($0 % count)) }
            }
            return InteractionList(
                users: counts.indices.map { "u\($0)" }, items: (0..<9).map { "i\($0)" }, pairs: pairs)
        }
        let interactions = Interactions(list([5, 4, 9, 1, 5]), minimumItems: 5)
        #expect(interactions.users == ["u0", "u2", "u4"])
        #expect(interactions.rows.columnCounts == [3, 3, 3, 3, 3, 1, 1, 1, 1])
        let error = #expect(throws: DatasetError.self) { try split(list([5, 4, 9, 1, 5])) }
        #expect(
            error?.description.contains("3 users have at least 5 items with ratings above 3.5; expected at least 4")
                == true)
        let few = #expect(throws: DatasetError.self) { try split(list([4, 4, 4, 4, 4])) { $0.minimumItems = 1 } }
        #expect(few?.description.contains("has an item to be found") == true)
    }

    @Test func rowsBecomeNumbersForTheModel() throws {
        let set = InteractionDataset(SparseRows(width: 5, rows: [[1, 4], [], [0]] as [[UInt32]]))
        #expect(set.shape == [1, 1, 5] && set.count == 3)
        let third = 1.0 / 3
        #expect(set.meanPixels() == [third, third, 0, 0, third])
        let rows = FloatBuffer([Float](repeating: 7, count: 15))
        unsafe set.gather([2, 0, 1], rows: 3, into: rows.base)
        #expect(rows.array() == [1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0])
    }

    @Test(arguments: [
        "interactions:", "interactions:100", "interactions:100x", "interactions:1e9x300", "interactions:60x7",
    ])
    func refusesOtherSizes(source: String) {
        let error = #expect(throws: DatasetError.self) { try DataSource.open(DataSettings(source: source)) }
        #expect(error?.description.hasPrefix("\(source): expected interactions:USERSxITEMS") == true)
    }

    @Test func namesSayWhatIsInteractions() {
        for name in ["interactions:3000x600", "ml-20m/ratings.csv", "u.data", "ratings.DAT", "plays.tsv.gz"] {
            #expect(InteractionSource.isNamed(by: name), "\(name)")
        }
        for name in ["shapes:64", "data/mnist", "cifar.bin", "train.npz"] {
            #expect(!InteractionSource.isNamed(by: name), "\(name)")
        }
    }
}
