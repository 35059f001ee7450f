internal import CTensorKernels

/// Philox4x32-10, a counter-based generator (Salmon et al., SC 2011): block number `counter` of the sequence `key`.
///
/// There is no state to carry: any number of any sequence is computed on its own, so results do not depend on the order
/// in which rows are served.
public enum Philox {
    /// Four 32-bit numbers that depend on the arguments only.
    public static func block(
        counter: (UInt32, UInt32, UInt32, UInt32), key: (UInt32, UInt32)
    ) -> (UInt32, UInt32, UInt32, UInt32) {
        let input: [UInt32] = [counter.0, counter.1, counter.2, counter.3]
        let keys: [UInt32] = [key.0, key.1]
        var output: [UInt32] = [0, 0, 0, 0]
        unsafe tk_philox4x32(input, keys, &output)
        return (output[0], output[1], output[2], output[3])
    }
}
