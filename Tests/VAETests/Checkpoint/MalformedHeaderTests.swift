import Testing

@testable import VAE

/// Every field of the safetensors header, wrong: refused with what was expected and what was found.
@Suite struct MalformedHeaderTests {
    @Test func unchangedFileLoads() throws {
        let directory = try ScratchDirectory()
        let checkpoint = try Checkpoint(path: directory.write(RawCheckpoint().bytes))
        #expect(checkpoint.parameters.count == 21)
        KernelThread.begin()
        _ = try VAEModel(checkpoint.architecture, parameters: checkpoint.parameters)
    }

    private static let framingCases: [MalformedCase] = [
        MalformedCase("length longer than the file", mentions: ["header", "4096", "follow"]) { $0.headerLength = 4096 },
        MalformedCase("length over the limit", mentions: ["100000001", "100000000"]) { $0.headerLength = 100_000_001 },
        MalformedCase("length with the sign bit", mentions: ["18446744073709551615", "100000000"]) {
            $0.headerLength = .max
        },
        MalformedCase("length 2⁶³", mentions: ["9223372036854775808", "100000000"]) { $0.headerLength = 1 << 63 },
        MalformedCase("length zero", mentions: ["header", "'{'"]) { $0.headerLength = 0 },
        MalformedCase("length too short by one", mentions: ["header", "JSON"]) {
            $0.headerLength = UInt64($0.bytes.count - 8 - 84 - 1)
        },
        MalformedCase("length too long by one", mentions: ["header", "JSON"]) {
            $0.headerLength = UInt64($0.bytes.count - 8 - 84 + 1)
        },
        MalformedCase("header is an array", mentions: ["header", "'{'", "'['"]) { $0.header = "[]" },
        MalformedCase("header is empty JSON", mentions: ["0", "84"]) { $0.header = "{}" },
        MalformedCase("header is not JSON", mentions: ["header", "JSON"]) { $0.header = "{hello}" },
        MalformedCase("header ends early", mentions: ["header", "JSON"]) { $0.header = #"{"a":{"dtype":"F32""# },
        MalformedCase("something behind the header", mentions: ["header", "JSON"]) { $0.header = "{} x" },
        MalformedCase("arrays nested 100 000 deep", mentions: ["header", "JSON"]) {
            $0.header = #"{"a":"# + String(repeating: "[", count: 100_000)
        },
        MalformedCase("objects nested 100 000 deep", mentions: ["header", "JSON"]) {
            $0.header = String(repeating: #"{"a":"#, count: 100_000)
        },
        MalformedCase("entry is a number", mentions: ["header", "extra"]) { $0.extraEntries = [#""extra":1"#] },
        MalformedCase("entry is null", mentions: ["header", "extra"]) { $0.extraEntries = [#""extra":null"#] },
        MalformedCase("entry is empty", mentions: ["extra", "dtype"]) { $0.extraEntries = [#""extra":{}"#] },
    ]

    private static let fieldsCases: [MalformedCase] = [
        MalformedCase("unknown dtype", mentions: ["mu.weight", "F31", "F32"]) { $0.tensors[2].dtype = #""F31""# },
        MalformedCase("dtype of the wrong case", mentions: ["mu.weight", "f32", "F32"]) {
            $0.tensors[2].dtype = #""f32""#
        },
        MalformedCase("another dtype of the same size", mentions: ["mu.weight", "I32", "F32"]) {
            $0.tensors[2].dtype = #""I32""#
        },
        MalformedCase("another dtype of another size", mentions: ["mu.weight", "F16", "6", "12"]) {
            $0.tensors[2].dtype = #""F16""#
        },
        MalformedCase("dtype is a number", mentions: ["mu.weight", "dtype", "String", "number"]) {
            $0.tensors[2].dtype = "32"
        },
        MalformedCase("dtype is null", mentions: ["mu.weight", "dtype"]) { $0.tensors[2].dtype = "null" },
        MalformedCase("shape does not fill the offsets", mentions: ["mu.weight", "16", "12"]) {
            $0.tensors[2].shape = "[1,4]"
        },
        MalformedCase("negative extent", mentions: ["mu.weight", "-3"]) { $0.tensors[2].shape = "[-1,-3]" },
        MalformedCase("product overflows", mentions: ["mu.weight", "4611686018427387904"]) {
            $0.tensors[2].shape = "[4611686018427387904,4]"
        },
        MalformedCase("product wraps to the right size", mentions: ["mu.weight", "4611686018427387905"]) {
            $0.tensors[2].shape = "[4611686018427387905,3]"
        },
        MalformedCase("extent beyond 64 bits", mentions: ["mu.weight", "shape", "Int"]) {
            $0.tensors[2].shape = "[99999999999999999999,1]"
        },
        MalformedCase("extent is a fraction", mentions: ["mu.weight", "shape"]) { $0.tensors[2].shape = "[1,3.5]" },
        MalformedCase("extent is a string", mentions: ["mu.weight", "shape", "Int", "string"]) {
            $0.tensors[2].shape = #"[1,"3"]"#
        },
        MalformedCase("shape is a number", mentions: ["mu.weight", "shape"]) { $0.tensors[2].shape = "3" },
        MalformedCase("shape is nested", mentions: ["mu.weight", "shape"]) { $0.tensors[2].shape = "[[1,3]]" },
        MalformedCase("shape of the same size", mentions: ["mu.weight", "[1, 3]", "[3, 1]"]) {
            $0.tensors[2].shape = "[3,1]"
        },
        MalformedCase("shape of another rank", mentions: ["mu.weight", "[1, 3]", "[3]"]) {
            $0.tensors[2].shape = "[3]"
        },
        MalformedCase("shape is a scalar's", mentions: ["mu.bias", "[1]", "[]"]) { $0.tensors[3].shape = "[]" },
        MalformedCase("an empty extent", mentions: ["mu.weight", "0", "12"]) { $0.tensors[2].shape = "[0,3]" },
        MalformedCase("offsets overlap", mentions: ["mu.weight", "36", "32"]) { $0.tensors[2].offsets = "[32,44]" },
        MalformedCase("offsets leave a gap", mentions: ["mu.weight", "36", "40"]) { $0.tensors[2].offsets = "[40,52]" },
        MalformedCase("two tensors share bytes", mentions: ["sigma.weight", "48", "52"]) {
            $0.tensors[3].offsets = "[64,68]"
        },
        MalformedCase("offsets negative", mentions: ["mu.weight", "data_offsets", "-12"]) {
            $0.tensors[2].offsets = "[-12,0]"
        },
        MalformedCase("offsets reversed", mentions: ["mu.weight", "data_offsets", "48, 36"]) {
            $0.tensors[2].offsets = "[48,36]"
        },
        MalformedCase("offsets huge", mentions: ["mu.weight", "9223372036854775807"]) {
            $0.tensors[2].offsets = "[36,9223372036854775807]"
        },
        MalformedCase("offsets beyond 64 bits", mentions: ["mu.weight", "data_offsets", "Int"]) {
            $0.tensors[2].offsets = "[36,18446744073709551615]"
        },
        MalformedCase("one offset", mentions: ["mu.weight", "data_offsets", "[36]"]) { $0.tensors[2].offsets = "[36]" },
        MalformedCase("three offsets", mentions: ["mu.weight", "data_offsets", "[36, 40, 48]"]) {
            $0.tensors[2].offsets = "[36,40,48]"
        },
        MalformedCase("offsets are strings", mentions: ["mu.weight", "data_offsets", "Int", "string"]) {
            $0.tensors[2].offsets = #"["36","48"]"#
        },
        MalformedCase("last tensor outside the file", mentions: ["84", "92"]) {
            $0.tensors[7].shape = "[4]"
            $0.tensors[7].offsets = "[76,92]"
        },
        MalformedCase("bytes that belong to no tensor", mentions: ["84", "88"]) { $0.values.append(0) },
        MalformedCase("a field is missing", mentions: ["extra", "dtype"]) {
            $0.extraEntries = [#""extra":{"shape":[0],"data_offsets":[84,84]}"#]
        },
    ]

    private static let namesCases: [MalformedCase] = [
        MalformedCase("a tensor is missing", mentions: ["sigma.bias", "missing", "mu.bias"]) {
            $0.tensors[5].name = "sigma.biases"
            $0.extraEntries = []
            $0.tensors.remove(at: 5)
            $0.tensors[5].offsets = "[64,72]"
            $0.tensors[6].offsets = "[72,80]"
            $0.values.removeLast()
        },
        MalformedCase("a tensor is renamed", mentions: ["mean.weight", "mu.weight"]) {
            $0.tensors[2].name = "mean.weight"
        },
        MalformedCase("an extra tensor", mentions: ["extra"]) {
            $0.extraEntries = [#""extra":{"dtype":"F32","shape":[0],"data_offsets":[84,84]}"#]
        },
        MalformedCase("an extra tensor with data", mentions: ["log_scale"]) {
            $0.extraEntries = [#""log_scale":{"dtype":"F32","shape":[],"data_offsets":[84,88]}"#]
            $0.values.append(0)
        },
        MalformedCase("a duplicate name with other bytes", mentions: ["byte"]) {
            $0.tensors[5].name = "mu.bias"
        },
        MalformedCase("names are long", mentions: ["aaaa", "…"]) {
            $0.tensors[2].name = String(repeating: "a", count: 100_000)
        },
        MalformedCase("a name with a line break", mentions: ["x"]) { $0.tensors[2].name = #"x\n2026 forged log line"# },
    ]

    private static let metadataCases: [MalformedCase] = [
        MalformedCase("no metadata", mentions: ["format", "none"]) { $0.metadataJSON = "{}" },
        MalformedCase("metadata is a tensor", mentions: ["__metadata__", "String", "array"]) {
            $0.metadataJSON = #"{"dtype":"F32","shape":[0],"data_offsets":[0,0]}"#
        },
        MalformedCase("metadata with a number", mentions: ["__metadata__", "String", "number"]) {
            $0.metadataJSON = #"{"format":"vae-checkpoint","version":1}"#
        },
        MalformedCase("metadata is null", mentions: ["__metadata__"]) { $0.metadataJSON = "null" },
        MalformedCase("format missing", mentions: ["format", "version"]) { $0.metadata["format"] = nil },
        MalformedCase("format of another program", mentions: ["format", "vae-checkpoint", "\"pt\""]) {
            $0.metadata["format"] = "pt"
        },
        MalformedCase("version missing", mentions: ["version"]) { $0.metadata["version"] = nil },
        MalformedCase("version of the future", mentions: ["version", "1", "\"2\""]) { $0.metadata["version"] = "2" },
        MalformedCase("version zero", mentions: ["version", "\"0\""]) { $0.metadata["version"] = "0" },
        MalformedCase("version is a word", mentions: ["version", "\"one\""]) { $0.metadata["version"] = "one" },
        MalformedCase("config missing", mentions: ["config", "format"]) {
            $0.metadataJSON = #"{"format":"vae-checkpoint","version":"1"}"#
        },
        MalformedCase("training record is no JSON", mentions: ["training"]) { $0.metadata["training"] = "soon" },
        MalformedCase("training record of the wrong type", mentions: ["training", "epochs", "Int", "string"]) {
            $0.metadata["training"] = #"{"epochs":"ten"}"#
        },
    ]

    private static let valuesCases: [MalformedCase] = [
        MalformedCase("a weight is NaN", mentions: ["mu.weight", "element 1", "nan", "finite"]) {
            $0.values[10] = .nan
        },
        MalformedCase("a weight is infinite", mentions: ["decoder.0.bias", "element 1", "inf", "finite"]) {
            $0.values[20] = -.infinity
        },
        MalformedCase("a signalling NaN", mentions: ["encoder.1.weight", "element 0", "nan", "finite"]) {
            $0.values[0] = Float(bitPattern: 0x7F80_0001)
        },
    ]

    @Test(arguments: framingCases) func framing(malformed: MalformedCase) throws { try malformed.check() }
    @Test(arguments: fieldsCases) func fields(malformed: MalformedCase) throws { try malformed.check() }
    @Test(arguments: namesCases) func names(malformed: MalformedCase) throws { try malformed.check() }
    @Test(arguments: metadataCases) func metadata(malformed: MalformedCase) throws { try malformed.check() }
    @Test(arguments: valuesCases) func values(malformed: MalformedCase) throws { try malformed.check() }

    /// What the format allows and writers do: none of it is a reason to refuse.
    @Test func harmlessVariationsLoad() throws {
        let variations: [(inout RawCheckpoint) -> Void] = [
            { $0.tensors.shuffle() },
            { $0.tensors[2].shape = "[ 1 , 3 ]" },
            { $0.metadata["shape"] = "metadata keys are free" },
            { $0.metadata["data_offsets"] = "these too" },
            { $0.metadata["dtype"] = "and this" },
            { $0.metadata["training"] = #"{"dataset":null,"unknown":[1]}"# },
            { $0.header = nil },
        ]
        for (index, change) in variations.enumerated() {
            var raw = RawCheckpoint()
            change(&raw)
            let directory = try ScratchDirectory()
            let path = try directory.write(raw.bytes)
            #expect(throws: Never.self, "variation \(index)") { try Checkpoint(path: path) }
        }
    }
}
