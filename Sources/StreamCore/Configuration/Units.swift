/// Durations as topology files write them.
public enum DurationText {
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    /// The longest, in milliseconds: a hundred years. Added to any time that an event may have it stays
    /// a time.
    private static let longest: Int64 = 36_525 * 86_400_000

    /// What to write instead of a text that can't be taken.
    public static func remedy(for text: String) -> String {
        total(text) == nil
            ? "write a number and a unit, such as 500ms, 30s, 10m, 24h or 7d"
            : "write at most 36525d, a hundred years"
    }

    /// Reads `500ms`, `30s`, `1h30m`; `nil` for anything else, including a number without a unit,
    /// but for `0`, and more than a hundred years.
    public static func parse(_ text: String) -> Duration? {
        guard let total = total(text), total <= longest else { return nil }
        return .milliseconds(total)
    }

    private static func total(_ text: String) -> Int64? {
        if text == "0" { return 0 }
        var rest = text[...]
        var total: Int64 = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            guard let (number, unit) = Quantity.take(from: &rest) else { return nil }
            guard let factor = units.first(where: { $0.name == unit })?.milliseconds else {
                return nil
            }
            let product = number.multipliedReportingOverflow(by: factor)
            let sum = total.addingReportingOverflow(product.partialValue)
            total = product.overflow || sum.overflow ? .max : sum.partialValue
        }
        return total
    }

    /// Writes a duration with the largest unit that divides it: `90s` as `90s`, `30m` as `30m`.
    public static func format(_ duration: Duration) -> String {
        let milliseconds = duration.wholeMilliseconds
        guard milliseconds != 0 else { return "0" }
        let unit = units.last { milliseconds % $0.milliseconds == 0 } ?? units[0]
        return "\(milliseconds / unit.milliseconds)\(unit.name)"
    }
}

/// Sizes in bytes as topology files write them.
public enum SizeText {
    private static let units: [String: Int64] = [
        "B": 1, "kB": 1000, "KB": 1000, "MB": 1_000_000, "GB": 1_000_000_000,
        "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30,
    ]

    public static func parse(_ text: String) -> Int? {
        var rest = text[...]
        guard let (number, unit) = Quantity.take(from: &rest), rest.isEmpty,
            let factor = units[unit]
        else { return nil }
        let product = number.multipliedReportingOverflow(by: factor)
        return product.overflow ? nil : Int(exactly: product.partialValue)
    }
}

private enum Quantity {
    /// Takes a number and the letters behind it from the front of `text`.
    static func take(from text: inout Substring) -> (number: Int64, unit: String)? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(digits.count).prefix { $0.isASCII && $0.isLetter }
        guard let number = Int64(digits), !unit.isEmpty else { return nil }
        text = text.dropFirst(digits.count + unit.count)
        return (number, String(unit))
    }
}

extension Duration {
    /// Whole milliseconds, cut towards zero. Saturates.
    public var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, isOver) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return isOver ? (seconds < 0 ? .min : .max) : sum
    }
}
