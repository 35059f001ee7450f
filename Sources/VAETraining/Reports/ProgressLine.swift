/// The one line that says where a run is: bar, rate and the time that is left, cut to the width of the terminal.
struct ProgressLine {
    /// Of the whole run.
    var done: Int
    /// Of the whole run.
    var total: Int
    /// From 1.
    var epoch: Int
    /// Of the last few seconds.
    var imagesPerSecond: Double

    /// At most `width` characters.
    func text(width: Int) -> String {
        let fraction = total > 0 ? Double(done) / Double(total) : 0
        let left = imagesPerSecond > 0 ? Double(total - done) / imagesPerSecond : .infinity
        let head = "epoch \(epoch) "
        let percent = FixedPoint.string(fraction * 100, decimals: 0, width: 3)
        let tail =
            " \(percent)%  \(FixedPoint.string(imagesPerSecond, decimals: 0)) images/s  ETA \(FixedPoint.duration(left))"
        let room = width - head.count - tail.count - 2
        guard room >= 4 else { return String((head + tail).prefix(width)) }
        let cells = min(room, 40)
        let full = Int(fraction * Double(cells))
        return head + "[" + String(repeating: "#", count: full) + String(repeating: "-", count: cells - full) + "]"
            + tail
    }
}
