internal import CZlib

/// A zip archive in memory, as NumPy writes it (`.npz`): members stored or deflated, none encrypted or split.
struct ZipArchive {
    /// What the archive's directory says about a file in it.
    struct Member {
        let name: String
        fileprivate let method: Int
        fileprivate let checksum: UInt32
        fileprivate let packedSize: Int
        fileprivate let size: Int
        fileprivate let headerOffset: Int
        /// Of its entry, for messages.
        fileprivate let entryOffset: Int
    }

    /// In the order of the directory.
    let members: [Member]
    private let bytes: [UInt8]
    private let path: String

    private static let endSize = 22
    private static let maximumComment = 65_535
    private static let entrySize = 46
    private static let localSize = 30
    private static let maximumMembers = 4_096
    /// Deflate cannot do better than 1032 : 1; what claims to is a bomb, and memory for it is not taken.
    private static let bestRatio = 1_032

    /// Reads the directory of the archive.
    init(bytes: [UInt8], path: String) throws(DatasetError) {
        self.bytes = bytes
        self.path = path
        let reader = LittleEndianReader(bytes: bytes, path: path)
        let earliest = max(0, bytes.count - Self.endSize - Self.maximumComment)
        let candidates = stride(from: bytes.count - Self.endSize, through: earliest, by: -1)
        guard let end = candidates.first(where: { bytes[$0...].starts(with: [0x50, 0x4b, 5, 6]) }) else {
            throw reader.fail(
                bytes.count, "the end record of a zip archive", "none; the file is cut short, or no .npz file")
        }
        let count = try reader.number(at: end + 10, bytes: 2)
        let size = try reader.number(at: end + 12, bytes: 4)
        let start = try reader.number(at: end + 16, bytes: 4)
        guard count < 0xffff, size < 0xffff_ffff, start < 0xffff_ffff else {
            throw reader.fail(
                end, "a zip archive of at most 4 GiB",
                "zip64; save fewer or smaller arrays, or each array alone with numpy.save")
        }
        guard count <= Self.maximumMembers else {
            throw reader.fail(end + 10, "at most \(Self.maximumMembers) members", "\(count)")
        }
        guard start + size <= end else {
            throw reader.fail(end + 12, "a directory before byte \(end)", "\(size) bytes from byte \(start)")
        }
        var members: [Member] = []
        var offset = start
        for _ in 0..<count {
            let (member, next) = try Self.entry(at: offset, before: end, reader)
            members.append(member)
            offset = next
        }
        self.members = members
    }

    private static func entry(
        at offset: Int, before end: Int, _ reader: LittleEndianReader
    ) throws(DatasetError) -> (Member, next: Int) {
        guard offset + entrySize <= end, try reader.number(at: offset, bytes: 4) == 0x0201_4b50 else {
            throw reader.fail(offset, "an entry of the archive's directory", "something else")
        }
        let nameLength = try reader.number(at: offset + 28, bytes: 2)
        let extraLength = try reader.number(at: offset + 30, bytes: 2)
        let commentLength = try reader.number(at: offset + 32, bytes: 2)
        let nameStart = offset + entrySize
        let next = nameStart + nameLength + extraLength + commentLength
        guard next <= end else { throw reader.fail(offset + 28, "an entry that ends before byte \(end)", "\(next)") }
        let name = String(decoding: reader.bytes[nameStart..<nameStart + nameLength], as: UTF8.self)
        guard try reader.number(at: offset + 8, bytes: 2) & 1 == 0 else {
            throw reader.fail(offset + 8, "\(name) in the clear", "that it is encrypted")
        }
        let method = try reader.number(at: offset + 10, bytes: 2)
        guard method == 0 || method == 8 else {
            throw reader.fail(offset + 10, "\(name) stored or deflated", "compression method \(method)")
        }
        var sizes: [Int] = []
        for field in [24, 20, 42] { sizes.append(try reader.number(at: offset + field, bytes: 4)) }
        try widen(&sizes, extra: nameStart + nameLength..<nameStart + nameLength + extraLength, reader)
        guard sizes[0] <= DataFile.maximumBytes, sizes[1] <= DataFile.maximumBytes else {
            throw reader.fail(
                offset + 24, "\(name) of at most \(DataFile.maximumBytes) bytes", "\(sizes.prefix(2).max() ?? 0)")
        }
        let member = Member(
            name: name, method: method, checksum: UInt32(try reader.number(at: offset + 16, bytes: 4)),
            packedSize: sizes[1], size: sizes[0], headerOffset: sizes[2], entryOffset: offset)
        return (member, next)
    }

    /// Takes sizes that need more than 32 bits from the zip64 extra field, where Python puts all above 2 GiB.
    private static func widen(
        _ sizes: inout [Int], extra: Range<Int>, _ reader: LittleEndianReader
    ) throws(DatasetError) {
        guard sizes.contains(0xffff_ffff) else { return }
        var offset = extra.lowerBound
        while offset + 4 <= extra.upperBound {
            let length = try reader.number(at: offset + 2, bytes: 2)
            if try reader.number(at: offset, bytes: 2) == 1 {
                var field = offset + 4
                for index in sizes.indices where sizes[index] == 0xffff_ffff {
                    guard field + 8 <= min(offset + 4 + length, extra.upperBound) else { break }
                    sizes[index] = try reader.number(at: field, bytes: 8)
                    field += 8
                }
                return
            }
            offset += 4 + length
        }
    }

    /// Unpacks a member, and checks it against its checksum.
    func contents(of member: Member) throws(DatasetError) -> [UInt8] {
        let reader = LittleEndianReader(bytes: bytes, path: path)
        guard try reader.number(at: member.headerOffset, bytes: 4) == 0x0403_4b50 else {
            throw reader.fail(member.headerOffset, "the header of \(member.name)", "something else")
        }
        let start =
            try member.headerOffset + Self.localSize + reader.number(at: member.headerOffset + 26, bytes: 2)
            + reader.number(at: member.headerOffset + 28, bytes: 2)
        guard start + member.packedSize <= bytes.count else {
            throw reader.fail(
                bytes.count, "\(member.packedSize) bytes of \(member.name) from byte \(start)", "the end of the file")
        }
        let claim = member.method == 0 ? member.packedSize : member.packedSize * Self.bestRatio + 64
        guard member.size <= claim, member.method == 8 || member.size == member.packedSize else {
            throw reader.fail(
                member.entryOffset + 24, "\(member.name) of at most \(claim) bytes, packed in \(member.packedSize)",
                "\(member.size)")
        }
        guard member.size > 0 else { throw reader.fail(member.entryOffset + 24, "\(member.name) with bytes", "none") }
        var status = GZ_OK
        let unpacked = unsafe [UInt8](unsafeUninitializedCapacity: member.size) { buffer, count in
            unsafe bytes.withUnsafeBufferPointer { bytes in
                guard let from = bytes.baseAddress, let to = buffer.baseAddress else { return }
                if member.method == 0 {
                    unsafe to.update(from: from + start, count: member.size)
                } else {
                    status = unsafe gz_inflate_raw(from + start, member.packedSize, to, member.size)
                }
            }
            count = status == GZ_OK ? member.size : 0
        }
        guard status != GZ_NO_MEMORY else {
            throw .unreadable(path: path, reason: "not enough memory to unpack \(member.name)")
        }
        guard status == GZ_OK, unsafe gz_crc32(unpacked, unpacked.count) == member.checksum else {
            throw reader.fail(
                start, "\(member.name) undamaged", "that its data or its checksum is wrong; fetch it again")
        }
        return unpacked
    }
}
