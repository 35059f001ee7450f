/// The Castagnoli checksum (RFC 3720, appendix B.4), as TensorFlow's record files want it.
enum CRC32C {
    /// One entry for every byte that can leave the register; the polynomial is 1EDC6F41, reflected.
    private static let table: [UInt32] = (0..<256).map { (byte: UInt32) in
        (0..<8).reduce(byte) { rest, _ in rest & 1 == 0 ? rest >> 1 : (rest >> 1) ^ 0x82F6_3B78 }
    }

    /// Of `bytes`.
    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~0) { register, byte in (register >> 8) ^ table[Int((register ^ UInt32(byte)) & 0xFF)] }
    }

    /// The checksum in the disguise it wears in records, so that data that hold checksums are told from them.
    static func masked(_ bytes: [UInt8]) -> UInt32 {
        let checksum = checksum(bytes)
        return (checksum >> 15 | checksum << 17) &+ 0xA282_EAD8
    }
}
