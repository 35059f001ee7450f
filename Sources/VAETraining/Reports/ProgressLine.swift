/// The one line that says where a run is: bar, rate and the time that is left, cut to the width of the terminal.
struct ProgressLine {
    /// Of the whole run.
    var done: Int
    /// Of the whole run.
    var total: Int
    /// What is being done, such as `epoch 3`.
    var title: String
    /// Of the last few seconds.
    var imagesPerSecond: Double
    /// What is counted.
    var unit = Self.images

    /// Most often.
    static let images = "images"

    /// At most `width` characters.
    func text(width: Int) -> String {
        let fraction = total > 0 ? Double(done) / Double(total) : 0
        let left = imagesPerSecond > 0 ? Double(total - done) / imagesPerSecond : .infinity
        let head = title + " "
        let percent = FixedPoint.string(fraction * 100, decimals: 0, width: 3)
        let tail =
            " \(percent)%  \(FixedPoint.string(imagesPerSecond, decimals: 0)) \(unit)/s  ETA \(FixedPoint.duration(left))"
        let room = width - head.count - tail.count - 2
        guard room >= 4 else { return String((head + tail).prefix(width)) }
        let cells = min(room, 40)
        let full = Int(fraction * Double(cells))
        return head + "[" + String(repeating: "#", count: full) + String(repeating: "-", count: cells - full) + "]"
            + tail
    }
}

extension ProgressLine {
    /// Of a training run in its `epoch`, from 1.
    init(done: Int, total: Int, epoch: Int, imagesPerSecond: Double, unit: String = Self.images) {
        self.init(
            done: done, total: total, title: "epoch \(epoch)", imagesPerSecond: imagesPerSecond, unit: unit)
    }
}
