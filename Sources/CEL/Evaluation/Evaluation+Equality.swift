/// How two values are ordered.
enum ValueOrder {
    case less, equal, greater
    /// One of them is not a number.
    case none

    init(_ order: Int) {
        self = order < 0 ? .less : order > 0 ? .greater : .equal
    }

    init<T: Comparable>(_ left: T, _ right: T) {
        self = left < right ? .less : left > right ? .greater : left == right ? .equal : .none
    }
}

extension Evaluation {
    /// Whether two values are equal; values of different types are not, but for numbers, which
    /// are equal when they are the same number.
    func isEqual(_ left: Operand, _ right: Operand) -> Bool {
        switch (left.kind, right.kind) {
        case (.string, .string), (.bytes, .bytes):
            guard left.count == right.count else { return false }
            charge(bytes: Int(left.count))
            return left.text == right.text
        case (.integer, .integer), (.unsignedInteger, .unsignedInteger), (.boolean, .boolean),
            (.duration, .duration):
            return left.bits == right.bits
        case (.double, .double): return left.double == right.double
        case (.null, .null): return true
        case (.timestamp, .timestamp): return left.moment == right.moment
        case (.type, .type): return left.text == right.text
        case (.optional, .optional):
            guard let one = left.content, let other = right.content else {
                return left.count == right.count
            }
            return isEqual(one, other)
        default:
            if left.isNumber, right.isNumber { return Self.order(left, right) == .equal }
            return areEqualContainers(left, right)
        }
    }

    private func areEqualContainers(_ left: Operand, _ right: Operand) -> Bool {
        let areLists = Self.isList(left) && Self.isList(right)
        guard areLists || (Self.isMap(left) && Self.isMap(right)),
            let one = contents(of: left), let other = contents(of: right),
            one.count == other.count, charge(one.count)
        else { return false }
        if areLists {
            for position in 0..<one.count where !isEqual(one[position], other[position]) {
                return false
            }
            return true
        }
        for position in stride(from: 0, to: one.count, by: 2) {
            guard let place = find(one[position], in: other),
                isEqual(one[position + 1], other[place + 1])
            else { return false }
        }
        return true
    }

    /// Whether a list holds a value, or a map a key.
    func isIn(_ value: Operand, _ container: Operand, _ index: Int32) -> Operand {
        guard let contents = contents(of: container) else {
            return .error(.noSuchOverload, index)
        }
        if Self.isMap(container) { return Operand(find(value, in: contents) != nil) }
        for position in 0..<contents.count where isEqual(contents[position], value) {
            charge(position / 4)
            return .true
        }
        charge(contents.count / 4)
        return .false
    }

    // MARK: Order

    func ordered(
        _ function: Function, _ left: Operand, _ right: Operand, _ index: Int32
    ) -> Operand {
        guard let order = order(left, right) else { return .error(.noSuchOverload, index) }
        switch function {
        case .less: return Operand(order == .less)
        case .lessOrEqual: return Operand(order == .less || order == .equal)
        case .greater: return Operand(order == .greater)
        default: return Operand(order == .greater || order == .equal)
        }
    }

    /// The order of two values; `nil` when values of their types have none.
    private func order(_ left: Operand, _ right: Operand) -> ValueOrder? {
        if left.isNumber, right.isNumber { return Self.order(left, right) }
        guard left.kind == right.kind else { return nil }
        switch left.kind {
        case .string, .bytes:
            charge(bytes: min(Int(left.count), Int(right.count)))
            return ValueOrder(left.text.order(to: right.text))
        case .boolean: return ValueOrder(left.bits, right.bits)
        case .timestamp: return ValueOrder(left.moment, right.moment)
        case .duration: return ValueOrder(left.nanoseconds, right.nanoseconds)
        default: return nil
        }
    }

    /// The order of two numbers of any types.
    static func order(_ left: Operand, _ right: Operand) -> ValueOrder {
        switch (left.kind, right.kind) {
        case (.integer, .integer): ValueOrder(left.integer, right.integer)
        case (.unsignedInteger, .unsignedInteger):
            ValueOrder(left.unsignedInteger, right.unsignedInteger)
        case (.double, .double): ValueOrder(left.double, right.double)
        case (.integer, .unsignedInteger):
            left.integer < 0 ? .less : ValueOrder(left.bits, right.bits)
        case (.unsignedInteger, .integer):
            right.integer < 0 ? .greater : ValueOrder(left.bits, right.bits)
        // As the reference implementation does it, whole numbers are compared as doubles.
        case (.integer, _): ValueOrder(Double(left.integer), right.double)
        case (.unsignedInteger, _): ValueOrder(Double(left.unsignedInteger), right.double)
        case (_, .integer): ValueOrder(left.double, Double(right.integer))
        default: ValueOrder(left.double, Double(right.unsignedInteger))
        }
    }
}
