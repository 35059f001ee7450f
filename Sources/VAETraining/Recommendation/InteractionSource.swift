internal import Glibc

/// Finds the interactions that `--data` names.
public enum InteractionSource {
    /// How the names of files of interactions end, perhaps with `.gz` behind.
    static let suffixes = [".csv", ".tsv", ".dat", ".data", ".txt"]

    /// Whether `source` names interactions: a made-up set (`interactions:3000x600`), or a file by its name.
    public static func isNamed(by source: String) -> Bool {
        let name = source.hasSuffix(".gz") ? String(source.dropLast(3)) : source
        return source.hasPrefix("interactions:")
            || suffixes.contains { name.lowercased().hasSuffix($0) } && !isFolder(source)
    }

    /// A folder of images may be called anything.
    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Reads or makes up the interactions that `settings` name, and splits their users.
    public static func load(_ source: String, settings: DataSettings) throws(DatasetError) -> InteractionSplit {
        try settings.validate()
        var plain = DataSettings(source: source)
        plain.interactions = settings.interactions
        plain.source = settings.source
        guard settings == plain else {
            var others = settings
            others.source = nil
            others.interactions = InteractionSettings()
            throw .option(
                "\(others.commandWords.joined(separator: " ")): is for images only, and \(source) has users and items; "
                    + "leave it out")
        }
        let list: InteractionList
        let name: String
        if let extents = try GeneratedInteractions.extents(named: source) {
            list = GeneratedInteractions.list(users: extents.users, items: extents.items)
            name = "generated interactions \(extents.users)×\(extents.items)"
        } else {
            list = try InteractionFile.read(source, ratingAbove: settings.interactions.ratingAbove)
            name = source.split(separator: "/").last.map(String.init) ?? source
        }
        return try InteractionSplit(
            Interactions(list, minimumItems: settings.interactions.minimumItems), name: name,
            settings: settings.interactions)
    }
}
