extension Evaluation {
    // MARK: Two arguments

    func text(
        _ function: Function, _ left: Operand, _ right: Operand, _ index: Int32
    ) -> Operand {
        switch function {
        case .join: return joined(left, separator: right, index)
        case .format: return formatted(left, right, index)
        case .bucket: return bucket(left, right, index)
        default: break
        }
        guard left.kind == .string else { return .error(.noSuchOverload, index) }
        charge(bytes: Int(left.count))
        let text = left.text
        switch function {
        case .charAt: return character(of: text, at: right, index)
        case .substring: return substring(text, from: right, to: nil, index)
        default: break
        }
        guard right.kind == .string else { return .error(.noSuchOverload, index) }
        let part = right.text
        switch function {
        case .startsWith: return Operand(text.starts(with: part))
        case .endsWith: return Operand(text.ends(with: part))
        case .contains: return Operand(firstIndex(of: part, in: text) != nil)
        case .matches: return matches(text, pattern: part, index)
        case .indexOf: return Operand(scalarIndex(firstIndex(of: part, in: text), in: text))
        case .lastIndexOf:
            return Operand(
                scalarIndex(lastIndex(of: part, in: text, from: text.count), in: text))
        case .split: return split(text, part, limit: -1, index)
        default: return .error(.noSuchOverload, index)
        }
    }

    /// Where `part` stands first; what the search takes is paid for.
    private func firstIndex(of part: Text, in text: Text, from start: Int = 0) -> Int? {
        let limit = 16 * max(remainingCost, 0)
        var work = limit
        let found = text.firstIndex(of: part, from: start, work: &work)
        charge(bytes: limit - work + (work < 0 ? 16 : 0))
        return found
    }

    private func lastIndex(of part: Text, in text: Text, from start: Int) -> Int? {
        let limit = 16 * max(remainingCost, 0)
        var work = limit
        let found = text.lastIndex(of: part, from: start, work: &work)
        charge(bytes: limit - work + (work < 0 ? 16 : 0))
        return found
    }

    private func scalarIndex(_ byte: Int?, in text: Text) -> Int64 {
        byte.map { Int64(text.scalarIndex(ofByte: $0)) } ?? -1
    }

    private func character(of text: Text, at position: Operand, _ index: Int32) -> Operand {
        guard position.kind == .integer else { return .error(.noSuchOverload, index) }
        guard let start = text.byteIndex(ofScalar: Int(position.integer)) else {
            return .error(.indexOutOfRange, index)
        }
        if start == text.count { return Operand(string: .empty) }
        var end = start + 1
        while end < text.count, text.isContinuation(end) { end += 1 }
        return Operand(string: text[start, end])
    }

    private func substring(
        _ text: Text, from first: Operand, to last: Operand?, _ index: Int32
    ) -> Operand {
        guard first.kind == .integer, last == nil || last?.kind == .integer else {
            return .error(.noSuchOverload, index)
        }
        guard let start = text.byteIndex(ofScalar: Int(first.integer)) else {
            return .error(.indexOutOfRange, index)
        }
        guard let last else { return Operand(string: text[start, text.count]) }
        guard let end = text.byteIndex(ofScalar: Int(last.integer)), end >= start else {
            return .error(.indexOutOfRange, index)
        }
        return Operand(string: text[start, end])
    }

    // MARK: Three arguments and more

    func text(_ function: Function, _ arguments: Elements, _ index: Int32) -> Operand {
        guard arguments.count > 2, arguments[0].kind == .string else {
            return .error(.noSuchOverload, index)
        }
        let text = arguments[0].text
        charge(bytes: text.count)
        if function == .substring {
            return substring(text, from: arguments[1], to: arguments[2], index)
        }
        guard arguments[1].kind == .string else { return .error(.noSuchOverload, index) }
        let part = arguments[1].text
        if function == .replace { return replaced(text, part, arguments, index) }
        guard arguments[2].kind == .integer else { return .error(.noSuchOverload, index) }
        let number = arguments[2].integer
        if function == .split { return split(text, part, limit: number, index) }
        guard let start = text.byteIndex(ofScalar: Int(number)) else {
            return .error(.indexOutOfRange, index)
        }
        let found =
            function == .indexOf
            ? firstIndex(of: part, in: text, from: start)
            : lastIndex(of: part, in: text, from: start)
        return Operand(scalarIndex(found, in: text))
    }

    private func replaced(
        _ text: Text, _ part: Text, _ arguments: Elements, _ index: Int32
    ) -> Operand {
        guard arguments[2].kind == .string,
            arguments.count < 4 || arguments[3].kind == .integer
        else { return .error(.noSuchOverload, index) }
        let replacement = arguments[2].text
        var remaining = arguments.count < 4 ? -1 : arguments[3].integer
        var result: [UInt8] = []
        var position = 0
        while remaining != 0, let found = firstIndex(of: part, in: text, from: position) {
            charge(bytes: 16 + found - position + replacement.count)
            guard remainingCost >= 0 else { return .error(.costLimit, index) }
            unsafe result.append(contentsOf: text[position, found].bytes)
            unsafe result.append(contentsOf: replacement.bytes)
            position = found + part.count
            if part.isEmpty {
                // Between all code points, and around them.
                guard position < text.count else {
                    return Operand(string: memory.text(result))
                }
                var end = position + 1
                while end < text.count, text.isContinuation(end) { end += 1 }
                unsafe result.append(contentsOf: text[position, end].bytes)
                position = end
            }
            remaining -= 1
        }
        unsafe result.append(contentsOf: text[position, text.count].bytes)
        return Operand(string: memory.text(result))
    }

