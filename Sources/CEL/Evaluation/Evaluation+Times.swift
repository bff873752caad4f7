internal import Events

extension Evaluation {
    /// A part of a timestamp in a zone that is known only now.
    func zoned(
        _ function: Function, _ left: Operand, _ right: Operand, _ index: Int32
    ) -> Operand {
        guard right.kind == .string else { return .error(.noSuchOverload, index) }
        let name = right.text.string
        if let known = zones[name] { return timePart(function, left, known, index) }
        guard charge(1_000) else { return .error(.costLimit, index) }
        guard let zone = ZoneOffsets(right.text) else { return .error(.invalidZone, index) }
        // There are some six hundred; what comes from events may be anything.
        if zones.count > 1_000 { zones.removeAll() }
        zones[name] = zone
        return timePart(function, left, zone, index)
    }

    /// A part of a timestamp, in UTC when there is no zone, or of a duration.
    func timePart(
        _ function: Function, _ operand: Operand, _ zone: ZoneOffsets?, _ index: Int32
    ) -> Operand {
        switch operand.kind {
        case .timestamp:
            let moment = operand.moment
            let local = moment.seconds + (zone?.offset(at: moment.seconds) ?? 0)
            return Operand(Self.part(function, local, Int64(moment.nanoseconds)))
        case .duration where zone == nil:
            let nanoseconds = operand.nanoseconds
            switch function {
            case .hours: return Operand(nanoseconds / 3_600_000_000_000)
            case .minutes: return Operand(nanoseconds / 60_000_000_000)
            case .seconds: return Operand(nanoseconds / 1_000_000_000)
            case .milliseconds: return Operand(nanoseconds % 1_000_000_000 / 1_000_000)
            default: return .error(.noSuchOverload, index)
            }
        default: return .error(.noSuchOverload, index)
        }
    }

    private static func part(
        _ function: Function, _ local: Int64, _ nanoseconds: Int64
    ) -> Int64 {
        let (days, second) = local.dividedDown(by: 86_400)
        switch function {
        case .hours: return second / 3_600
        case .minutes: return second / 60 % 60
        case .seconds: return second % 60
        case .milliseconds: return nanoseconds / 1_000_000
        // 1 January 1970 was a Thursday; weeks start with Sunday, which is 0.
        case .dayOfWeek: return (days + 4).dividedDown(by: 7).remainder
        default: break
        }
        let date = CalendarDate(daysSince1970: days)
        switch function {
        case .fullYear: return date.year
        case .month: return date.month - 1
        case .date: return date.day
        case .dayOfMonth: return date.day - 1
        default: return date.dayOfYear
        }
    }

    /// The last multiple of a duration since 1970 that is not after a timestamp.
    func truncated(_ left: Operand, to right: Operand, _ index: Int32) -> Operand {
        guard left.kind == .timestamp, right.kind == .duration else {
            return .error(.noSuchOverload, index)
        }
        guard right.nanoseconds > 0 else { return .error(.outOfRange, index) }
        // In 128 bits, since the nanoseconds of the year 9999 need more than 64.
        let total =
            Int128(left.moment.seconds) * 1_000_000_000 + Int128(left.moment.nanoseconds)
        let step = Int128(right.nanoseconds)
        let rest = (total % step + step) % step
        return left.moment.adding(nanoseconds: -Int64(rest)).map { Operand($0) }
            ?? .error(.outOfRange, index)
    }
}
