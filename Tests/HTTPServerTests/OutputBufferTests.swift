import Glibc
import HTTPServer
import Testing

@Suite struct OutputBufferTests {
    @Test func growsAndKeepsOrder() {
        var buffer = OutputBuffer(minimumCapacity: 1)
        var expected: [UInt8] = []
        for index in 0..<10_000 {
            switch index % 4 {
            case 0:
                buffer.append(UInt8(truncatingIfNeeded: index))
                expected.append(UInt8(truncatingIfNeeded: index))
            case 1:
                buffer.append(utf8: "zwölf")
                expected += Array("zwölf".utf8)
            case 2:
                buffer.append(literal: "literal")
                expected += Array("literal".utf8)
            default:
                buffer.append(contentsOf: [1, 2, 3])
                expected += [1, 2, 3]
            }
        }
        #expect(buffer.count == expected.count)
        #expect(bytes(of: buffer) == expected)
    }

    @Test func emptyPiecesChangeNothing() {
        var buffer = OutputBuffer()
        buffer.append(utf8: "")
        buffer.append(literal: "")
        buffer.append(contentsOf: [])
        buffer.reserve(0)
        #expect(buffer.count == 0)
        #expect(bytes(of: buffer) == [])
    }

    @Test func writesInPlace() {
        var buffer = OutputBuffer()
        buffer.append(literal: "a")
        unsafe buffer.appendInPlace(room: 5000) { tail in
            unsafe tail.initializeMemory(as: UInt8.self, repeating: 98)
            return 3
        }
        buffer.append(literal: "c")
        #expect(bytes(of: buffer) == Array("abbbc".utf8))
    }

    @Test func takesOverABlock() {
        guard let block = unsafe malloc(3) else { return }
        unsafe block.initializeMemory(as: UInt8.self, repeating: 7, count: 3)
        var buffer = unsafe OutputBuffer(taking: UnsafeMutableRawBufferPointer(start: block, count: 3))
        buffer.append(8)
        #expect(bytes(of: buffer) == [7, 7, 7, 8])
    }

    private func bytes(of buffer: borrowing OutputBuffer) -> [UInt8] {
        buffer.withBytes { span in
            (0..<span.byteCount).map { unsafe span.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
        }
    }
}
