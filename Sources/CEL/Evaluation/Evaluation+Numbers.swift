extension Evaluation {
    func number(_ function: Function, _ operand: Operand, _ index: Int32) -> Operand {
        switch function {
        case .greatest, .least: return extreme(function, operand, index)
        case .abs, .sign: return magnitude(function, operand, index)
        case .bitNot:
            switch operand.kind {
            case .integer: return Operand(~operand.integer)
            case .unsignedInteger: return Operand(~operand.bits)
            default: return .error(.noSuchOverload, index)
            }
        default: break
        }
        guard operand.kind == .double else { return .error(.noSuchOverload, index) }
        let value = operand.double
        switch function {
        case .ceil: return Operand(value.rounded(.up))
        case .floor: return Operand(value.rounded(.down))
        case .round: return Operand(value.rounded(.toNearestOrAwayFromZero))
        case .trunc: return Operand(value.rounded(.towardZero))
        case .isNaN: return Operand(value.isNaN)
        case .isInfinite: return Operand(value.isInfinite)
        case .isFinite: return Operand(value.isFinite)
        default: return .error(.noSuchOverload, index)
        }
    }

    private func extreme(_ function: Function, _ operand: Operand, _ index: Int32) -> Operand {
        if operand.isNumber { return operand }
        guard Self.isList(operand), let numbers = contents(of: operand), numbers.count > 0,
            numbers[0].isNumber
        else { return .error(.noSuchOverload, index) }
        charge(numbers.count)
        var result = numbers[0]
        for position in 1..<max(numbers.count, 1) {
            let number = numbers[position]
            guard number.isNumber else { return .error(.noSuchOverload, index) }
            if Self.order(number, result) == (function == .greatest ? .greater : .less) {
                result = number
            }
        }
        return result
    }

    private func magnitude(_ function: Function, _ operand: Operand, _ index: Int32) -> Operand {
        let isSign = function == .sign
        switch operand.kind {
        case .integer:
            if isSign { return Operand(operand.integer.signum()) }
            return operand.integer == .min
                ? .error(.outOfRange, index) : Operand(abs(operand.integer))
        case .unsignedInteger: return isSign ? Operand(min(operand.bits, 1)) : operand
        case .double:
            let value = operand.double
            guard isSign else { return Operand(value.magnitude) }
            return Operand(value > 0 ? 1.0 : value < 0 ? -1.0 : value)
        default: return .error(.noSuchOverload, index)
        }
    }

    func bits(
        _ function: Function, _ left: Operand, _ right: Operand, _ index: Int32
    ) -> Operand {
        let isSigned = left.kind == .integer
        guard isSigned || left.kind == .unsignedInteger else {
            return .error(.noSuchOverload, index)
        }
        let result: UInt64
        switch function {
        case .bitShiftLeft, .bitShiftRight:
            guard right.kind == .integer else { return .error(.noSuchOverload, index) }
            guard right.integer >= 0 else { return .error(.outOfRange, index) }
            let distance = min(right.integer, 64)
            result = function == .bitShiftLeft ? left.bits << distance : left.bits >> distance
        default:
            guard right.kind == left.kind else { return .error(.noSuchOverload, index) }
            switch function {
            case .bitAnd: result = left.bits & right.bits
            case .bitOr: result = left.bits | right.bits
            default: result = left.bits ^ right.bits
            }
        }
        return isSigned ? Operand(Int64(bitPattern: result)) : Operand(result)
    }
}
