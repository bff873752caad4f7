internal import Events

// MARK: - What bytes say

extension DecodeRun {
    func part(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(
            start: bytes.map { unsafe $0 + range.lowerBound }, count: range.count)
    }

    /// The next bytes, so many of them.
    @inline(__always)
    mutating func take(_ count: Int) -> Range<Int>? {
        guard count <= end - position else {
            _ = fail(
                .truncated, at: position,
                "a value of \(count) bytes does not fit in the \(end - position) that are left")
            return nil
        }
        let start = position
        position += count
        return start..<position
    }

    /// A `long`: seven bits a byte, the lowest first, signs in the lowest bit.
    @inline(__always)
    mutating func long() -> Int64? {
        guard position < end, let bytes = unsafe bytes else { return longLeft() }
        let byte = unsafe bytes[position]
        guard byte < 0x80 else { return longLeft() }
        position += 1
        return Int64(byte >> 1) ^ -Int64(byte & 1)
    }

    private mutating func longLeft() -> Int64? {
        let start = position
        var bits: UInt64 = 0
        var shift: UInt64 = 0
        while position < end, let bytes = unsafe bytes {
            let byte = unsafe bytes[position]
            position += 1
            // The tenth byte has room for the topmost bit.
            guard shift < 63 || byte <= 1 else {
                _ = fail(.invalidValue, at: start, "a number has more than 64 bits")
                return nil
            }
            bits |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return Int64(bitPattern: bits >> 1) ^ -Int64(bits & 1) }
            shift += 7
        }
        _ = fail(.truncated, at: position, "the bytes end inside a number")
        return nil
    }

    /// An `int`: a number that fits in 32 bits.
    @inline(__always)
    mutating func int() -> Int64? {
        let start = position
        guard let number = long() else { return nil }
        guard Int32(exactly: number) != nil else {
            _ = fail(.invalidValue, at: start, "\(number) does not fit in an int")
            return nil
        }
        return number
    }

    /// Bytes with their count in front.
    @inline(__always)
    mutating func sized() -> Range<Int>? {
        let start = position
        guard let count = long() else { return nil }
        guard count >= 0, count <= Int64(end - position) else {
            _ = fail(
                count < 0 ? .invalidValue : .truncated, at: start,
                "\(count) bytes do not fit in the \(end - position) that are left")
            return nil
        }
        return take(Int(count))
    }

    /// The head of a block of an array or map: how many items it has, 0 at the end, and where it
    /// ends when it says so.
    mutating func blockStart(smallestItem: Int) -> (count: Int, end: Int?)? {
        let start = position
        guard var count = long() else { return nil }
        var blockEnd: Int?
        if count < 0 {
            guard count > .min else {
                _ = fail(.invalidValue, at: start, "a block has no count")
                return nil
            }
            count = -count
            guard let size = long() else { return nil }
            guard size >= 0, size <= Int64(end - position) else {
                _ = fail(
                    .invalidValue, at: start,
                    "a block of \(size) bytes does not fit in the \(end - position) that are left")
                return nil
            }
            blockEnd = position + Int(size)
        }
        guard smallestItem == 0 || count <= Int64((end - position) / smallestItem) else {
            _ = fail(
                .truncated, at: start,
                "\(count) items do not fit in the \(end - position) bytes that are left")
            return nil
        }
        return (Int(count), blockEnd)
    }
}

// MARK: - Skipping

extension DecodeRun {
    /// Passes over a value that nobody wants.
    mutating func skip(_ index: Int32) -> Bool {
        let step = unsafe plan.steps[Int(index)]
        if step.isZeroSized { return true }
        switch step.operation {
        case .null, .refuse: return true
        case .boolean: return take(1) != nil
        case .float: return take(4) != nil
        case .double: return take(8) != nil
        case .int, .intAsDouble, .date, .timeOfInt, .enumeration: return int() != nil
        case .long, .longAsDouble, .timeOfLong, .timestamp, .localTimestamp: return long() != nil
        case .bytes, .string, .bytesAsString, .stringAsBytes, .decimal: return sized() != nil
        case .fixed, .fixedDecimal, .fixedUUID: return take(Int(step.count)) != nil
        case .union:
            guard let branch = branch(of: step) else { return false }
            return skip(branch)
        case .record:
            guard enter() else { return false }
            for index in Int(step.first)..<Int(step.first) + Int(step.count) {
                let field = unsafe plan.fields[index]
                guard skip(field.step) else {
                    failure?.path.append(
                        unsafe String(decoding: plan.bytes(of: field.name), as: UTF8.self))
                    return false
                }
            }
            depth -= 1
            return true
        case .array, .map: return skipItems(of: step)
        }
    }

    private mutating func skipItems(of step: Step) -> Bool {
        guard enter() else { return false }
        let isMap = step.operation == .map
        let item = unsafe plan.steps[Int(step.first)]
        let smallest = Int(item.minimumSize) + (isMap ? 1 : 0)
        while true {
            guard let block = blockStart(smallestItem: smallest) else { return false }
            if block.count == 0 { break }
            if let end = block.end {
                position = end
                continue
            }
            // Nothing to pass over, however often.
            if item.isZeroSized, !isMap { continue }
            for _ in 0..<block.count {
                if isMap, sized() == nil { return false }
                guard skip(step.first) else { return false }
            }
        }
        depth -= 1
        return true
    }
}
