import Testing

@testable import VAEServing

@Suite struct GrowingRowsTests {
    @Test func keepsContentsWhileGrowing() {
        let rows = GrowingRows(width: 3, initialRows: 1)
        for index in 0..<100 {
            #expect(rows.append(1) == index..<(index + 1))
            for column in 0..<3 { unsafe rows.row(index)[column] = Float(3 * index + column) }
        }
        for index in 0..<100 {
            for column in 0..<3 { #expect(unsafe rows.row(index)[column] == Float(3 * index + column)) }
        }
        #expect(rows.append(0) == 100..<100)
        rows.truncate(to: 40)
        #expect(rows.count == 40)
        rows.truncate(to: 60)
        #expect(rows.count == 40)
        rows.removeAll()
        #expect(rows.count == 0)
        #expect(rows.append(2) == 0..<2)
    }
}
