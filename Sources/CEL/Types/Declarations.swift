/// A declared variable, by which a value is bound to it.
public struct Variable: Hashable, Sendable, BitwiseCopyable {
    let index: Int
}

/// What expressions may name.
///
/// ```swift
/// var declarations = Declarations()
/// let event = declarations.declare("event", .record(eventType))
/// let threshold = declarations.declare("threshold", .double)
/// ```
public struct Declarations: Sendable {
    struct Entry: Sendable {
        let name: String
        let type: ValueType
    }

    private(set) var entries: [Entry] = []
    private var indices: [String: Int] = [:]

    /// The namespace in which names are looked up first; its parts are separated by dots.
    public var container = ""

    /// No variables yet.
    public init() {}

    /// Declares a variable; its name may have dots.
    ///
    /// - Precondition: no variable of that name is declared yet.
    @discardableResult
    public mutating func declare(_ name: String, _ type: ValueType) -> Variable {
        precondition(indices[name] == nil, "the variable '\(name)' is declared twice")
        indices[name] = entries.count
        entries.append(Entry(name: name, type: type))
        return Variable(index: entries.count - 1)
    }

    /// The declared variable of that name.
    public func variable(named name: String) -> Variable? {
        indices[name].map(Variable.init)
    }

    func index(of name: String) -> Int? { indices[name] }

    /// The full names that a name may be short for, the first that exists being meant.
    func candidates(for name: String, isAbsolute: Bool) -> [String] {
        guard !isAbsolute, !container.isEmpty else { return [name] }
        var parts = container.split(separator: ".")
        var names: [String] = []
        while !parts.isEmpty {
            names.append("\(parts.joined(separator: ".")).\(name)")
            parts.removeLast()
        }
        return names + [name]
    }
}
