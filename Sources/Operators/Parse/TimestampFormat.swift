internal import Events

/// How a field writes a point in time.
enum TimestampFormat: String, CaseIterable, Sendable {
    /// ISO 8601 text, or a number: seconds since 1970 below 100,000,000,000, else milliseconds.
    ///
    /// As milliseconds the limit is 3 March 1973, as seconds it is the year 5138. A number may also
    /// stand in a string if it has nine digits or more; `20240313` is more likely a date.
    case automatic
    case iso8601
    /// Seconds since 1970, with or without decimals.
    case epochSeconds = "epoch_seconds"
    case epochMilliseconds = "epoch_milliseconds"

    private static let secondsLimit: Int64 = 100_000_000_000
    private static let shortestTextNumber: Int64 = 100_000_000
    /// The years 0001 to 9999, which the canonical form can write.
    private static let range: ClosedRange<Int64> = -62_135_596_800_000...253_402_300_799_999

    /// The time that a value means; `nil` when it means none, or one outside the years 1 to 9999.
    func read(_ value: FieldValue, in arena: EventArena) -> Timestamp? {
        if value.kind == .string { return unsafe read(text: arena.bytes(value.text)) }
        guard value.isNumber else { return nil }
        return unsafe read(number: arena.bytes(value.raw), smallest: 0)
    }

    /// The time that text means.
    func read(text: UnsafeRawBufferPointer) -> Timestamp? {
        switch self {
        case .iso8601: return unsafe Timestamp(iso8601: text)
        case .epochSeconds, .epochMilliseconds: return unsafe read(number: text, smallest: 0)
        case .automatic:
            if let time = unsafe Timestamp(iso8601: text) { return time }
            return unsafe read(number: text, smallest: Self.shortestTextNumber)
        }
    }

    private func read(number text: UnsafeRawBufferPointer, smallest: Int64) -> Timestamp? {
        guard let number = unsafe ExactDecimal(text) else { return nil }
        let whole = Self.floor(number, times: 1)
        guard let whole, whole.magnitude >= smallest.magnitude else { return nil }
        let isSeconds =
            switch self {
            case .iso8601: false
            case .epochSeconds: true
            case .epochMilliseconds: false
            case .automatic: whole.magnitude < Self.secondsLimit.magnitude
            }
        guard self != .iso8601,
            let milliseconds = isSeconds ? Self.floor(number, times: 1000) : whole,
            Self.range.contains(milliseconds)
        else { return nil }
        return Timestamp(milliseconds: milliseconds)
    }

    /// The number times `factor`, rounded down to a whole one.
    private static func floor(_ number: ExactDecimal, times factor: Int128) -> Int64? {
        let (product, overflow) = number.mantissa.multipliedReportingOverflow(by: factor)
        if overflow { return nil }
        var unit: Int128 = 1
        for _ in 0..<number.scale { unit *= 10 }
        let (quotient, remainder) = product.quotientAndRemainder(dividingBy: unit)
        return Int64(exactly: remainder < 0 ? quotient - 1 : quotient)
    }
}
