/// The types of elements that are read.
enum NPYElement: Equatable {
    case boolean
    case unsigned(bytes: Int)
    case signed(bytes: Int)
    case float32
    case float64

    /// From NumPy's name of a type, such as `<f4`; `fail` makes an error of what was expected and what was found.
    init(descriptor: String, fail: (String, String) -> DatasetError) throws(DatasetError) {
        let name = descriptor.drop { "<=|>".contains($0) }
        let isSwapped = descriptor.hasPrefix(">") && !["b1", "u1", "i1"].contains(name)
        guard !isSwapped else {
            throw fail("little-endian numbers", "\"\(descriptor)\"; save x.astype('<\(name)')")
        }
        switch name {
        case "b1": self = .boolean
        case "u1": self = .unsigned(bytes: 1)
        case "u2": self = .unsigned(bytes: 2)
        case "u4": self = .unsigned(bytes: 4)
        case "u8": self = .unsigned(bytes: 8)
        case "i1": self = .signed(bytes: 1)
        case "i2": self = .signed(bytes: 2)
        case "i4": self = .signed(bytes: 4)
        case "i8": self = .signed(bytes: 8)
        case "f4": self = .float32
        case "f8": self = .float64
        default:
            throw fail("whole numbers, float32 or float64", "\"\(descriptor)\"; save x.astype('float32')")
        }
    }

    /// Of one element, in bytes.
    var size: Int {
        switch self {
        case .boolean: 1
        case .unsigned(let bytes), .signed(let bytes): bytes
        case .float32: 4
        case .float64: 8
        }
    }

    /// Element `index` of `data`, of floats.
    func float(_ index: Int, in data: UnsafeRawBufferPointer) -> Double {
        self == .float64
            ? unsafe data.loadUnaligned(fromByteOffset: 8 * index, as: Double.self)
            : unsafe Double(data.loadUnaligned(fromByteOffset: 4 * index, as: Float.self))
    }

    /// NumPy's long name.
    var name: String {
        switch self {
        case .boolean: "bool"
        case .unsigned(let bytes): "uint\(8 * bytes)"
        case .signed(let bytes): "int\(8 * bytes)"
        case .float32: "float32"
        case .float64: "float64"
        }
    }
}