    /// The parts between separators; the last of `limit` parts has all that is left.
    private func split(
        _ text: Text, _ separator: Text, limit: Int64, _ index: Int32
    ) -> Operand {
        if limit == 0 { return Operand(list: .empty) }
        var parts: [Operand] = []
        var position = 0
        while limit < 0 || Int64(parts.count) < limit - 1 {
            guard charge(1) else { return .error(.costLimit, index) }
            guard let end = endOfPart(text, separator, from: position) else { break }
            parts.append(Operand(string: text[position, end]))
            position = end + separator.count
        }
        if !(separator.isEmpty && text.isEmpty) {
            parts.append(Operand(string: text[position, text.count]))
        }
        let elements = memory.elements(parts.count)
        for (place, part) in parts.enumerated() { elements[place] = part }
        return Operand(list: elements)
    }

    /// Where the part that starts at `position` ends, when another one follows. An empty
    /// separator is between all code points.
    private func endOfPart(_ text: Text, _ separator: Text, from position: Int) -> Int? {
        guard separator.isEmpty else {
            return firstIndex(of: separator, in: text, from: position)
        }
        var end = position + 1
        while end < text.count, text.isContinuation(end) { end += 1 }
        return end < text.count ? end : nil
    }

    private func joined(_ list: Operand, separator: Operand?, _ index: Int32) -> Operand {
        guard Self.isList(list), let parts = contents(of: list),
            separator == nil || separator?.kind == .string
        else { return .error(.noSuchOverload, index) }
        var result: [UInt8] = []
        for position in 0..<parts.count {
            guard parts[position].kind == .string else { return .error(.noSuchOverload, index) }
            charge(bytes: 16 + Int(parts[position].count) + Int(separator?.count ?? 0))
            guard remainingCost >= 0 else { return .error(.costLimit, index) }
            if position > 0, let separator {
                unsafe result.append(contentsOf: separator.text.bytes)
            }
            unsafe result.append(contentsOf: parts[position].text.bytes)
        }
        return Operand(string: memory.text(result))
    }

    // MARK: One argument

    func text(_ function: Function, _ operand: Operand, _ index: Int32) -> Operand {
        if function == .join { return joined(operand, separator: nil, index) }
        guard operand.kind == .string else { return .error(.noSuchOverload, index) }
        charge(bytes: 4 * Int(operand.count))
        let text = operand.text
        switch function {
        case .lowerASCII: return changed(text) { (65...90).contains($0) ? $0 + 32 : $0 }
        case .upperASCII: return changed(text) { (97...122).contains($0) ? $0 - 32 : $0 }
        case .lower: return Operand(string: memory.text(text.string.lowercased()))
        case .upper: return Operand(string: memory.text(text.string.uppercased()))
        case .trim: return Operand(string: Self.trimmed(text))
        case .reverse:
            let scalars = String.UnicodeScalarView(text.string.unicodeScalars.reversed())
            return Operand(string: memory.text(String(scalars)))
        default: return Operand(string: memory.text(Self.quoted(text.string)))
        }
    }

    private func changed(_ text: Text, _ change: (UInt8) -> UInt8) -> Operand {
        let result = unsafe memory.text(count: text.count) { room in
            for position in 0..<text.count { unsafe room[position] = change(text[position]) }
        }
        return Operand(string: result)
    }

    private static func trimmed(_ text: Text) -> Text {
        let string = text.string
        let isSpace: (Unicode.Scalar) -> Bool = { $0.properties.isWhitespace }
        let start = string.unicodeScalars.prefix(while: isSpace).reduce(0) {
            $0 + UTF8.width($1)
        }
        guard start < text.count else { return .empty }
        let end = string.unicodeScalars.reversed().prefix(while: isSpace).reduce(0) {
            $0 + UTF8.width($1)
        }
        return text[start, text.count - end]
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\u{7}": result += "\\a"
            case "\u{8}": result += "\\b"
            case "\u{C}": result += "\\f"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{B}": result += "\\v"
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// Which of so many parts a string belongs to, the same everywhere and always: FNV-1a.
    private func bucket(_ text: Operand, _ count: Operand, _ index: Int32) -> Operand {
        guard text.kind == .string, count.kind == .integer else {
            return .error(.noSuchOverload, index)
        }
        guard count.integer > 0 else { return .error(.outOfRange, index) }
        charge(bytes: Int(text.count))
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for position in 0..<text.text.count {
            hash = (hash ^ UInt64(text.text[position])) &* 0x100_0000_01B3
        }
        // The low bits of FNV-1a are the weaker ones.
        hash ^= hash >> 32
        return Operand(Int64(hash % UInt64(count.integer)))
    }

    // MARK: Patterns

    func matches(_ text: Text, _ pattern: Pattern, _ index: Int32) -> Operand {
        charge(16 + text.count)
        let outcome = unsafe matcher.match(pattern, in: text.bytes)
        charge(matcher.lastWork / 100)
        switch outcome {
        case .match: return .true
        case .noMatch: return .false
        case .limitExceeded: return .error(.patternTooCostly, index)
        }
    }

    /// Matches a pattern that was not known before the evaluation.
    private func matches(_ text: Text, pattern: Text, _ index: Int32) -> Operand {
        let source = pattern.string
        if let known = patterns[source] { return matches(text, known, index) }
        charge(1_000 + pattern.count)
        guard remainingCost >= 0 else { return .error(.costLimit, index) }
        guard let compiled = try? Pattern(source) else { return .error(.invalidPattern, index) }
        if patterns.count > 100 { patterns.removeAll() }
        patterns[source] = compiled
        return matches(text, compiled, index)
    }
}
