internal import Glibc
internal import VAE

/// Images that lie in a folder as PNG and JPEG files, decoded when they are needed.
///
/// Values are rounded to 8 bit, whether or not the decoded image is kept, so that they are the same every time.
final class FolderDataset: Dataset {
    /// Larger files are refused before they are read.
    static let maximumFileBytes = 1 << 28
    /// The user's own files may be larger than what a server takes from strangers.
    private static let limits = ImageLimits(maxPixels: 1 << 28, maxScans: 1_000)
    /// Files whose contents go into the fingerprint, besides the names and sizes of all.
    private static let fingerprintSample = 32

    let shape: Shape
    let labels: [UInt8]?
    let fingerprint: UInt64
    private let root: String
    private let files: [ImageFile]
    private let decoder: ImageDecoder
    /// Whether images of another size are brought to this one; else they are an error.
    private let isResizing: Bool
    private let cache: ImageCache?

    /// The images `files` below `root`, at least one. With `isKept` they stay in memory once decoded.
    init(
        root: String, files: [ImageFile], labels: [UInt8]?, shape: Shape, crop: Int?, isResizing: Bool, isKept: Bool
    ) throws(DatasetError) {
        precondition(!files.isEmpty && labels?.count ?? files.count == files.count, "\(files.count) images")
        self.root = root
        self.files = files
        self.labels = labels
        self.shape = shape
        self.isResizing = isResizing
        decoder = ImageDecoder(limits: Self.limits, centreCrop: crop)
        cache = isKept ? ImageCache(count: files.count, width: shape.elementCount) : nil
        fingerprint = try Self.fingerprint(root: root, files: files, shape: shape, crop: crop)
    }

    var count: Int { files.count }
    /// Until all are in memory.
    var isSlow: Bool { !(cache?.isComplete ?? false) }

    func gather(
        _ indices: UnsafePointer<UInt32>, rows: Int, into output: UnsafeMutablePointer<Float>
    ) throws(DatasetError) {
        let width = shape.elementCount
        var scratch: [UInt8] = []
        for row in 0..<rows {
            let index = unsafe Int(indices[row])
            let target = unsafe output + row * width
            if let kept = unsafe cache?.image(index) {
                unsafe BytePixels.convert(count: width, bytes: kept, into: target)
                continue
            }
            if scratch.isEmpty { scratch = Array(repeating: 0, count: width) }
            try unsafe decode(index, into: target)
            unsafe BytePixels.quantise(count: width, values: target, into: &scratch)
            unsafe BytePixels.convert(count: width, bytes: scratch, into: target)
            unsafe cache?.keep(scratch, as: index)
        }
    }

    func meanPixels() throws(DatasetError) -> [Double] { try MeanPixels.measure(self) }

    /// Says that image `index` is not going to be asked for; once for each.
    func leaveOut(_ index: UInt32) { cache?.forgo(Int(index)) }

    private func path(_ index: Int) -> String { "\(root)/\(files[index].path)" }

    private func decode(_ index: Int, into row: UnsafeMutablePointer<Float>) throws(DatasetError) {
        let path = path(index)
        let bytes = try DataFile.contents(path, maximumBytes: Self.maximumFileBytes)
        guard bytes.count == files[index].size else {
            throw .mismatch(
                "\(path): has \(bytes.count) bytes, and had \(files[index].size) when the run began; images must stay "
                    + "as they are")
        }
        var header: ImageHeader?
        do throws(ImageError) {
            header = try ImageHeader(bytes.span)
            if isResizing || header.map(fits) ?? true {
                try unsafe bytes.withUnsafeBufferPointer { (bytes) throws(ImageError) in
                    try unsafe decoder.decode(UnsafeRawBufferPointer(bytes), shape: shape, into: row)
                }
                return
            }
        } catch { throw .unreadable(path: path, reason: "\(error)") }
        throw .mismatch(
            "\(path): expected \(shape.extents[2])×\(shape.extents[1]) pixels like the others, found "
                + "\(header?.width ?? 0)×\(header?.height ?? 0); --image-size brings all to one size")
    }

    private func fits(_ header: ImageHeader) -> Bool {
        header.height == shape.extents[1] && header.width == shape.extents[2]
    }

    private static func fingerprint(
        root: String, files: [ImageFile], shape: Shape, crop: Int?
    ) throws(DatasetError) -> UInt64 {
        var hash = Fingerprint()
        hash.mix(shape.extents + [files.count, crop ?? 0])
        for file in files {
            hash.mix(file.path)
            hash.mix(UInt64(file.size))
        }
        let sample = min(fingerprintSample, files.count)
        for index in (0..<sample).map({ $0 * files.count / sample }) {
            let bytes = try DataFile.contents("\(root)/\(files[index].path)", maximumBytes: maximumFileBytes)
            unsafe bytes.withUnsafeBytes { unsafe hash.mix($0) }
        }
        return hash.value
    }
}
