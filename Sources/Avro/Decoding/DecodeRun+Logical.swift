internal import Events

// MARK: - Logical types

extension DecodeRun {
    mutating func logical(_ step: Step, into output: inout ByteBuffer) -> Bool {
        let start = position
        switch step.operation {
        case .decimal, .fixedDecimal:
            let range = step.operation == .decimal ? sized() : take(Int(step.count))
            guard let range else { return false }
            guard unsafe output.append(decimal: part(range), scale: Int(step.extra)) else {
                return fail(.tooLarge, at: start, "a decimal of \(range.count) bytes")
            }
            return true
        case .fixedUUID:
            guard let range = take(16) else { return false }
            unsafe output.append(uuid: part(range))
            return true
        case .date:
            guard let days = int() else { return false }
            return quoted(start, "a date", into: &output) { $0.append(days: days) }
        case .timeOfInt, .timeOfLong:
            guard let time = step.operation == .timeOfInt ? int() : long() else { return false }
            return quoted(start, "a time of day", into: &output) {
                $0.append(timeOfDay: time, perSecond: step.extra)
            }
        default:
            guard let time = long() else { return false }
            return quoted(start, "a timestamp", into: &output) {
                guard $0.append(pointInTime: time, perSecond: step.extra) else { return false }
                if step.operation == .timestamp { $0.append(UInt8(ascii: "Z")) }
                return true
            }
        }
    }

    @inline(__always)
    private mutating func quoted(
        _ start: Int, _ what: String, into output: inout ByteBuffer,
        _ body: (inout ByteBuffer) -> Bool
    ) -> Bool {
        output.append(UInt8(ascii: "\""))
        guard body(&output) else {
            return fail(.invalidValue, at: start, "\(what) outside the years 1 to 9999, or the day")
        }
        output.append(UInt8(ascii: "\""))
        return true
    }
}
