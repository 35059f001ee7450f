internal import VAE

/// Cropping, colour and size for examples that lie in memory. Folders of files do it while they decode.
struct ImageConversion {
    private let decoder: ImageDecoder
    private let size: ImageSize?
    private let colour: ColourMode?

    init(_ settings: DataSettings) {
        decoder = ImageDecoder(centreCrop: settings.crop)
        size = settings.imageSize
        colour = settings.colour
    }

    /// `dataset` converted; itself if there is nothing to do.
    func apply(to dataset: any Dataset) throws(DatasetError) -> any Dataset {
        let target = shape(from: dataset.shape)
        guard target != dataset.shape || decoder.centreCrop != nil else { return dataset }
        guard dataset.shape.extents[1] > 1 else {
            throw .option(
                "--image-size, --crop and --colour are for images; these are vectors of "
                    + "\(dataset.shape.elementCount) numbers")
        }
        let (total, overflow) = target.elementCount.multipliedReportingOverflow(by: dataset.count)
        guard !overflow, total <= DataFile.maximumBytes else {
            throw .option(
                "--image-size \(size?.description ?? ""): \(dataset.count) images of \(target) are more than "
                    + "\(DataFile.maximumBytes) numbers; give a smaller one")
        }
        return try convert(dataset, to: target)
    }

    /// Of a converted example, `[C, H, W]`.
    private func shape(from shape: Shape) -> Shape {
        let crop = decoder.centreCrop.map { ImageSize(width: $0, height: $0) }
        let size = size ?? crop ?? ImageSize(width: shape.extents[2], height: shape.extents[1])
        return [colour?.channels ?? shape.extents[0], size.height, size.width]
    }

    private func convert(_ dataset: any Dataset, to target: Shape) throws(DatasetError) -> any Dataset {
        let row = FloatBuffer(count: dataset.shape.elementCount)
        let width = target.elementCount
        if dataset is FloatDataset {
            let values = FloatBuffer(count: dataset.count * width)
            for index in 0..<dataset.count {
                try unsafe convert(dataset, index, row, target, into: values.base + index * width)
            }
            return FloatDataset(shape: target, values: values, labels: dataset.labels, factors: dataset.factors)
        }
        let converted = FloatBuffer(count: width)
        var pixels = [UInt8](repeating: 0, count: dataset.count * width)
        for index in 0..<dataset.count {
            try unsafe convert(dataset, index, row, target, into: converted.base)
            unsafe pixels.withUnsafeMutableBufferPointer { pixels in
                guard let base = pixels.baseAddress else { return }
                unsafe BytePixels.quantise(count: width, values: converted.base, into: base + index * width)
            }
        }
        return ImageDataset(shape: target, pixels: pixels, labels: dataset.labels, factors: dataset.factors)
    }

    private func convert(
        _ dataset: any Dataset, _ index: Int, _ row: FloatBuffer, _ target: Shape,
        into output: UnsafeMutablePointer<Float>
    ) throws(DatasetError) {
        try unsafe dataset.gather([UInt32(index)], rows: 1, into: row.base)
        do throws(ImageError) {
            try unsafe decoder.convert(row.base, from: dataset.shape, shape: target, into: output)
        } catch { throw .option("--crop \(decoder.centreCrop ?? 0): \(error)") }
    }
}
