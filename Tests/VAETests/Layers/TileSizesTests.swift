import Testing

@testable import VAE

@Suite struct TileSizesTests {
    @Test func cutsFromTheLargestDown() {
        #expect(TileSizes.all.sizes == [128, 64, 32, 16, 8, 4, 2, 1])
        #expect(TileSizes.all.largest(notAbove: 300) == 128)
        #expect(TileSizes.all.largest(notAbove: 127) == 64)
        #expect(TileSizes.all.largest(notAbove: 1) == 1)
        let some = TileSizes(sizes: [64, 16])
        #expect(some.largest(notAbove: 20) == 16)
        #expect(some.largest(notAbove: 15) == nil)
        #expect(some.smallest == 16)
    }
}
