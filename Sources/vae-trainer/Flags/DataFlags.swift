public import ArgumentParser
public import VAETraining

extension ColourMode: ExpressibleByArgument {}

/// Where the examples come from, and what is done to them as they are read.
struct DataFlags: ParsableArguments {
    @Option(
        help: .init(
            "Folder with the files of MNIST (train-images-idx3-ubyte, …, plain or .gz) or CIFAR-10 (data_batch_1.bin, …) or CIFAR-100 (train.bin), or with PNG and JPEG files; a .npy or .npz file; a file of user,item[,rating[,timestamp]] lines (.csv, .tsv, .dat, .data, .txt, perhaps .gz), or interactions:USERSxITEMS, made up; or shapes:SIDE, which draws shapes, SIDE pixels high and wide. (default: shapes:28; to measure a model, the shapes it was trained on)",
            valueName: "place"))
    var data: String?

    @Option(
        help: .init("Cut a square of so many pixels out of the middle of every image, first.", valueName: "pixels"))
    var crop: Int?

    @Option(
        help: .init("Resize every image, to a side (64) or to width and height (64x48).", valueName: "size"),
        transform: { try ImageSize(parsing: $0) })
    var imageSize: ImageSize?

    @Option(help: "Convert every image: grey or rgb. (default: grey if all images of a folder are grey, else rgb)")
    var colour: ColourMode?

    @Option(
        parsing: .unconditional,  // or a value that begins with a hyphen would be taken for a flag
        help: .init(
            "Numbers that stand for 0 and 1 in floats of .npy and .npz files, such as 0:255 or -1:1. (default: 0:1)",
            valueName: "low:high"), transform: { try ValueRange(parsing: $0) })
    var valueRange: ValueRange?

    @Option(help: .init("Part to test on, where the data come without a test set. (default: 0.1)", valueName: "part"))
    var testFraction: Double?

    @Option(help: .init("Hold out so many training examples, the same in every run.", valueName: "examples"))
    var validation: Int?

    @Flag(help: "Leave images out that cannot be read, and count them; every image is then decoded at the start.")
    var skipBadImages = false

    @Option(
        help: .init(
            "Decoded images of a folder that are kept in memory; of larger folders every epoch decodes anew, and larger .npy files are read from as examples are needed. (default: 1024)",
            valueName: "MiB"))
    var imageMemory: Int?

    @OptionGroup(title: "Users and items") var interactions: InteractionFlags

    /// `settings` with every flag that was given.
    func apply(to settings: inout DataSettings) {
        settings.source = data ?? settings.source
        settings.crop = crop ?? settings.crop
        settings.imageSize = imageSize ?? settings.imageSize
        settings.colour = colour ?? settings.colour
        settings.valueRange = valueRange ?? settings.valueRange
        settings.testFraction = testFraction ?? settings.testFraction
        settings.validation = validation ?? settings.validation
        if skipBadImages { settings.skipsBadImages = true }
        settings.imageMemory = imageMemory ?? settings.imageMemory
        interactions.apply(to: &settings.interactions)
    }
}
