/// What a loader has found, before it is converted and split.
struct LoadedData {
    var name: String
    var license: String?
    var train: any Dataset
    /// If the data come with one.
    var test: (any Dataset)?
    /// If the data come with one.
    var validation: (any Dataset)?
    var classNames: [String]?
    var notes: [String] = []
    /// Whether the loader has done what `ImageConversion` does.
    var isConverted = false
}
