import Testing

@testable import VAE

/// Every field of the configuration, wrong: refused with what was expected and what was found, and before anything of
/// the size it asks for is allocated.
@Suite struct MalformedConfigurationTests {
    /// The unchanged configuration with one piece of text replaced.
    private static func replacing(
        _ old: String, with new: String, mentions: [String], _ description: String? = nil
    ) -> MalformedCase {
        MalformedCase(description ?? "\(old) → \(new)".prefix(200).description, mentions: mentions) { raw in
            precondition(raw.config.contains(old), "\(old) is not in the configuration")
            raw.config.replace(old, with: new)
        }
    }

    private static func whole(_ config: String, mentions: [String], _ description: String? = nil) -> MalformedCase {
        MalformedCase(description ?? config, mentions: ["config"] + mentions) { $0.config = config }
    }

    private static let jsonCases: [MalformedCase] = [
        whole("", mentions: []), whole("null", mentions: []), whole("[]", mentions: []),
        whole("{}", mentions: ["input"]),
        whole("{\"input\":", mentions: []), whole("\u{FEFF}", mentions: []),
        whole(String(repeating: "[", count: 50_000), mentions: [], "arrays nested 50 000 deep"),
        whole(
            #"{"input":[1,1,2],"latent":1,"encoder":"# + String(repeating: "[", count: 50_000), mentions: [],
            "layers nested 50 000 deep"),
        replacing(#""input":[1,1,2],"#, with: "", mentions: ["input", "missing"]),
        replacing(#""latent":1,"#, with: "", mentions: ["latent", "missing"]),
        replacing(#""encoder""#, with: #""encode""#, mentions: ["encoder", "missing"]),
        replacing(#""decoder""#, with: #""decode""#, mentions: ["decoder", "missing"]),
        replacing(#""likelihood":"bernoulli","#, with: "", mentions: ["likelihood", "missing"]),
        replacing(#""sigma":"log_variance","#, with: "", mentions: ["sigma", "missing"]),
        replacing(#""log_variance_clamp""#, with: #""clamp""#, mentions: ["log_variance_clamp", "missing"]),
    ]

    private static let sizesCases: [MalformedCase] = [
        replacing("[1,1,2]", with: "[2]", mentions: ["input", "[channels, height, width]", "[2]"]),
        replacing("[1,1,2]", with: "[]", mentions: ["input", "[channels, height, width]", "[]"]),
        replacing("[1,1,2]", with: "[1,1,1,2]", mentions: ["input", "[channels, height, width]", "[1, 1, 1, 2]"]),
        replacing("[1,1,2]", with: "[1,0,2]", mentions: ["input", "[1, 0, 2]"]),
        replacing("[1,1,2]", with: "[1,-1,-2]", mentions: ["input", "[1, -1, -2]"]),
        replacing("[1,1,2]", with: "[2,1,1]", mentions: ["input", "channel", "2"]),
        replacing("[1,1,2]", with: "[1,3,1]", mentions: ["encoder.1", "2", "3"]),
        replacing("[1,1,2]", with: "[1,1000000,1000000]", mentions: ["input", "1000000"]),
        replacing("[1,1,2]", with: "[1,4294967296,4294967296]", mentions: ["input", "4294967296"]),
        replacing("[1,1,2]", with: "[1,1,9223372036854775807]", mentions: ["input", "9223372036854775807"]),
        replacing("[1,1,2]", with: "[1,1,1e999]", mentions: ["input"]),
        replacing("[1,1,2]", with: "[1,1,2.5]", mentions: ["input"]),
        replacing("[1,1,2]", with: #""1,1,2""#, mentions: ["input", "Array", "string"]),
        replacing(#""latent":1"#, with: #""latent":0"#, mentions: ["latent", "0"]),
        replacing(#""latent":1"#, with: #""latent":-1"#, mentions: ["latent", "-1"]),
        replacing(#""latent":1"#, with: #""latent":2"#, mentions: ["decoder.0", "1", "2"]),
        replacing(#""latent":1"#, with: #""latent":9000000000000000000"#, mentions: ["latent", "9000000000000000000"]),
        replacing(#""latent":1"#, with: #""latent":1.5"#, mentions: ["latent"]),
        replacing(#""latent":1"#, with: #""latent":true"#, mentions: ["latent", "Int"]),
        replacing(#""in":2,"out":3"#, with: #""in":2,"out":0"#, mentions: ["encoder.1", "0"]),
        replacing(#""in":2,"out":3"#, with: #""in":2,"out":-3"#, mentions: ["encoder.1", "-3"]),
        replacing(#""in":2,"out":3"#, with: #""in":-2,"out":3"#, mentions: ["encoder.1", "-2", "2"]),
        replacing(#""in":2,"out":3"#, with: #""in":3,"out":3"#, mentions: ["encoder.1", "3", "2"]),
        replacing(#""in":2,"out":3"#, with: #""in":2,"out":4"#, mentions: ["encoder.1.weight", "[4, 2]", "[3, 2]"]),
        replacing(
            #""in":2,"out":3"#, with: #""in":2,"out":9223372036854775807"#,
            mentions: ["encoder.1", "9223372036854775807"]),
        replacing(#""in":2,"out":3"#, with: #""in":2"#, mentions: ["out", "missing"]),
        replacing(#""in":2,"out":3"#, with: #""out":3"#, mentions: ["in", "missing"]),
        replacing(#""in":1,"out":2"#, with: #""in":1,"out":3"#, mentions: ["decoder", "2", "3"]),
        replacing(#""in":1,"out":2"#, with: #""in":2,"out":2"#, mentions: ["decoder.0", "1", "2"]),
    ]

    private static let choicesCases: [MalformedCase] = [
        replacing(#""relu""#, with: #""gelu""#, mentions: ["gelu", "relu", "silu", "conv_transpose2d"]),
        replacing(#""relu""#, with: #""ReLU""#, mentions: ["ReLU", "relu"]),
        replacing(#""relu""#, with: "7", mentions: ["type", "String", "number"]),
        replacing(#"{"type":"relu"}"#, with: #"{"kind":"relu"}"#, mentions: ["type", "missing"]),
        replacing(#"{"type":"relu"}"#, with: #""relu""#, mentions: ["encoder"]),
        replacing(#"{"type":"relu"}"#, with: "null", mentions: ["encoder"]),
        replacing(#""relu""#, with: #""leaky_relu","slope":"steep""#, mentions: ["slope", "Float", "string"]),
        replacing(#""relu""#, with: #""leaky_relu","slope":1e999"#, mentions: ["slope"]),
        replacing(#""relu""#, with: #""leaky_relu","slope":1e39"#, mentions: ["slope"]),
        replacing(
            #""bernoulli""#, with: #""poisson""#, mentions: ["likelihood", "poisson", "bernoulli", "multinomial"]),
        replacing(#""bernoulli""#, with: "7", mentions: ["likelihood", "name", "object"]),
        replacing(#""bernoulli""#, with: "null", mentions: ["likelihood"]),
        replacing(#""bernoulli""#, with: #"["bernoulli"]"#, mentions: ["likelihood", "name", "object"]),
        replacing(#""bernoulli""#, with: #"{"scale":1}"#, mentions: ["type", "missing"]),
        replacing(#""bernoulli""#, with: #""gaussian""#, mentions: ["likelihood", "gaussian", "scale", "learned"]),
        replacing(#""bernoulli""#, with: #"{"type":"discretized_logistic"}"#, mentions: ["scale", "learned"]),
        replacing(#""bernoulli""#, with: #"{"type":"bernoulli","scale":1}"#, mentions: ["bernoulli", "no scale"]),
        replacing(
            #""bernoulli""#, with: #"{"type":"gaussian","scale":"narrow"}"#, mentions: ["scale", "narrow", "learned"]),
        replacing(
            #""bernoulli""#, with: #"{"type":"gaussian","scale":[1]}"#, mentions: ["scale", "number", "learned"]),
        replacing(
            #""bernoulli""#, with: #"{"type":"gaussian","scale":0}"#, mentions: ["scale", "0.0", "0.001", "1000"]),
        replacing(#""bernoulli""#, with: #"{"type":"gaussian","scale":-1}"#, mentions: ["scale", "-1.0", "0.001"]),
        replacing(#""bernoulli""#, with: #"{"type":"gaussian","scale":1e30}"#, mentions: ["scale", "1e+30", "1000"]),
        replacing(#""bernoulli""#, with: #"{"type":"gaussian","scale":1e99}"#, mentions: ["scale"]),
        replacing(
            #""bernoulli""#, with: #"{"type":"gaussian","scale":"learned"}"#,
            mentions: ["likelihood.log_scale", "[1]", "missing"]),
        replacing(
            #"{"type":"linear","in":1,"out":2}],"likelihood":"bernoulli""#,
            with: #"{"type":"linear","in":1,"out":2},{"type":"sigmoid"}],"likelihood":"continuous_bernoulli""#,
            mentions: ["decoder.1", "sigmoid", "continuous_bernoulli", "logits"]),
        replacing(
            #""sigma":"log_variance""#, with: #""sigma":"variance""#, mentions: ["sigma", "variance", "log_sigma"]),
        replacing(#""sigma":"log_variance""#, with: #""sigma":1"#, mentions: ["sigma", "String", "number"]),
        replacing(
            #""sigma":"log_variance""#, with: #""sigma":"none""#,
            mentions: ["sigma \"none\"", "latent = 1", "3"]),
        replacing(
            #""sigma":"log_variance""#, with: #""sigma":"none","classes":2"#,
            mentions: ["encoder.1", "2 inputs", "4"]),
        replacing(#""latent":1,"#, with: #""latent":1,"classes":1,"#, mentions: ["classes", "2…65536", "1"]),
        replacing(#""latent":1,"#, with: #""latent":1,"classes":-1,"#, mentions: ["classes", "-1"]),
        replacing(#""latent":1,"#, with: #""latent":1,"classes":65537,"#, mentions: ["classes", "65537"]),
        replacing(
            #""latent":1,"#, with: #""latent":1,"classes":9223372036854775807,"#,
            mentions: ["classes", "9223372036854775807"]),
        replacing(#""latent":1,"#, with: #""latent":1,"classes":2.5,"#, mentions: ["classes", "2.5"]),
        replacing(#""latent":1,"#, with: #""latent":1,"classes":2,"#, mentions: ["encoder.1", "2 inputs", "4"]),
        replacing(
            #""encoder":[{"type":"flatten"}"#, with: #""classes":2,"encoder":[{"type":"tanh"}"#,
            mentions: ["conditional", "encoder", "linear"]),
        replacing(
            #"[{"type":"linear","in":1,"out":2}]"#, with: #"[],"classes":2"#,
            mentions: ["conditional", "decoder", "linear"]),
        replacing("[-10,10]", with: "[10,-10]", mentions: ["log_variance_clamp", "[10.0, -10.0]", "80"]),
        replacing("[-10,10]", with: "[1,1]", mentions: ["log_variance_clamp", "[1.0, 1.0]"]),
        replacing("[-10,10]", with: "[-10]", mentions: ["log_variance_clamp", "[-10.0]"]),
        replacing("[-10,10]", with: "[-10,0,10]", mentions: ["log_variance_clamp", "[-10.0, 0.0, 10.0]"]),
        replacing("[-10,10]", with: "[-1000,1000]", mentions: ["log_variance_clamp", "80", "1000"]),
        replacing("[-10,10]", with: "[-1e999,1e999]", mentions: ["log_variance_clamp"]),
        replacing("[-10,10]", with: #"["NaN","NaN"]"#, mentions: ["log_variance_clamp", "Float", "string"]),
        replacing("[-10,10]", with: "10", mentions: ["log_variance_clamp", "Array", "number"]),
        replacing(
            #"{"type":"linear","in":1,"out":2}"#, with: #"{"type":"linear","in":1,"out":2},{"type":"sigmoid"}"#,
            mentions: ["decoder.1", "sigmoid", "logits"]),
    ]

    /// The encoder's first layer replaced by a convolution of the 1×1×2 image.
    private static func convolution(_ entry: String, mentions: [String]) -> MalformedCase {
        replacing(#"{"type":"flatten"}"#, with: "{\(entry)}", mentions: ["encoder.0"] + mentions)
    }

    private static func conv2d(
        _ inputs: String = "1", _ outputs: String = "1", kernel: String = "1", stride: String = "1",
        padding: String = "0", mentions: [String]
    ) -> MalformedCase {
        convolution(
            #""type":"conv2d","in":\#(inputs),"out":\#(outputs),"kernel":\#(kernel),"stride":\#(stride),"#
                + #""padding":\#(padding)"#, mentions: mentions)
    }

    private static func transposed(
        kernel: String = "3", stride: String = "2", padding: String = "1", outputPadding: String, mentions: [String]
    ) -> MalformedCase {
        convolution(
            #""type":"conv_transpose2d","in":1,"out":1,"kernel":\#(kernel),"stride":\#(stride),"#
                + #""padding":\#(padding),"output_padding":\#(outputPadding)"#, mentions: mentions)
    }

    private static let convolutionsCases: [MalformedCase] = [
        conv2d("2", mentions: ["conv2d", "[2, height, width]", "[1, 1, 2]"]),
        conv2d("0", mentions: ["\"in\"", "1…4096", "0"]),
        conv2d("4097", mentions: ["\"in\"", "1…4096", "4097"]),
        conv2d("1", "0", mentions: ["\"out\"", "1…4096", "0"]),
        conv2d("1", "9223372036854775807", mentions: ["\"out\"", "1…4096", "9223372036854775807"]),
        conv2d(kernel: "0", mentions: ["kernel", "1…16", "0"]),
        conv2d(kernel: "17", padding: "8", mentions: ["kernel", "1…16", "17"]),
        conv2d(kernel: "-9223372036854775808", mentions: ["kernel", "-9223372036854775808"]),
        conv2d(stride: "0", mentions: ["stride", "1…8", "0"]),
        conv2d(stride: "9", mentions: ["stride", "1…8", "9"]),
        conv2d(padding: "1", mentions: ["padding", "below the kernel 1", "1"]),
        conv2d(padding: "-1", mentions: ["padding", "at least 0", "-1"]),
        conv2d(padding: "9223372036854775807", mentions: ["padding", "9223372036854775807"]),
        conv2d(kernel: "4", stride: "2", padding: "1", mentions: ["conv2d", "[1, 1, 2]", "at least 1×1", "0×1"]),
        convolution(#""type":"conv2d","out":1,"kernel":1,"stride":1,"padding":0"#, mentions: ["in", "missing"]),
        convolution(#""type":"conv2d","in":1,"out":1,"kernel":1,"padding":0"#, mentions: ["stride", "missing"]),
        convolution(#""type":"conv2d","in":1,"out":1,"kernel":1,"stride":1"#, mentions: ["padding", "missing"]),
        convolution(
            #""type":"conv2d","in":1,"out":1,"kernel":[1,2],"stride":1,"padding":0"#,
            mentions: ["kernel", "Int", "array"]),
        convolution(
            #""type":"conv2d","in":1,"out":1,"kernel":1.5,"stride":1,"padding":0"#,
            mentions: ["kernel", "Int", "1.5"]),
        transposed(outputPadding: "2", mentions: ["output_padding", "below the stride 2", "2"]),
        transposed(outputPadding: "-1", mentions: ["output_padding", "at least 0", "-1"]),
        transposed(outputPadding: "9223372036854775807", mentions: ["output_padding", "9223372036854775807"]),
        transposed(kernel: "2", stride: "1", padding: "1", outputPadding: "0", mentions: ["conv_transpose2d", "0×1"]),
        transposed(kernel: "17", outputPadding: "0", mentions: ["kernel", "1…16", "17"]),
        convolution(#""type":"unflatten","shape":[2,1]"#, mentions: ["unflatten", "[2, 1]", "2 numbers"]),
        convolution(#""type":"unflatten","shape":[1,1,3]"#, mentions: ["unflatten", "[1, 1, 3]", "2 numbers"]),
        convolution(#""type":"unflatten","shape":[-1,-1,2]"#, mentions: ["unflatten", "[-1, -1, 2]"]),
        convolution(
            #""type":"unflatten","shape":[2,4294967296,4294967296]"#, mentions: ["unflatten", "4294967296"]),
        convolution(#""type":"unflatten""#, mentions: ["shape", "missing"]),
        replacing(
            #"{"type":"flatten"}"#,
            with: #"{"type":"flatten"},{"type":"conv2d","in":1,"out":1,"kernel":1,"stride":1,"padding":0}"#,
            mentions: ["encoder.1", "conv2d", "[1, height, width]", "[2]"]),
        replacing(
            #"{"type":"linear","in":1,"out":2}"#,
            with: #"{"type":"linear","in":1,"out":2},{"type":"unflatten","shape":[2,1,1]}"#,
            mentions: ["decoder", "[1, 1, 2]", "[2, 1, 1]"]),
    ]

    /// Models far larger than the file: 3·10¹⁸, 6·10¹⁰ and 10⁹ parameters, and rows of 2⁶² numbers.
    private static let bombsCases: [MalformedCase] = [
        replacing(
            #"{"type":"linear","in":1,"out":2}"#,
            with: #"{"type":"linear","in":1,"out":67108864},{"type":"linear","in":67108864,"out":2}"#,
            mentions: ["decoder", "67108864"]),
        replacing(
            #"{"type":"relu"}"#,
            with: #"{"type":"relu"},{"type":"linear","in":3,"out":245000},{"type":"linear","in":245000,"out":245000}"#
                + #",{"type":"linear","in":245000,"out":3}"#, mentions: ["60", "parameters", "1073741824"]),
        replacing(
            #"{"type":"relu"}"#,
            with: #"{"type":"relu"},{"type":"linear","in":3,"out":30000},{"type":"linear","in":30000,"out":30000},"#
                + #"{"type":"linear","in":30000,"out":3}"#, mentions: ["encoder.3.weight", "[30000, 3]", "missing"]),
        replacing(
            #"{"type":"relu"}"#,
            with: #"{"type":"relu"},{"type":"linear","in":3,"out":67108864}"#
                + String(repeating: #",{"type":"linear","in":67108864,"out":67108864}"#, count: 250)
                + #",{"type":"linear","in":67108864,"out":3}"#, mentions: ["parameters", "1073741824"],
            "250 vast layers"),
        replacing(
            #"{"type":"flatten"}"#,
            with: #"{"type":"conv_transpose2d","in":1,"out":4096,"kernel":16,"stride":8,"padding":0}"#
                + #",{"type":"conv_transpose2d","in":4096,"out":4096,"kernel":16,"stride":8,"padding":0}"#,
            mentions: ["encoder.1", "[4096, 136, 200]", "67108864"], "an image that outgrows all memory"),
        replacing(
            #"{"type":"flatten"}"#,
            with: #"{"type":"conv2d","in":1,"out":4096,"kernel":1,"stride":1,"padding":0}"#
                + #",{"type":"conv2d","in":4096,"out":4096,"kernel":16,"stride":1,"padding":15}"#
                + #",{"type":"conv2d","in":4096,"out":1,"kernel":16,"stride":8,"padding":0}"#
                + #",{"type":"linear","in":1,"out":2}"#,
            mentions: ["4296028186", "parameters", "1073741824"], "a window of four billion weights"),
        replacing(
            #"{"type":"relu"}"#, with: #"{"type":"relu"}"# + String(repeating: #",{"type":"relu"}"#, count: 100_000),
            mentions: ["encoder", "100003", "256"], "100 000 layers"),
    ]

    @Test(arguments: jsonCases) func json(malformed: MalformedCase) throws { try malformed.check() }
    @Test(arguments: sizesCases) func sizes(malformed: MalformedCase) throws { try malformed.check() }
    @Test(arguments: choicesCases) func choices(malformed: MalformedCase) throws { try malformed.check() }
    @Test(arguments: convolutionsCases) func convolutions(malformed: MalformedCase) throws { try malformed.check() }

    @Test(arguments: bombsCases) func bombs(malformed: MalformedCase) throws {
        let before = PeakMemory.bytes
        try malformed.check()
        #expect(PeakMemory.bytes - before < PeakMemory.allowance)
    }
}
