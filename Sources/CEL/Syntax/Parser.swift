/// Reads an expression into ``Syntax``, by recursive descent.
struct Parser {
    /// How deep an expression may be nested, so that evaluating it can't exhaust the stack.
    static let largestDepth = 200
    /// The most bytes that an expression may have.
    static let largestCount = 64 << 10

    let tokens: [Token]
    var position = 0
    /// Whether `has`, `all` and the other macros are macros.
    let hasMacros: Bool
    private var depth = 0

    /// The syntax of an expression.
    static func parse(_ text: [UInt8], hasMacros: Bool = true) throws(SyntaxError) -> Syntax {
        guard text.count <= largestCount else {
            throw SyntaxError("an expression has at most \(largestCount) bytes", at: 0)
        }
        var parser = Parser(tokens: try Lexer.tokens(of: text), hasMacros: hasMacros)
        let syntax = try parser.expression()
        guard parser.next.kind == .end else {
            throw SyntaxError(
                "the expression goes on with \(parser.next.name) where it should have ended",
                at: parser.next.start)
        }
        return syntax
    }

    private init(tokens: [Token], hasMacros: Bool) {
        self.tokens = tokens
        self.hasMacros = hasMacros
    }

    mutating func expression() throws(SyntaxError) -> Syntax {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.largestDepth else { throw tooDeep(at: next.start) }
        let condition = try disjunction()
        let start = next.start
        guard take(.question) else { return condition }
        let yes = try disjunction()
        try expect(.colon, "between the two values of a condition")
        let no = try expression()
        return try call("_?_:_", [condition, yes, no], at: start)
    }

    /// Terms joined by `||`: one call however many there are.
    private mutating func disjunction() throws(SyntaxError) -> Syntax {
        let first = try conjunction()
        let start = next.start
        var terms = [first]
        while take(.or) { terms.append(try conjunction()) }
        return terms.count == 1 ? first : try call("_||_", terms, at: start)
    }

    private mutating func conjunction() throws(SyntaxError) -> Syntax {
        let first = try relation()
        let start = next.start
        var terms = [first]
        while take(.and) { terms.append(try relation()) }
        return terms.count == 1 ? first : try call("_&&_", terms, at: start)
    }

    private mutating func relation() throws(SyntaxError) -> Syntax {
        var left = try sum()
        while true {
            let start = next.start
            let name: String
            switch next.kind {
            case .symbol(.less): name = "_<_"
            case .symbol(.lessOrEqual): name = "_<=_"
            case .symbol(.greater): name = "_>_"
            case .symbol(.greaterOrEqual): name = "_>=_"
            case .symbol(.equal): name = "_==_"
            case .symbol(.notEqual): name = "_!=_"
            case .identifier("in"): name = "@in"
            default: return left
            }
            position += 1
            left = try call(name, [left, try sum()], at: start)
        }
    }

    private mutating func sum() throws(SyntaxError) -> Syntax {
        var left = try product()
        while true {
            let start = next.start
            if take(.plus) {
                left = try call("_+_", [left, try product()], at: start)
            } else if take(.minus) {
                left = try call("_-_", [left, try product()], at: start)
            } else {
                return left
            }
        }
    }

    private mutating func product() throws(SyntaxError) -> Syntax {
        var left = try unary()
        while true {
            let start = next.start
            let name: String
            if take(.times) {
                name = "_*_"
            } else if take(.divide) {
                name = "_/_"
            } else if take(.remainder) {
                name = "_%_"
            } else {
                return left
            }
            left = try call(name, [left, try unary()], at: start)
        }
    }

    private mutating func unary() throws(SyntaxError) -> Syntax {
        let start = next.start
        var count = 0
        if next.kind == .symbol(.not) {
            while take(.not) { count += 1 }
            let operand = try member()
            return count % 2 == 0
                ? try call("!_", [try call("!_", [operand], at: start)], at: start)
                : try call("!_", [operand], at: start)
        }
        while take(.minus) { count += 1 }
        guard count > 0 else { return try member() }
        // The last minus belongs to a number that follows: -9223372036854775808 is one.
        let isNumber =
            switch next.kind {
            case .integer, .double: true
            default: false
            }
        if isNumber { count -= 1 }
        let operand = try member(isNegative: isNumber)
        if count == 0 { return operand }
        let once = try call("-_", [operand], at: start)
        return count % 2 == 0 ? try call("-_", [once], at: start) : once
    }

    // MARK: Building

    func call(
        _ name: String, target: Syntax? = nil, _ arguments: [Syntax], at start: Int
    ) throws(SyntaxError) -> Syntax {
        try syntax(
            .call(name, target: target, arguments), at: start,
            of: target.map { [$0] + arguments } ?? arguments)
    }

    /// The syntax of these parts, which must not be nested too deep.
    func syntax(
        _ kind: Syntax.Kind, at start: Int, of parts: [Syntax]
    ) throws(SyntaxError) -> Syntax {
        let depth = 1 + (parts.lazy.map(\.depth).max() ?? 0)
        guard depth <= Self.largestDepth else { throw tooDeep(at: start) }
        return Syntax(kind, at: start, depth: depth)
    }

    private func tooDeep(at offset: Int) -> SyntaxError {
        SyntaxError(
            "the expression is nested deeper than \(Self.largestDepth) levels", at: offset)
    }

    // MARK: Reading

    var next: Token { tokens[min(position, tokens.count - 1)] }

    mutating func take(_ symbol: Token.Symbol) -> Bool {
        guard next.kind == .symbol(symbol) else { return false }
        position += 1
        return true
    }

    mutating func expect(_ symbol: Token.Symbol, _ place: String) throws(SyntaxError) {
        guard take(symbol) else {
            throw SyntaxError(
                "'\(symbol.rawValue)' is needed \(place), not \(next.name)", at: next.start)
        }
    }
}
