internal import CTensorKernels

extension ConvolutionGeometry {
    /// As the kernels name it.
    func window(transposed: Bool) -> tk_window {
        let (kernel, stride) = (Int64(configuration.kernel), Int64(configuration.stride))
        let padding = Int64(configuration.padding)
        return tk_window(
            input: RowImage(inputShape).kernel, output: RowImage(outputShape).kernel, kernel_height: kernel,
            kernel_width: kernel, vertical_stride: stride, horizontal_stride: stride, top_padding: padding,
            left_padding: padding, transposed: transposed)
    }
}
