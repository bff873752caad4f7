internal import Events

// MARK: - Numbers, bytes and logical types

extension EncodeRun {
    /// A number that is whole and fits in 64 bits, however it is written.
    func whole(_ node: Int32) -> Int64? {
        switch kind(of: node) {
        case .integer: return Int64(bitPattern: reader.payload(of: node))
        case .decimal:
            guard let number = unsafe ExactDecimal(reader.rawBytes(of: node)) else { return nil }
            return number.mantissa(scale: 0).flatMap { Int64(exactly: $0) }
        default: return nil
        }
    }

    private func double(_ node: Int32) -> Double? {
        let payload = reader.payload(of: node)
        switch kind(of: node) {
        case .integer: return Double(Int64(bitPattern: payload))
        case .unsignedInteger: return Double(payload)
        case .decimal: return Double(bitPattern: payload)
        case .string:
            let text = unsafe reader.textBytes(of: node)
            if unsafe text.elementsEqual("NaN".utf8) { return .nan }
            if unsafe text.elementsEqual("Infinity".utf8) { return .infinity }
            return unsafe text.elementsEqual("-Infinity".utf8) ? -.infinity : nil
        default: return nil
        }
    }

    /// The nearest float of the digits: by way of a double they could be rounded twice.
    private func float(_ node: Int32) -> Float? {
        guard let double = double(node) else { return nil }
        let isHalfway = double.bitPattern & 0x1FFF_FFFF == 0x1000_0000
        let isTiny = double.magnitude < Double(Float.leastNormalMagnitude)
        guard isHalfway || isTiny, kind(of: node) == .decimal else {
            let float = Float(double)
            return float.isFinite || !double.isFinite ? float : nil
        }
        let text = unsafe String(decoding: reader.rawBytes(of: node), as: UTF8.self)
        return Float(text).flatMap { $0.isFinite ? $0 : nil }
    }

    mutating func converted(
        _ node: Int32, _ step: EncodingPlan.Step, into output: inout ByteBuffer
    ) -> Bool {
        switch step.operation {
        case .float:
            guard let number = float(node) else {
                return mismatch(node, "a number in the range of a float")
            }
            output.append(float: number)
            return true
        case .double:
            guard let number = double(node) else { return mismatch(node, "a number") }
            output.append(ieee: number)
            return true
        case .bytes, .fixed: return bytes(node, step, into: &output)
        case .decimal, .fixedDecimal: return decimal(node, step, into: &output)
        case .uuid, .fixedUUID: return uuid(node, step, into: &output)
        default: return time(node, step, into: &output)
        }
    }

    private mutating func bytes(
        _ node: Int32, _ step: EncodingPlan.Step, into output: inout ByteBuffer
    ) -> Bool {
        guard kind(of: node) == .string else { return mismatch(node, "bytes in base64") }
        let text = unsafe reader.textBytes(of: node)
        let padding = unsafe text.suffix(2).count { $0 == UInt8(ascii: "=") }
        let count = text.count / 4 * 3 - padding
        if step.operation == .bytes {
            output.append(zigZag: Int64(max(count, 0)))
        } else if count != Int(step.count) {
            return mismatch(node, "\(step.count) bytes in base64")
        }
        guard unsafe output.append(decodingBase64: text) else {
            return mismatch(node, "bytes in base64")
        }
        return true
    }

