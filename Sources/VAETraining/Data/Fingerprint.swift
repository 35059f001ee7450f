/// A 64-bit hash (FNV-1a over words of eight bytes): tells one data set from another.
struct Fingerprint {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    /// Takes one number in.
    mutating func mix(_ word: UInt64) { value = (value ^ word) &* 0x100_0000_01b3 }

    /// Takes every number of `words` in.
    mutating func mix(_ words: some Sequence<Int>) { for word in words { mix(UInt64(bitPattern: Int64(word))) } }

    /// Takes bytes in, eight at a time, and what is left one at a time.
    mutating func mix(_ bytes: UnsafeRawBufferPointer) {
        let words = bytes.count / 8
        for index in 0..<words {
            mix(UInt64(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)))
        }
        for index in words * 8..<bytes.count { unsafe mix(UInt64(bytes[index])) }
    }

    /// Takes a text in, with its length, so that `ab` + `c` differs from `a` + `bc`.
    mutating func mix(_ text: String) {
        let bytes = Array(text.utf8)
        mix(UInt64(bytes.count))
        unsafe bytes.withUnsafeBytes { unsafe mix($0) }
    }
}
