internal import CTensorKernels

/// What every thread does before its first kernel.
public enum KernelThread {
    /// Keeps the calling thread's products on this thread: parallelism is over requests and shards of a minibatch,
    /// never inside a product, so that a row's bits do not depend on how many cores there are.
    public static func begin() { tk_thread_begin() }

    /// Differs between processors and library versions whose results may differ in their last bits.
    public static var arithmeticVersion: UInt32 { tk_arithmetic_version() }
}
