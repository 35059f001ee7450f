/// An image that lies in a folder.
struct ImageFile: Hashable, Sendable {
    /// Below the folder that was listed, such as `cat/0001.jpg`.
    let path: String
    /// In bytes, when the folder was listed.
    let size: Int

    /// The uppermost folder it lies in: its class, where folders are classes.
    var topFolder: Substring? { path.firstIndex(of: "/").map { path[..<$0] } }
}
