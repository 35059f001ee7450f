import Testing
import VAE

@testable import VAETraining

@Suite struct AugmentationTests {
    private static let shape: Shape = [3, 5, 4]
    private let stream = RandomStream(seed: 3, domain: .augmentation, draw: 7)

    /// Value of channel c, line y, column x of image `number`: each its own.
    private func image(_ number: UInt32) -> [Float] { (0..<60).map { Float(number * 100) + Float($0) } }

    private func apply(_ augmentation: Augmentation, _ numbers: [UInt32], stream: RandomStream) -> [Float] {
        let buffer = FloatBuffer(numbers.flatMap(image))
        unsafe augmentation.apply(
            to: buffer.base, shape: Self.shape, indices: numbers, rows: numbers.count, stream: stream)
        return buffer.array()
    }

    /// What the definition says, pixel by pixel; `nil` when no flip and shift explain the image.
    private func explanation(
        of row: [Float], number: UInt32, across: Int, down: Int
    ) -> (flip: Bool, across: Int, down: Int)? {
        let original = image(number)
        for flip in [false, true] {
            for across in -across...across {
                for down in -down...down {
                    let matches = (0..<60).allSatisfy { index in
                        let (channel, y, x) = (index / 20, index / 4 % 5, index % 4)
                        let fromY = min(max(y - down, 0), 4)
                        let shifted = min(max(x - across, 0), 3)
                        let fromX = flip ? 3 - shifted : shifted
                        return row[index] == original[channel * 20 + fromY * 4 + fromX]
                    }
                    if matches { return (flip, across, down) }
                }
            }
        }
        return nil
    }

    @Test func everyImageIsFlippedAndShiftedAsAWhole() throws {
        let augmentation = try Augmentation(parsing: "flip,shift:2")
        let numbers = (0..<200).map { UInt32($0) }
        let rows = apply(augmentation, numbers, stream: stream)
        var seen: [(flip: Bool, across: Int, down: Int)] = []
        for number in numbers {
            let row = Array(rows[Int(number) * 60..<Int(number + 1) * 60])
            seen.append(try #require(explanation(of: row, number: number, across: 2, down: 2), "image \(number)"))
        }
        // Half are flipped, and every shift occurs about as often as every other: 200 draws, four standard deviations.
        #expect((72...128).contains(seen.filter(\.flip).count))
        for distance in -2...2 {
            #expect((17...63).contains(seen.filter { $0.across == distance }.count), "across \(distance)")
            #expect((17...63).contains(seen.filter { $0.down == distance }.count), "down \(distance)")
        }
    }

    @Test func anImageDoesNotDependOnItsNeighbours() throws {
        let augmentation = try Augmentation(parsing: "flip,shift:1")
        let together = apply(augmentation, [9, 4, 7], stream: stream)
        #expect(apply(augmentation, [4], stream: stream) == Array(together[60..<120]))
        let later = RandomStream(seed: 3, domain: .augmentation, draw: 8)
        let numbers = (0..<50).map { UInt32($0) }
        #expect(apply(augmentation, numbers, stream: later) != apply(augmentation, numbers, stream: stream))
    }

    /// A shift as wide as the image leaves a column of it.
    @Test func aShiftNeverLosesTheImage() throws {
        let augmentation = try Augmentation(parsing: "shift:64")
        let numbers = (0..<100).map { UInt32($0) }
        let rows = apply(augmentation, numbers, stream: stream)
        for number in numbers {
            let row = Array(rows[Int(number) * 60..<Int(number + 1) * 60])
            #expect(explanation(of: row, number: number, across: 3, down: 4) != nil, "image \(number)")
        }
    }

    @Test func noneLeavesEverything() throws {
        #expect(apply(.none, [1, 2], stream: stream) == image(1) + image(2))
        #expect(Augmentation.none.isNone && Augmentation.none.description.isEmpty)
        for text in ["flip", "shift:2", "flip,shift:64"] {
            #expect(try Augmentation(parsing: text).description == text)
        }
        for wrong in ["", "flop", "flip,", "shift", "shift:", "shift:0", "shift:65", "shift:-1", "flip;shift:2"] {
            let error = #expect(throws: DatasetError.self, "\(wrong)") { try Augmentation(parsing: wrong) }
            #expect(error?.description.hasPrefix("--augment \(wrong): expected flip, shift:N") == true)
        }
    }
}
