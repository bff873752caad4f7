extension Parser {
    private static let reserved: Set<String> = [
        "as", "break", "const", "continue", "else", "for", "function", "if", "import", "in", "let",
        "loop", "package", "namespace", "return", "var", "void", "while",
    ]

    /// A value and all that is done with it by dots and brackets.
    mutating func member(isNegative: Bool = false) throws(SyntaxError) -> Syntax {
        var operand = try primary(isNegative: isNegative)
        while true {
            let start = next.start
            if take(.dot) {
                operand = try selection(of: operand, at: start)
            } else if take(.leftBracket) {
                let isOptional = take(.question)
                let index = try expression()
                try expect(.rightBracket, "after an index")
                operand = try syntax(
                    .index(operand, index, isOptional: isOptional), at: start,
                    of: [operand, index])
            } else if next.kind == .symbol(.leftBrace), let name = operand.qualifiedName {
                position += 1
                operand = try message(
                    (name.isAbsolute ? "." : "") + name.name, at: operand.offset)
            } else {
                return operand
            }
        }
    }

    private mutating func selection(
        of operand: Syntax, at start: Int
    ) throws(SyntaxError) -> Syntax {
        let isOptional = take(.question)
        let word = next
        position += 1
        let field: String
        switch word.kind {
        case .identifier(let name): field = name
        case .quotedIdentifier(let name):
            field = name
            return try syntax(
                .select(.init(operand: operand, field: field, isOptional: isOptional)),
                at: word.start, of: [operand])
        default:
            throw SyntaxError("a name is needed after '.', not \(word.name)", at: word.start)
        }
        if !isOptional, take(.leftParenthesis) {
            let arguments = try expressions(until: .rightParenthesis)
            return try invocation(of: field, target: operand, arguments, at: word.start)
        }
        return try syntax(
            .select(.init(operand: operand, field: field, isOptional: isOptional)),
            at: word.start, of: [operand])
    }

    private mutating func primary(isNegative: Bool) throws(SyntaxError) -> Syntax {
        let word = next
        position += 1
        switch word.kind {
        case .integer(let magnitude):
            return Syntax(
                .constant(try integer(magnitude, isNegative: isNegative, at: word.start)),
                at: word.start)
        case .unsignedInteger(let value):
            return Syntax(.constant(.unsignedInteger(value)), at: word.start)
        case .double(let value):
            return Syntax(.constant(.double(isNegative ? -value : value)), at: word.start)
        case .string(let text): return Syntax(.constant(.string(text)), at: word.start)
        case .bytes(let bytes): return Syntax(.constant(.bytes(bytes)), at: word.start)
        case .identifier(let name): return try named(name, isAbsolute: false, at: word.start)
        case .symbol(.dot):
            guard case .identifier(let name) = next.kind else {
                throw SyntaxError("a name is needed after '.', not \(next.name)", at: next.start)
            }
            position += 1
            return try named(name, isAbsolute: true, at: word.start)
        case .symbol(.leftParenthesis):
            let inner = try expression()
            try expect(.rightParenthesis, "to close the bracket")
            return inner
        case .symbol(.leftBracket): return try list(at: word.start)
        case .symbol(.leftBrace): return try map(at: word.start)
        default:
            throw SyntaxError("a value is needed here, not \(word.name)", at: word.start)
        }
    }

    private func integer(
        _ magnitude: UInt64, isNegative: Bool, at start: Int
    ) throws(SyntaxError) -> Syntax.Constant {
        if isNegative, magnitude == UInt64(Int64.max) + 1 { return .integer(.min) }
        guard let value = Int64(exactly: magnitude) else {
            throw SyntaxError(
                "this number is larger than an int can be", at: start,
                remedy: "write it as a uint with a 'u' behind it, or as a double with a point")
        }
        return .integer(isNegative ? -value : value)
    }

    /// A name, a function of it, or a reserved word.
    private mutating func named(
        _ name: String, isAbsolute: Bool, at start: Int
    ) throws(SyntaxError) -> Syntax {
        if !isAbsolute {
            switch name {
            case "true": return Syntax(.constant(.boolean(true)), at: start)
            case "false": return Syntax(.constant(.boolean(false)), at: start)
            case "null": return Syntax(.constant(.null), at: start)
            default: break
            }
        }
        guard !Self.reserved.contains(name) else {
            throw SyntaxError(
                "'\(name)' is a reserved word", at: start,
                remedy: "a field of that name is written after a dot, as in event.\(name)")
        }
        guard take(.leftParenthesis) else {
            return Syntax(.name(name, isAbsolute: isAbsolute), at: start)
        }
        let arguments = try expressions(until: .rightParenthesis)
        return try invocation(
            of: isAbsolute ? ".\(name)" : name, target: nil, arguments, at: start)
    }

    /// What a macro means, or a call.
    private func invocation(
        of name: String, target: Syntax?, _ arguments: [Syntax], at start: Int
    ) throws(SyntaxError) -> Syntax {
        if let meaning = try macro(name, target: target, arguments, at: start) { return meaning }
        return try call(name, target: target, arguments, at: start)
    }

    // MARK: Lists, maps, messages

    /// Expressions between commas; one comma more may stand behind the last.
    private mutating func expressions(
        until end: Token.Symbol
    ) throws(SyntaxError) -> [Syntax] {
        var all: [Syntax] = []
        while !take(end) {
            if !all.isEmpty { try expect(.comma, "between two arguments") }
            all.append(try expression())
        }
        return all
    }

    private mutating func list(at start: Int) throws(SyntaxError) -> Syntax {
        var elements: [Syntax.Element] = []
        while !take(.rightBracket) {
            if !elements.isEmpty {
                try expect(.comma, "between two elements of a list")
                if take(.rightBracket) { break }
            }
            let isOptional = take(.question)
            elements.append(.init(value: try expression(), isOptional: isOptional))
        }
        return try syntax(.list(elements), at: start, of: elements.map(\.value))
    }

    private mutating func map(at start: Int) throws(SyntaxError) -> Syntax {
        var entries: [Syntax.Entry] = []
        while !take(.rightBrace) {
            if !entries.isEmpty {
                try expect(.comma, "between two entries of a map")
                if take(.rightBrace) { break }
            }
            let isOptional = take(.question)
            let key = try expression()
            try expect(.colon, "between a key and its value")
            entries.append(.init(key: key, value: try expression(), isOptional: isOptional))
        }
        return try syntax(.map(entries), at: start, of: entries.flatMap { [$0.key, $0.value] })
    }

    private mutating func message(
        _ name: String, at start: Int
    ) throws(SyntaxError) -> Syntax {
        var fields: [Syntax.Field] = []
        while !take(.rightBrace) {
            if !fields.isEmpty {
                try expect(.comma, "between two fields")
                if take(.rightBrace) { break }
            }
            let word = next
            position += 1
            switch word.kind {
            case .identifier(let field), .quotedIdentifier(let field):
                try expect(.colon, "between a field and its value")
                fields.append(.init(name: field, offset: word.start, value: try expression()))
            default:
                throw SyntaxError("the name of a field is needed, not \(word.name)", at: word.start)
            }
        }
        return try syntax(.message(name, fields), at: start, of: fields.map(\.value))
    }
}
