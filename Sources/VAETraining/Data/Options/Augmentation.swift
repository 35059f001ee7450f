internal import Glibc
public import VAE

/// Variations of the training images, drawn anew in every epoch.
///
/// What becomes of an image depends on the seed, the epoch and its number only: not on the minibatch, the threads, or
/// where a run was resumed.
public struct Augmentation: Hashable, Sendable, Codable, CustomStringConvertible {
    /// Images as they are.
    public static let none = Augmentation()
    /// The farthest shift that can be asked for.
    static let maximumShift = 64

    /// Whether half of the images are mirrored left to right.
    public var flip = false
    /// The most pixels that an image is moved by, across and down; what is uncovered repeats the border.
    public var shift = 0

    /// Images as they are.
    public init() {}

    /// Reads `flip`, `shift:2` or both with a comma.
    public init(parsing text: String) throws(DatasetError) {
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            if word == "flip" {
                flip = true
            } else if word.hasPrefix("shift:"), let pixels = Int(word.dropFirst("shift:".count)),
                (1...Self.maximumShift).contains(pixels)
            {
                shift = pixels
            } else {
                throw .option(
                    "--augment \(text): expected flip, shift:N with 1…\(Self.maximumShift) pixels, or both as "
                        + "flip,shift:2; found \"\(word)\"")
            }
        }
    }

    /// Whether images stay as they are.
    public var isNone: Bool { self == .none }

    /// `flip,shift:2`; empty for none.
    public var description: String {
        ((flip ? ["flip"] : []) + (shift > 0 ? ["shift:\(shift)"] : [])).joined(separator: ",")
    }

    /// Varies `rows` images `[rows, C, H, W]` of `shape` in place; `indices` are their numbers in the training set.
    ///
    /// `stream` is that of the seed, the domain `augmentation`, and the epoch as its draw.
    public func apply(
        to images: UnsafeMutablePointer<Float>, shape: Shape, indices: UnsafePointer<UInt32>, rows: Int,
        stream: RandomStream
    ) {
        guard !isNone, shape.extents.count == 3 else { return }
        let (channels, height, width) = (shape.extents[0], shape.extents[1], shape.extents[2])
        for row in 0..<rows {
            let random = stream.uniforms(row: unsafe indices[row], count: 3)
            let mirrored = flip && random[0] < 0.5
            let (across, down) = (distance(random[1], limit: width), distance(random[2], limit: height))
            for channel in 0..<channels {
                let plane = unsafe images + (row * channels + channel) * height * width
                if mirrored {
                    for line in 0..<height { unsafe Self.mirror(plane + line * width, count: width) }
                }
                unsafe Self.moveDown(plane, height: height, width: width, by: down)
                if across != 0 {
                    for line in 0..<height { unsafe Self.moveAcross(plane + line * width, count: width, by: across) }
                }
            }
        }
    }

    /// −shift…shift from a number in [0, 1); never so far that nothing of the image is left.
    private func distance(_ random: Float, limit: Int) -> Int {
        let most = min(shift, limit - 1)
        return Int(random * Float(2 * most + 1)) - most
    }

    private static func mirror(_ line: UnsafeMutablePointer<Float>, count: Int) {
        var (left, right) = (0, count - 1)
        while left < right {
            unsafe swap(&line[left], &line[right])
            left += 1
            right -= 1
        }
    }

    private static func moveDown(_ plane: UnsafeMutablePointer<Float>, height: Int, width: Int, by distance: Int) {
        guard distance != 0 else { return }
        let (from, to) = (max(0, -distance), max(0, distance))
        let kept = height - abs(distance)
        unsafe memmove(plane + to * width, plane + from * width, kept * width * MemoryLayout<Float>.size)
        let border = distance > 0 ? to : kept - 1
        for line in distance > 0 ? 0..<to : kept..<height {
            unsafe (plane + line * width).update(from: plane + border * width, count: width)
        }
    }

    private static func moveAcross(_ line: UnsafeMutablePointer<Float>, count: Int, by distance: Int) {
        let (from, to) = (max(0, -distance), max(0, distance))
        let kept = count - abs(distance)
        unsafe memmove(line + to, line + from, kept * MemoryLayout<Float>.size)
        let border = unsafe line[distance > 0 ? to : kept - 1]
        for column in distance > 0 ? 0..<to : kept..<count { unsafe line[column] = border }
    }
}
