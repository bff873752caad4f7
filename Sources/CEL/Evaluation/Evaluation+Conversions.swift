internal import Events

extension Evaluation {
    func converted(_ operand: Operand, _ function: Function, _ index: Int32) -> Operand {
        switch function {
        case .toInteger: return integer(operand, index)
        case .toUnsigned: return unsignedInteger(operand, index)
        case .toDouble:
            if operand.kind == .string {
                return Double(operand.text.string).map { Operand($0) }
                    ?? .error(.invalidConversion, index)
            }
            return Self.double(operand).map { Operand($0) } ?? .error(.noSuchOverload, index)
        case .toString: return string(operand, index)
        case .toBytes:
            switch operand.kind {
            case .bytes: return operand
            case .string: return Operand(bytes: operand.text)
            default: return .error(.noSuchOverload, index)
            }
        case .toBoolean: return boolean(operand, index)
        case .toTimestamp: return timestamp(operand, index)
        default: return duration(operand, index)
        }
    }

    private func integer(_ operand: Operand, _ index: Int32) -> Operand {
        switch operand.kind {
        case .integer: return operand
        case .unsignedInteger:
            return Int64(exactly: operand.bits).map { Operand($0) } ?? .error(.outOfRange, index)
        case .double:
            let double = operand.double
            // The limits themselves can't be told from numbers beyond them.
            guard abs(double) < 0x1p63 else { return .error(.outOfRange, index) }
            return Operand(Int64(double))
        case .string:
            return Int64(operand.text.string).map { Operand($0) }
                ?? .error(.invalidConversion, index)
        case .timestamp: return Operand(operand.moment.seconds)
        default: return .error(.noSuchOverload, index)
        }
    }

    private func unsignedInteger(_ operand: Operand, _ index: Int32) -> Operand {
        switch operand.kind {
        case .unsignedInteger: return operand
        case .integer:
            return UInt64(exactly: operand.integer).map { Operand($0) }
                ?? .error(.outOfRange, index)
        case .double:
            let double = operand.double
            guard double >= 0, double < 0x1p64 else { return .error(.outOfRange, index) }
            return Operand(UInt64(double))
        case .string:
            return UInt64(operand.text.string).map { Operand($0) }
                ?? .error(.invalidConversion, index)
        default: return .error(.noSuchOverload, index)
        }
    }

    private func string(_ operand: Operand, _ index: Int32) -> Operand {
        switch operand.kind {
        case .string: return operand
        case .bytes:
            charge(bytes: Int(operand.count))
            return operand.text.isUTF8
                ? Operand(string: operand.text) : .error(.invalidConversion, index)
        case .boolean:
            return Operand(string: Text(of: operand.boolean ? "true" : "false"))
        case .integer: return Operand(string: memory.text("\(operand.integer)"))
        case .unsignedInteger: return Operand(string: memory.text("\(operand.bits)"))
        case .double: return Operand(string: memory.text(Self.text(of: operand.double)))
        case .timestamp: return Operand(string: memory.text(TimeText.text(of: operand.moment)))
        case .duration:
            return Operand(string: memory.text(TimeText.text(ofDuration: operand.nanoseconds)))
        default: return .error(.noSuchOverload, index)
        }
    }

    /// The shortest digits that read back as the number; whole numbers without a point.
    static func text(of double: Double) -> String {
        if double.isNaN { return "NaN" }
        if double.isInfinite { return double < 0 ? "-Infinity" : "Infinity" }
        let text = "\(double)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    private func boolean(_ operand: Operand, _ index: Int32) -> Operand {
        if operand.kind == .boolean { return operand }
        guard operand.kind == .string else { return .error(.noSuchOverload, index) }
        switch operand.text.string {
        case "1", "t", "T", "true", "TRUE", "True": return .true
        case "0", "f", "F", "false", "FALSE", "False": return .false
        default: return .error(.invalidConversion, index)
        }
    }

