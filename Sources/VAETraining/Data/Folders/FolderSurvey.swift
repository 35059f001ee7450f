internal import Synchronization
internal import VAE

/// What the headers of the images in a folder say: one size or several, grey or colour.
struct FolderSurvey {
    /// Headers that are read at most; of larger folders an even sample, so that a start takes seconds.
    private static let sample = 50_000
    private static let shares = 64

    /// Whether any image is in colour.
    let hasColour: Bool
    /// The size that all have; `nil` if they differ.
    let commonSize: ImageSize?
    /// Two images of different sizes, for a message.
    let difference: String?
    /// An image whose shorter side is the shortest.
    let smallest: (path: String, header: ImageHeader)

    /// Reads the headers of the images at `paths`. One that cannot be read is an error, or with `skipsBad` passed over.
    init(paths: [String], skipsBad: Bool) throws(DatasetError) {
        let count = min(Self.sample, paths.count)
        let chosen = (0..<count).map { paths[$0 * paths.count / count] }
        let found = Found(count: count)
        let shares = min(Self.shares, count)
        try ParallelReading.forEach(shares) { (share) throws(DatasetError) in
            for index in count * share / shares..<count * (share + 1) / shares {
                do throws(DatasetError) { found.put(try Self.header(chosen[index]), at: index) } catch {
                    if !skipsBad { throw error }
                }
            }
        }
        let headers = zip(chosen, found.headers).compactMap { path, header in header.map { (path: path, header: $0) } }
        guard let first = headers.first else {
            throw .missing("none of \(count) images could be read, such as \(chosen[0])")
        }
        hasColour = headers.contains { $0.header.channels == 3 }
        let other = headers.first { $0.header.width != first.header.width || $0.header.height != first.header.height }
        commonSize = other == nil ? ImageSize(width: first.header.width, height: first.header.height) : nil
        difference = other.map { "\(Self.describe(first)), \(Self.describe($0))" }
        smallest = headers.reduce(first) { Self.side($1.header) < Self.side($0.header) ? $1 : $0 }
    }

    /// `cat.jpg has 32×48 pixels`.
    static func describe(_ image: (path: String, header: ImageHeader)) -> String {
        "\(image.path) has \(image.header.width)×\(image.header.height) pixels"
    }

    /// The shorter side.
    static func side(_ header: ImageHeader) -> Int { min(header.width, header.height) }

    private static func header(_ path: String) throws(DatasetError) -> ImageHeader {
        // A photograph may begin with a preview of itself: then all of it is read.
        for limit in [ImageHeader.prefixBytes, FolderDataset.maximumFileBytes] {
            let bytes = try DataFile.contents(path, maximumBytes: nil, first: limit)
            do throws(ImageError) { if let header = try ImageHeader(bytes.span) { return header } } catch {
                throw .unreadable(path: path, reason: "\(error)")
            }
        }
        throw .unreadable(path: path, reason: "expected a whole PNG or JPEG, found one that ends before its size")
    }

    /// Headers as they come from several threads.
    private final class Found: Sendable {
        private let list: Mutex<[ImageHeader?]>
        init(count: Int) { list = Mutex(Array(repeating: nil, count: count)) }
        var headers: [ImageHeader?] { list.withLock { $0 } }
        func put(_ header: ImageHeader, at index: Int) { list.withLock { $0[index] = header } }
    }
}
