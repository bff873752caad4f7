extension Evaluation {
    func sum(_ left: Operand, _ right: Operand, _ index: Int32) -> Operand {
        switch (left.kind, right.kind) {
        case (.integer, .integer):
            return Self.checked(left.integer.addingReportingOverflow(right.integer), index)
        case (.unsignedInteger, .unsignedInteger):
            return Self.checked(left.bits.addingReportingOverflow(right.bits), index)
        case (.string, .string):
            return charged(left, right, index) { Operand(string: $0) }
        case (.bytes, .bytes):
            return charged(left, right, index) { Operand(bytes: $0) }
        case (.timestamp, .duration): return moved(left.moment, by: right.nanoseconds, index)
        case (.duration, .timestamp): return moved(right.moment, by: left.nanoseconds, index)
        case (.duration, .duration):
            let (sum, overflow) = left.nanoseconds.addingReportingOverflow(right.nanoseconds)
            return overflow ? .error(.outOfRange, index) : Operand(durationNanoseconds: sum)
        case (.list, .list), (.list, .field), (.field, .list), (.field, .field):
            return joined(left, right, index)
        default: return doubles(left, right, index, +)
        }
    }

    func difference(_ left: Operand, _ right: Operand, _ index: Int32) -> Operand {
        switch (left.kind, right.kind) {
        case (.integer, .integer):
            return Self.checked(left.integer.subtractingReportingOverflow(right.integer), index)
        case (.unsignedInteger, .unsignedInteger):
            return Self.checked(left.bits.subtractingReportingOverflow(right.bits), index)
        case (.timestamp, .timestamp):
            return left.moment.nanoseconds(since: right.moment)
                .map { Operand(durationNanoseconds: $0) } ?? .error(.outOfRange, index)
        case (.timestamp, .duration):
            let (opposite, overflow) = Int64(0).subtractingReportingOverflow(right.nanoseconds)
            return overflow ? .error(.outOfRange, index) : moved(left.moment, by: opposite, index)
        case (.duration, .duration):
            let (rest, overflow) = left.nanoseconds
                .subtractingReportingOverflow(right.nanoseconds)
            return overflow ? .error(.outOfRange, index) : Operand(durationNanoseconds: rest)
        default: return doubles(left, right, index, -)
        }
    }

    func product(
        _ function: Function, _ left: Operand, _ right: Operand, _ index: Int32
    ) -> Operand {
        switch (left.kind, right.kind) {
        case (.integer, .integer): return product(function, left.integer, right.integer, index)
        case (.unsignedInteger, .unsignedInteger):
            return product(function, left.bits, right.bits, index)
        default:
            switch function {
            case .multiply: return doubles(left, right, index, *)
            case .divide: return doubles(left, right, index, /)
            default: return .error(.noSuchOverload, index)
            }
        }
    }

    private func product<T: FixedWidthInteger>(
        _ function: Function, _ left: T, _ right: T, _ index: Int32
    ) -> Operand {
        if function == .multiply {
            return Self.checked(left.multipliedReportingOverflow(by: right), index)
        }
        if right == 0 { return .error(.divisionByZero, index) }
        return function == .divide
            ? Self.checked(left.dividedReportingOverflow(by: right), index)
            : Self.checked(left.remainderReportingOverflow(dividingBy: right), index)
    }

    func negated(_ operand: Operand, _ index: Int32) -> Operand {
        switch operand.kind {
        case .integer:
            Self.checked(Int64(0).subtractingReportingOverflow(operand.integer), index)
        case .double: Operand(-operand.double)
        default: .error(.noSuchOverload, index)
        }
    }

    private static func checked<T: FixedWidthInteger>(
        _ result: (partialValue: T, overflow: Bool), _ index: Int32
    ) -> Operand {
        if result.overflow { return .error(.outOfRange, index) }
        return T.isSigned
            ? Operand(Int64(truncatingIfNeeded: result.partialValue))
            : Operand(UInt64(truncatingIfNeeded: result.partialValue))
    }

    /// Two doubles, or a double and a whole number: a field of an event without a schema may hold
    /// either.
    private func doubles(
        _ left: Operand, _ right: Operand, _ index: Int32, _ body: (Double, Double) -> Double
    ) -> Operand {
        guard left.kind == .double || right.kind == .double,
            let one = Self.double(left), let other = Self.double(right)
        else { return .error(.noSuchOverload, index) }
        return Operand(body(one, other))
    }

    static func double(_ operand: Operand) -> Double? {
        switch operand.kind {
        case .double: operand.double
        case .integer: Double(operand.integer)
        case .unsignedInteger: Double(operand.unsignedInteger)
        default: nil
        }
    }

    private func moved(_ moment: Moment, by nanoseconds: Int64, _ index: Int32) -> Operand {
        moment.adding(nanoseconds: nanoseconds).map { Operand($0) } ?? .error(.outOfRange, index)
    }

    private func charged(
        _ left: Operand, _ right: Operand, _ index: Int32, _ body: (Text) -> Operand
    ) -> Operand {
        charge(bytes: Int(left.count) + Int(right.count))
        guard remainingCost >= 0 else { return .error(.costLimit, index) }
        return body(memory.joined(left.text, right.text))
    }

    private func joined(_ left: Operand, _ right: Operand, _ index: Int32) -> Operand {
        guard Self.isList(left), Self.isList(right), let one = contents(of: left),
            let other = contents(of: right)
        else { return .error(.noSuchOverload, index) }
        guard charge(one.count + other.count) else { return .error(.costLimit, index) }
        let all = memory.elements(one.count + other.count)
        for position in 0..<one.count { all[position] = one[position] }
        for position in 0..<other.count { all[one.count + position] = other[position] }
        return Operand(list: all)
    }
}
