/// Where the examples come from and what is done to them on the way: everything that a run needs to read the same again.
public struct DataSettings: Codable, Hashable, Sendable {
    /// Part of the data that is tested on where they do not come with a test set.
    public static let defaultTestFraction = 0.1
    /// Decoded images of a folder that are kept in memory, in MiB.
    public static let defaultImageMemory = 1024

    /// A folder, a file, or `shapes:64` and the like; `nil` for the procedural shapes of 28×28.
    public var source: String?
    /// What images are resized to; `nil` to leave them as they are.
    public var imageSize: ImageSize?
    /// Side of the square that is cut out of the middle first; `nil` to take all of an image.
    public var crop: Int?
    /// What images are converted to; `nil` for grey if all are grey, else colour.
    public var colour: ColourMode?
    /// The numbers that stand for 0 and 1 in arrays of floats; `nil` for 0:1.
    public var valueRange: ValueRange?
    /// Part of the data to test on, if they do not come with a test set.
    public var testFraction: Double?
    /// Training examples that are held out.
    public var validation: Int?
    /// The most examples to learn from: the first ones of those not held out.
    public var limit: Int?
    /// Variations of the training images.
    public var augmentation = Augmentation.none
    /// Whether images that cannot be read are left out; else they are an error.
    public var skipsBadImages = false
    /// Decoded images of a folder that are kept in memory, in MiB; `nil` for 1024.
    public var imageMemory: Int?

    /// Of users and items: which count, and who is held out.
    public var interactions = InteractionSettings()

    /// `source` as it is.
    public init(source: String? = nil) { self.source = source }

    /// Refuses numbers that cannot work, naming the flag, the value and what to do.
    public func validate() throws(DatasetError) {
        func range(_ flag: String, _ value: Int?, _ allowed: ClosedRange<Int>) throws(DatasetError) {
            guard let value, !allowed.contains(value) else { return }
            throw .option("--\(flag) \(value): expected \(allowed.lowerBound)…\(allowed.upperBound)")
        }
        try interactions.validate()
        try range("image-size", imageSize?.width, ImageSize.sides)
        try range("image-size", imageSize?.height, ImageSize.sides)
        try range("crop", crop, 1...65_535)
        try range("validation", validation, 1...Int(Int32.max))
        try range("limit", limit, 1...Int(Int32.max))
        try range("image-memory", imageMemory, 0...1 << 24)
        if let testFraction, !(testFraction > 0 && testFraction < 1) {
            throw .option("--test-fraction \(testFraction): expected a number between 0 and 1, such as 0.1")
        }
    }

    /// The flags that say the same.
    public var commandWords: [String] {
        var words: [String] = []
        func add(_ flag: String, _ value: (some CustomStringConvertible)?) {
            if let value { words += ["--" + flag, value.description] }
        }
        add("data", source)
        add("crop", crop)
        add("image-size", imageSize)
        add("colour", colour?.rawValue)
        add("value-range", valueRange)
        add("test-fraction", testFraction)
        add("validation", validation)
        add("limit", limit)
        if !augmentation.isNone { add("augment", augmentation) }
        if skipsBadImages { words.append("--skip-bad-images") }
        add("image-memory", imageMemory)
        return words + interactions.words
    }
}
