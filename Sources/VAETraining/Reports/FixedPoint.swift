/// Numbers for people. Foundation's formatters would bring tens of megabytes of locale data along.
enum FixedPoint {
    /// `value` with `decimals` digits after the point, such as `105.40`; padded with spaces on the left to `width`.
    static func string(_ value: Double, decimals: Int, width: Int = 0) -> String {
        let scale = (0..<decimals).reduce(1.0) { product, _ in product * 10 }
        guard value.isFinite, abs(value) * scale < 1e15 else { return pad("\(value)", width) }
        let rounded = Int((abs(value) * scale).rounded())
        let whole = rounded / Int(scale)
        var text = (value < 0 && rounded > 0 ? "-" : "") + String(whole)
        if decimals > 0 {
            let fraction = String(rounded % Int(scale))
            text += "." + String(repeating: "0", count: decimals - fraction.count) + fraction
        }
        return pad(text, width)
    }

    /// `value` to the nearest whole number, with a narrow space between thousands.
    static func grouped(_ value: Double) -> String {
        let digits = string(value, decimals: 0)
        guard digits.allSatisfy(\.isNumber) else { return digits }
        return digits.enumerated().reduce(into: "") { text, digit in
            if digit.offset > 0, (digits.count - digit.offset) % 3 == 0 { text += "\u{202F}" }
            text.append(digit.element)
        }
    }

    /// `text` with spaces on the left up to `width` characters.
    static func pad(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    /// `1:02:03`, `2:03` or `0:03`.
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e9 else { return "?" }
        let total = Int(seconds.rounded())
        let two = { (number: Int) in (number < 10 ? "0" : "") + String(number) }
        let minutes = total / 60
        return minutes < 60
            ? "\(minutes):\(two(total % 60))" : "\(minutes / 60):\(two(minutes % 60)):\(two(total % 60))"
    }
}
