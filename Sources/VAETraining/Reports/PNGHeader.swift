/// Size and channels of a PNG file, from its first bytes.
struct PNGHeader: Hashable {
    let width, height, channels: Int

    /// `nil` if `png` is no grey or RGB PNG file.
    init?(_ png: [UInt8]) {
        guard png.count >= 33, png[0..<8] == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] else { return nil }
        func number(_ start: Int) -> Int { png[start..<start + 4].reduce(0) { $0 << 8 | Int($1) } }
        (width, height) = (number(16), number(20))
        switch png[25] {
        case 0: channels = 1
        case 2: channels = 3
        default: return nil
        }
    }
}
