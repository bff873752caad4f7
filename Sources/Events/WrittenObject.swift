internal import CSimdJSON

/// An object that an operator wrote, in valid JSON without white space: a number or plain string of it is
/// found by walking along the text, which costs a fraction of an index of so little.
@safe
struct WrittenObject {
    private let text: UnsafeRawBufferPointer
    private let range: ByteRange

    init(_ range: ByteRange, in arena: EventArena) {
        self.range = range
        unsafe self.text = arena.bytes(range)
    }

    /// The value at a path; `nil` when an index must say: what is no number and no string without escapes,
    /// what is not there, and what is written in another way than expected.
    func value(at path: UnsafeRawBufferPointer) -> FieldValue? {
        var place = 0
        var position = 0
        while position < path.count {
            let step = unsafe PathStep(path.baseAddress! + position)
            guard !step.isIndex, let member = unsafe self.member(step.name, ofObjectAt: place)
            else { return nil }
            place = member
            position += step.encodedCount
        }
        return scalar(at: place)
    }

    private func byte(_ position: Int) -> UInt8 {
        unsafe position < text.count ? text[position] : 0
    }

    /// Where the value of a member begins.
    private func member(_ name: UnsafeRawBufferPointer, ofObjectAt start: Int) -> Int? {
        guard byte(start) == UInt8(ascii: "{") else { return nil }
        var position = start + 1
        while byte(position) == UInt8(ascii: "\"") {
            guard let end = endOfString(at: position), byte(end) == UInt8(ascii: ":") else {
                return nil
            }
            let isMeant =
                unsafe end - position - 2 == name.count
                && csimdjson_equal(text.baseAddress! + position + 1, name.baseAddress, name.count)
            if isMeant { return end + 1 }
            guard let behind = endOfValue(at: end + 1), byte(behind) == UInt8(ascii: ",") else {
                return nil
            }
            position = behind + 1
        }
        return nil
    }

    /// The place behind a string without escapes.
    private func endOfString(at start: Int) -> Int? {
        var position = start + 1
        while unsafe position < text.count {
            switch unsafe text[position] {
            case UInt8(ascii: "\""): return position + 1
            case UInt8(ascii: "\\"): return nil
            default: position += 1
            }
        }
        return nil
    }

    /// The place behind a value: a number, a word, a string, or a container of those.
    private func endOfValue(at start: Int) -> Int? {
        var depth = 0
        var position = start
        while unsafe position < text.count {
            switch unsafe text[position] {
            case UInt8(ascii: "\""):
                guard let end = endOfString(at: position) else { return nil }
                position = end
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return position }
                depth -= 1
            case UInt8(ascii: ","): if depth == 0 { return position }
            default: break
            }
            position += 1
        }
        return nil
    }

    private func scalar(at start: Int) -> FieldValue? {
        if byte(start) == UInt8(ascii: "\"") {
            guard let end = endOfString(at: start) else { return nil }
            let raw = range.part(start, end - start)
            return FieldValue(kind: .string, raw: raw, text: raw.part(1, raw.count - 2))
        }
        guard let end = endOfValue(at: start), end > start else { return nil }
        let number = unsafe UnsafeRawBufferPointer(rebasing: text[start..<end])
        // Only what can't be a whole number: those have their own kinds.
        let isDecimal = unsafe number.contains {
            $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "e")
        }
        var value = 0.0
        guard isDecimal,
            unsafe csimdjson_read_double(
                number.baseAddress?.assumingMemoryBound(to: CChar.self), number.count, &value)
        else { return nil }
        return FieldValue(
            kind: .decimal, raw: range.part(start, end - start), payload: value.bitPattern)
    }
}
