import Testing

@testable import VAETraining

@Suite struct ReportTests {
    @Test func formatsNumbers() {
        #expect(FixedPoint.string(105.405, decimals: 1) == "105.4")
        #expect(FixedPoint.string(0.999, decimals: 2) == "1.00")
        #expect(FixedPoint.string(-0.001, decimals: 2) == "0.00")
        #expect(FixedPoint.string(.nan, decimals: 2) == "nan")
        #expect(FixedPoint.duration(59.6) == "1:00")
        #expect(FixedPoint.duration(3723) == "1:02:03")
        #expect(FixedPoint.duration(.infinity) == "?")
    }

    @Test(arguments: [10, 20, 40, 41, 79, 80, 200])
    func theProgressLineFitsItsWidth(width: Int) {
        for done in [0, 1, 300_000, 600_000] {
            let line = ProgressLine(done: done, total: 600_000, epoch: 10, imagesPerSecond: 51_234).text(width: width)
            #expect(line.count <= width)
        }
        let line = ProgressLine(done: 300_000, total: 600_000, epoch: 5, imagesPerSecond: 50_000).text(width: 79)
        #expect(line.contains(" 50%  50000 images/s  ETA 0:06"))
    }
}
