/// What the parameters of types turned out to be, so far.
struct Substitution {
    private var bound: [Int: ValueType] = [:]
    private var nextParameter = 0

    /// A parameter that was not used yet.
    mutating func freshParameter() -> ValueType {
        nextParameter += 1
        return .parameter(nextParameter)
    }

    /// The type with fresh parameters in place of its own, equal ones in place of equal ones.
    mutating func instantiate(_ type: ValueType, _ names: inout [Int: ValueType]) -> ValueType {
        switch type {
        case .parameter(let number):
            if let known = names[number] { return known }
            let fresh = freshParameter()
            names[number] = fresh
            return fresh
        case .list(let element): return .list(instantiate(element, &names))
        case .map(let key, let value):
            return .map(instantiate(key, &names), instantiate(value, &names))
        case .optional(let content): return .optional(instantiate(content, &names))
        case .nullable(let content): return .nullable(instantiate(content, &names))
        case .type(let content): return .type(instantiate(content, &names))
        default: return type
        }
    }

    /// The type with what is known of its parameters; the others stay, or become dynamic.
    func resolved(_ type: ValueType, isFinal: Bool = false) -> ValueType {
        switch type {
        case .parameter(let number):
            if let known = bound[number] { return resolved(known, isFinal: isFinal) }
            return isFinal ? .dynamic : type
        case .list(let element): return .list(resolved(element, isFinal: isFinal))
        case .map(let key, let value):
            return .map(resolved(key, isFinal: isFinal), resolved(value, isFinal: isFinal))
        case .optional(let content): return .optional(resolved(content, isFinal: isFinal))
        case .nullable(let content): return .nullable(resolved(content, isFinal: isFinal))
        case .type(let content): return .type(resolved(content, isFinal: isFinal))
        default: return type
        }
    }

    /// Whether each type may stand where the other list wants one; what that says of parameters
    /// is kept when it is so.
    mutating func areAssignable(_ actual: [ValueType], to expected: [ValueType]) -> Bool {
        guard actual.count == expected.count else { return false }
        var attempt = self
        for (one, other) in zip(actual, expected) where !attempt.assign(one, to: other) {
            return false
        }
        self = attempt
        return true
    }

    /// Whether a value of type `actual` may stand where `expected` is wanted.
    mutating func isAssignable(_ actual: ValueType, to expected: ValueType) -> Bool {
        areAssignable([actual], to: [expected])
    }

    /// The type of a value that is of one type or of the other.
    mutating func joined(_ one: ValueType, _ other: ValueType) -> ValueType {
        if isAssignable(one, to: other) {
            return mostGeneral(resolved(one), resolved(other))
        }
        return .dynamic
    }

    private mutating func assign(_ actual: ValueType, to expected: ValueType) -> Bool {
        if case .parameter(let number) = expected { return bind(number, to: actual) }
        if case .parameter(let number) = actual { return bind(number, to: expected) }
        switch (actual, expected) {
        case (.dynamic, _), (_, .dynamic): return true
        case (.null, .null), (.null, .nullable), (.nullable, .null): return true
        case (.null, .record), (.null, .timestamp), (.null, .duration), (.null, .optional):
            return true
        case (.record, .null), (.timestamp, .null), (.duration, .null), (.optional, .null):
            return true
        case (.nullable(let one), .nullable(let other)): return assign(one, to: other)
        case (.nullable(let one), _): return assign(one, to: expected)
        case (_, .nullable(let other)): return assign(actual, to: other)
        case (.list(let one), .list(let other)), (.optional(let one), .optional(let other)):
            return assign(one, to: other)
        case (.type, .type): return true
        case (.map(let key, let value), .map(let otherKey, let otherValue)):
            return assign(key, to: otherKey) && assign(value, to: otherValue)
        // An object of an event is a map from strings.
        case (.record, .map(let key, _)), (.map(let key, _), .record):
            return assign(.string, to: key)
        default: return actual == expected
        }
    }

    private mutating func bind(_ number: Int, to type: ValueType) -> Bool {
        let type = resolved(type)
        if type == .parameter(number) { return true }
        guard let known = bound[number] else {
            guard !occurs(number, in: type) else { return false }
            bound[number] = type
            return true
        }
        guard assign(type, to: known) else { return false }
        let general = mostGeneral(resolved(type), resolved(known))
        if !occurs(number, in: general) { bound[number] = general }
        return true
    }

    private func occurs(_ number: Int, in type: ValueType) -> Bool {
        switch type {
        case .parameter(let other):
            other == number || (bound[other].map { occurs(number, in: $0) } ?? false)
        case .list(let content), .optional(let content), .nullable(let content),
            .type(let content):
            occurs(number, in: content)
        case .map(let key, let value): occurs(number, in: key) || occurs(number, in: value)
        default: false
        }
    }

    /// Of two types of which one is assignable to the other, the one that says less.
    private func mostGeneral(_ one: ValueType, _ other: ValueType) -> ValueType {
        saysNoMore(one, than: other) ? one : other
    }

    private func saysNoMore(_ one: ValueType, than other: ValueType) -> Bool {
        switch (one, other) {
        case (.dynamic, _): return true
        case (_, .dynamic): return false
        case (_, .parameter): return false
        case (.parameter, _): return true
        case (.nullable, .null): return true
        case (.null, _): return false
        case (_, .null): return true
        case (.nullable(let one), .nullable(let other)), (.list(let one), .list(let other)),
            (.optional(let one), .optional(let other)):
            return saysNoMore(one, than: other)
        case (.nullable, _): return true
        case (_, .nullable): return false
        case (.map(let key, let value), .map(let otherKey, let otherValue)):
            return saysNoMore(key, than: otherKey) && saysNoMore(value, than: otherValue)
        case (.map, .record): return true
        default: return one == other
        }
    }
}
