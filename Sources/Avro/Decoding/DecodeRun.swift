internal import Events

/// One value on its way from bytes to JSON.
///
/// Every function returns false when there is something wrong; `failure` says what, and each
/// record on the way back adds its field.
@safe
struct DecodeRun {
    let plan: DecodingPlan
    let bytes: UnsafePointer<UInt8>?
    let end: Int
    let maximumDepth: Int
    let outputLimit: Int

    var position = 0
    var depth = 0
    var failure: AvroFailure?

    init(
        _ plan: DecodingPlan, _ bytes: UnsafeRawBufferPointer, maximumDepth: Int, outputLimit: Int
    ) {
        self.plan = plan
        unsafe self.bytes = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        end = bytes.count
        self.maximumDepth = maximumDepth
        self.outputLimit = outputLimit
    }

    mutating func fail(_ code: AvroFailure.Code, at position: Int, _ message: String) -> Bool {
        failure = AvroFailure(code, at: position, message)
        return false
    }

    // MARK: Values

    mutating func value(_ index: Int32, into output: inout ByteBuffer) -> Bool {
        let step = unsafe plan.steps[Int(index)]
        switch step.operation {
        case .null:
            output.append("null")
            return true
        case .string: return string(into: &output)
        case .record: return record(step, into: &output)
        case .union:
            guard let branch = branch(of: step) else { return false }
            return value(branch, into: &output)
        case .long:
            guard let number = long() else { return false }
            output.append(integer: number)
            return true
        case .int:
            guard let number = int() else { return false }
            output.append(integer: number)
            return true
        case .boolean: return boolean(into: &output)
        case .double: return double(into: &output)
        case .float: return float(into: &output)
        case .enumeration: return enumeration(step, into: &output)
        case .array: return items(of: step, isMap: false, into: &output)
        case .map: return items(of: step, isMap: true, into: &output)
        case .refuse:
            return fail(.unreadable, at: position, plan.reasons[Int(step.extra)])
        case .bytes, .fixed, .bytesAsString, .stringAsBytes, .intAsDouble, .longAsDouble:
            return converted(step, into: &output)
        case .decimal, .fixedDecimal, .fixedUUID, .date, .timeOfInt, .timeOfLong, .timestamp,
            .localTimestamp:
            return logical(step, into: &output)
        }
    }

    private mutating func converted(_ step: Step, into output: inout ByteBuffer) -> Bool {
        switch step.operation {
        case .intAsDouble:
            guard let number = int() else { return false }
            output.append(double: Double(number))
        case .longAsDouble:
            guard let number = long() else { return false }
            output.append(double: Double(number))
        case .bytesAsString: return string(into: &output)
        case .fixed:
            guard let range = take(Int(step.count)) else { return false }
            unsafe output.append(base64: part(range))
        default:
            guard let range = sized() else { return false }
            unsafe output.append(base64: part(range))
        }
        return true
    }

    private mutating func boolean(into output: inout ByteBuffer) -> Bool {
        guard let range = take(1) else { return false }
        switch unsafe part(range)[0] {
        case 0: output.append("false")
        case 1: output.append("true")
        case let other:
            return fail(.invalidValue, at: range.lowerBound, "a boolean is 0 or 1, not \(other)")
        }
        return true
    }

    private mutating func double(into output: inout ByteBuffer) -> Bool {
        guard let range = take(8) else { return false }
        let bits = unsafe part(range).loadUnaligned(as: UInt64.self)
        let number = Double(bitPattern: UInt64(littleEndian: bits))
        if number.isFinite {
            output.append(double: number)
        } else {
            output.append(nonFinite: number)
        }
        return true
    }

    private mutating func float(into output: inout ByteBuffer) -> Bool {
        guard let range = take(4) else { return false }
        let bits = unsafe part(range).loadUnaligned(as: UInt32.self)
        let number = Float(bitPattern: UInt32(littleEndian: bits))
        if number.isFinite {
            // The shortest digits that give this float: 0.1 and not 0.10000000149011612.
            output.append(string: "\(number)")
        } else {
            output.append(nonFinite: Double(number))
        }
        return true
    }

    private mutating func string(into output: inout ByteBuffer) -> Bool {
        guard let range = sized() else { return false }
        let text = unsafe part(range)
        if unsafe output.append(strictJSONString: text) { return true }
        var place = 0
        while place < text.count, let length = unsafe text.utf8Length(at: place) { place += length }
        return fail(.invalidUTF8, at: range.lowerBound + place, "a string is not UTF-8")
    }

    private mutating func enumeration(_ step: Step, into output: inout ByteBuffer) -> Bool {
        let start = position
        guard let index = int() else { return false }
        guard index >= 0, index < Int64(step.count) else {
            return fail(
                .invalidValue, at: start,
                "an enum of \(step.count) symbols has none of index \(index)")
        }
        let literal = step.first + Int32(index)
        guard unsafe plan.literals[Int(literal)].start >= 0 else {
            return fail(.unreadable, at: start, "the reader's enum has no such symbol")
        }
        unsafe output.append(plan.bytes(of: literal))
        return true
    }

    // MARK: Values with parts

    mutating func branch(of step: Step) -> Int32? {
        let start = position
        guard let index = long() else { return nil }
        guard index >= 0, index < Int64(step.count) else {
            _ = fail(
                .invalidValue, at: start,
                "a union of \(step.count) types has none of index \(index)")
            return nil
        }
        return unsafe plan.branches[Int(step.first) + Int(index)]
    }

    mutating func enter() -> Bool {
        depth += 1
        guard depth <= maximumDepth else {
            return fail(
                .tooDeep, at: position, "values are nested deeper than \(maximumDepth) levels")
        }
        return true
    }

    private mutating func record(_ step: Step, into output: inout ByteBuffer) -> Bool {
        guard enter() else { return false }
        for index in Int(step.first)..<Int(step.first) + Int(step.count) {
            let field = unsafe plan.fields[index]
            if field.literal < 0 {
                if skip(field.step) { continue }
            } else {
                unsafe output.append(plan.bytes(of: field.literal))
                if value(field.step, into: &output) { continue }
            }
            failure?.path.append(
                unsafe String(decoding: plan.bytes(of: field.name), as: UTF8.self))
            return false
        }
        unsafe output.append(plan.bytes(of: Int32(truncatingIfNeeded: step.extra)))
        depth -= 1
        return true
    }

    private mutating func items(
        of step: Step, isMap: Bool, into output: inout ByteBuffer
    ) -> Bool {
        guard enter() else { return false }
        output.append(UInt8(ascii: isMap ? "{" : "["))
        let item = unsafe plan.steps[Int(step.first)]
        let smallest = Int(item.minimumSize) + (isMap ? 1 : 0)
        var isFirst = true
        while true {
            guard let block = blockStart(smallestItem: smallest) else { return false }
            if block.count == 0 { break }
            for _ in 0..<block.count {
                if !isFirst { output.append(UInt8(ascii: ",")) }
                isFirst = false
                if isMap {
                    guard string(into: &output) else { return false }
                    output.append(UInt8(ascii: ":"))
                }
                guard value(step.first, into: &output) else { return false }
                // What takes no bytes can be there any number of times.
                guard output.count <= outputLimit else {
                    return fail(.tooLarge, at: position, "the JSON text is longer than the limit")
                }
            }
        }
        output.append(UInt8(ascii: isMap ? "}" : "]"))
        depth -= 1
        return true
    }
}