    private func timestamp(_ operand: Operand, _ index: Int32) -> Operand {
        switch operand.kind {
        case .timestamp: operand
        case .integer:
            Moment(seconds: operand.integer).map { Operand($0) } ?? .error(.outOfRange, index)
        case .string:
            TimeText.moment(operand.text).map { Operand($0) }
                ?? .error(.invalidConversion, index)
        default: .error(.noSuchOverload, index)
        }
    }

    private func duration(_ operand: Operand, _ index: Int32) -> Operand {
        switch operand.kind {
        case .duration: operand
        case .string:
            TimeText.duration(operand.text).map { Operand(durationNanoseconds: $0) }
                ?? .error(.invalidConversion, index)
        default: .error(.noSuchOverload, index)
        }
    }

    func base64(_ function: Function, _ operand: Operand, _ index: Int32) -> Operand {
        charge(bytes: 4 * Int(operand.count))
        switch (function, operand.kind) {
        case (.toBase64, .bytes):
            return Operand(string: memory.text(Base64.text(of: operand.text)))
        case (.fromBase64, .string):
            guard let bytes = Base64.bytes(of: operand.text) else {
                return .error(.invalidConversion, index)
            }
            return Operand(bytes: memory.text(bytes))
        default: return .error(.noSuchOverload, index)
        }
    }

    // MARK: Types and sizes

    static func typeName(of operand: Operand) -> Text {
        switch operand.kind {
        case .null: Text(of: "null_type")
        case .boolean: Text(of: "bool")
        case .integer: Text(of: "int")
        case .unsignedInteger: Text(of: "uint")
        case .double: Text(of: "double")
        case .string: Text(of: "string")
        case .bytes: Text(of: "bytes")
        case .list: Text(of: "list")
        case .map: Text(of: "map")
        case .timestamp: Text(of: "google.protobuf.Timestamp")
        case .duration: Text(of: "google.protobuf.Duration")
        case .type: Text(of: "type")
        case .optional: Text(of: "optional_type")
        case .field: isMap(operand) ? Text(of: "map") : Text(of: "list")
        case .error, .unknown: Text(of: "error")
        }
    }

    func size(of operand: Operand, _ index: Int32) -> Operand {
        switch operand.kind {
        case .string:
            charge(bytes: Int(operand.count))
            return Operand(Int64(operand.text.scalarCount))
        case .bytes, .list, .map: return Operand(Int64(operand.count))
        case .field:
            let reference = operand.field
            guard let arena = boundArenas[Int(reference.variable)] else {
                return .error(.unbound, index)
            }
            return Operand(Int64(arena.childCount(of: reference.value)))
        default: return .error(.noSuchOverload, index)
        }
    }

    // MARK: Optionals

    func optional(_ function: Function, _ operand: Operand, _ index: Int32) -> Operand {
        switch function {
        case .optionalOf: return Operand(optional: memory.element(operand))
        case .optionalOfNonZero:
            return isZero(operand) ? .emptyOptional : Operand(optional: memory.element(operand))
        default:
            guard operand.kind == .optional else { return .error(.noSuchOverload, index) }
            if function == .hasValue { return Operand(operand.content != nil) }
            return operand.content ?? .error(.emptyOptional, index)
        }
    }

    private func isZero(_ operand: Operand) -> Bool {
        switch operand.kind {
        case .null: true
        case .boolean, .integer, .unsignedInteger, .duration: operand.bits == 0
        case .double: operand.double == 0
        case .string, .bytes, .list, .map, .optional: operand.count == 0
        case .timestamp: operand.bits == 0 && operand.count == 0
        case .field: contents(of: operand)?.count == 0
        default: false
        }
    }

    /// `or` and `orValue`, which look at the second value only when the first is empty.
    func alternative(
        _ left: Operand, _ instruction: Instruction, _ index: Int32, _ program: Program
    ) -> Operand {
        if left.isAbnormal { return left }
        guard left.kind == .optional else { return .error(.noSuchOverload, index) }
        if let content = left.content {
            return instruction.function == .orValue ? content : left
        }
        let right = evaluate(instruction.b, program)
        if right.isAbnormal || instruction.function == .orValue { return right }
        return right.kind == .optional ? right : .error(.noSuchOverload, index)
    }
}