    private mutating func decimal(
        _ node: Int32, _ step: EncodingPlan.Step, into output: inout ByteBuffer
    ) -> Bool {
        let text =
            kind(of: node) == .string
            ? unsafe reader.textBytes(of: node) : unsafe reader.rawBytes(of: node)
        guard let number = unsafe ExactDecimal(text),
            let mantissa = number.mantissa(scale: Int(step.extra)),
            mantissa.decimalDigits <= Int(step.precision)
        else {
            return mismatch(
                node,
                "a number of up to \(step.precision) digits, \(step.extra) of them behind the point,"
            )
        }
        var size = 1
        while size < 16, mantissa >> (size * 8 - 1) != 0, mantissa >> (size * 8 - 1) != -1 {
            size += 1
        }
        if step.operation == .decimal {
            output.append(zigZag: Int64(size))
        } else {
            guard size <= Int(step.count) else {
                return mismatch(node, "a number that fits in \(step.count) bytes")
            }
            let filling: UInt8 = mantissa < 0 ? 0xFF : 0
            for _ in size..<max(Int(step.count), size) { output.append(filling) }
        }
        for place in (0..<size).reversed() {
            output.append(UInt8(truncatingIfNeeded: mantissa >> (place * 8)))
        }
        return true
    }

    private mutating func uuid(
        _ node: Int32, _ step: EncodingPlan.Step, into output: inout ByteBuffer
    ) -> Bool {
        guard kind(of: node) == .string else { return mismatch(node, "a UUID") }
        let text = unsafe reader.textBytes(of: node)
        guard text.count == 36 else { return mismatch(node, "a UUID") }
        var value: UInt128 = 0
        for place in 0..<36 {
            let character = unsafe text[place]
            if place == 8 || place == 13 || place == 18 || place == 23 {
                guard character == UInt8(ascii: "-") else { return mismatch(node, "a UUID") }
                continue
            }
            guard let digit = Self.digit(character) else { return mismatch(node, "a UUID") }
            value = value << 4 | UInt128(digit)
        }
        if step.operation == .uuid {
            output.append(zigZag: 36)
            unsafe output.append(text)
        } else {
            for place in (0..<16).reversed() {
                output.append(UInt8(truncatingIfNeeded: value >> (place * 8)))
            }
        }
        return true
    }

    private static func digit(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private mutating func time(
        _ node: Int32, _ step: EncodingPlan.Step, into output: inout ByteBuffer
    ) -> Bool {
        var number: Int64?
        if kind(of: node) == .integer {
            number = Int64(bitPattern: reader.payload(of: node))
        } else if kind(of: node) == .string {
            var text = unsafe TimeReader(reader.textBytes(of: node), perSecond: step.extra)
            switch step.operation {
            case .date: number = text.date()
            case .timeOfDay: number = text.timeOfDay()
            case .localTimestamp: number = text.pointInTime(isLocal: true)
            default: number = text.pointInTime(isLocal: false)
            }
        }
        // Dates and times in milliseconds are ints.
        let isInt =
            step.operation == .date || (step.operation == .timeOfDay && step.extra == 1_000)
        guard let number, !isInt || Int32(exactly: number) != nil else {
            return mismatch(node, Self.wanted(step))
        }
        output.append(zigZag: number)
        return true
    }

    private static func wanted(_ step: EncodingPlan.Step) -> String {
        let digits = "at most \(TimeUnit.digits(step.extra)) digits of a second"
        return switch step.operation {
        case .date: "a date such as 2024-03-13"
        case .timeOfDay: "a time such as 10:21:14 with \(digits)"
        case .localTimestamp: "a time such as 2024-03-13T10:21:14 without a zone, with \(digits)"
        default: "a time such as 2024-03-13T10:21:14Z with \(digits)"
        }
    }
}

extension ExactDecimal {
    /// The number in units of 10^-`scale`, when it is a whole number of them.
    func mantissa(scale wanted: Int) -> Int128? {
        var value = mantissa
        for _ in 0..<max(scale - wanted, 0) {
            let (quotient, remainder) = value.quotientAndRemainder(dividingBy: 10)
            guard remainder == 0 else { return nil }
            value = quotient
        }
        if value == 0 { return 0 }
        for _ in 0..<max(wanted - scale, 0) {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            value = product
        }
        return value
    }
}

extension Int128 {
    var decimalDigits: Int {
        var digits = 0
        var rest = magnitude
        while rest > 0 {
            digits += 1
            rest /= 10
        }
        return digits
    }
}
