import Glibc
import Synchronization
import Testing
import VAE

@testable import VAETraining

@Suite struct DecodeAheadTests {
    /// Value `index` everywhere; numbers from `count` on cannot be read, and `slow` ones take a moment.
    private struct Numbers: Dataset {
        let shape: Shape = [1, 2, 3]
        let count: Int
        var labels: [UInt8]? { nil }
        var fingerprint: UInt64 { 0 }
        var isSlow: Bool { true }

        func gather(
            _ indices: UnsafePointer<UInt32>, rows: Int, into output: UnsafeMutablePointer<Float>
        ) throws(DatasetError) {
            for row in 0..<rows {
                let index = unsafe indices[row]
                guard index < count else { throw .missing("example \(index)") }
                // The later ones are done first.
                if index % 5 == 0 { usleep(300) }
                for value in 0..<6 { unsafe output[row * 6 + value] = Float(index) }
            }
        }

        func meanPixels() throws(DatasetError) -> [Double] { Array(repeating: 0, count: 6) }
    }

    private func expected(_ indices: [UInt32]) -> [Float] { indices.flatMap { Array(repeating: Float($0), count: 6) } }

    @Test(arguments: [1, 2, 4]) func givesWhatGatherGives(threads: Int) throws {
        let ahead = try DecodeAhead(dataset: Numbers(count: 1_000), maximumRows: 32, threads: threads)
        let order = RandomStream(seed: 1, domain: .shuffle).permutation(count: 1_000)
        let minibatches = stride(from: 0, to: 1_000, by: 32).map { Array(order[$0..<min($0 + 32, 1_000)]) }
        ahead.begin(minibatches[0])
        for (number, minibatch) in minibatches.enumerated() {
            let current = try ahead.take()
            if number + 1 < minibatches.count { ahead.begin(minibatches[number + 1]) }
            // What was taken stays as it is while the next one is read.
            for _ in 0..<3 {
                #expect(current.array(0..<minibatch.count * 6) == expected(minibatch), "minibatch \(number)")
                usleep(200)
            }
        }
    }

    @Test func theErrorIsThatOfTheFirstRow() throws {
        let ahead = try DecodeAhead(dataset: Numbers(count: 100), maximumRows: 64, threads: 3)
        for _ in 0..<20 {
            ahead.begin((0..<64).map { $0 == 20 || $0 > 40 ? 500 + $0 : $0 })
            let error = #expect(throws: DatasetError.self) { _ = try ahead.take() }
            #expect(error == .missing("example 520"))
        }
        // And it goes on after that.
        ahead.begin([3, 2])
        #expect(try ahead.take().array(0..<12) == expected([3, 2]))
        ahead.begin([])
        _ = try ahead.take()
    }

    @Test func variesAsTheAugmentationSays() throws {
        let set = ImageDataset(shape: [1, 3, 4], pixels: (0..<120).map { UInt8($0) })
        let augmentation = try Augmentation(parsing: "flip,shift:1")
        let stream = RandomStream(seed: 5, domain: .augmentation, draw: 2)
        let ahead = try DecodeAhead(dataset: set, maximumRows: 10, augmentation: augmentation, threads: 2)
        let indices: [UInt32] = [9, 0, 3, 3, 7, 1, 2, 8, 4, 6]
        ahead.begin(indices, varying: stream)
        let varied = try ahead.take().array()
        let direct = FloatBuffer(try set.rows(indices))
        unsafe augmentation.apply(to: direct.base, shape: set.shape, indices: indices, rows: 10, stream: stream)
        #expect(varied == direct.array())
        #expect(try varied != set.rows(indices))
        ahead.begin(indices)
        #expect(try ahead.take().array() == set.rows(indices))
    }

    /// A run may be stopped at any moment.
    @Test func endsWithWorkUnderWay() throws {
        for _ in 0..<20 {
            let ahead = try DecodeAhead(dataset: Numbers(count: 100), maximumRows: 64, threads: 2)
            ahead.begin((0..<64).map { $0 })
        }
    }
}
