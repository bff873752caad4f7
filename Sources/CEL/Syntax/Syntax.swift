/// A part of an expression as it was written, macros replaced by what they mean.
///
/// The checker notes on it what names mean and which type it has.
final class Syntax {
    indirect enum Kind {
        case constant(Constant)
        /// A name; with a leading dot it is no name of a container and no loop variable.
        case name(String, isAbsolute: Bool)
        case select(Selection)
        case index(Syntax, Syntax, isOptional: Bool)
        /// A function or an operator; operators are called as the specification calls them.
        case call(String, target: Syntax?, [Syntax])
        case list([Element])
        case map([Entry])
        case message(String, [Field])
        case loop(Loop)
        /// `cel.bind`, `optMap`, `optFlatMap`: a value with a name, and what is done with it.
        case binding(Binding)
    }

    struct Selection {
        var operand: Syntax
        var field: String
        /// Whether `has(...)` asks for it.
        var isTest = false
        /// Whether it is `.?field`.
        var isOptional = false
    }

    struct Element {
        var value: Syntax
        var isOptional: Bool
    }

    struct Entry {
        var key: Syntax
        var value: Syntax
        var isOptional: Bool
    }

    struct Field {
        var name: String
        var offset: Int
        var value: Syntax
    }

    struct Loop {
        enum Kind {
            case all, exists, existsOne, map, filter, transformMap
        }

        var kind: Kind
        var range: Syntax
        /// One name: elements of a list, keys of a map. Two: index or key, and value.
        var variables: [String]
        /// What must hold for an element to be taken; of `all` and its like, the predicate.
        var condition: Syntax?
        /// What `map` makes of an element.
        var result: Syntax?
    }

    struct Binding {
        enum Kind {
            case bind, optionalMap, optionalFlatMap
        }

        var kind: Kind
        var variable: String
        var value: Syntax
        var body: Syntax
    }

    enum Constant: Equatable {
        case null
        case boolean(Bool)
        case integer(Int64)
        case unsignedInteger(UInt64)
        case double(Double)
        case string([UInt8])
        case bytes([UInt8])
    }

    let kind: Kind
    /// Where it is, in bytes; of an operator, where the operator is.
    let offset: Int
    /// How deep parts lie in it.
    let depth: Int

    /// What the checker found.
    var type = ValueType.dynamic
    var meaning = Meaning.itself

    init(_ kind: Kind, at offset: Int, depth: Int = 1) {
        self.kind = kind
        self.offset = offset
        self.depth = depth
    }

    /// The name that a chain of selections spells, when it is nothing but names.
    var qualifiedName: (name: String, isAbsolute: Bool)? {
        switch kind {
        case .name(let name, let isAbsolute): return (name, isAbsolute)
        case .select(let selection) where !selection.isTest && !selection.isOptional:
            guard let head = selection.operand.qualifiedName else { return nil }
            return ("\(head.name).\(selection.field)", head.isAbsolute)
        default: return nil
        }
    }

    /// The name that a chain of selections starts with.
    var firstName: String? {
        switch kind {
        case .name(let name, _): name
        case .select(let selection): selection.operand.firstName
        default: nil
        }
    }
}

/// What a part of an expression means, once names are resolved.
enum Meaning {
    /// What its kind says.
    case itself
    /// A declared variable.
    case variable(Int)
    /// A variable of a loop or of `cel.bind`.
    case local(Int)
    /// The name of a type.
    case type(String)
    /// A constant that a name stands for.
    case constant(Syntax.Constant)
    /// A function, its receiver among the arguments when it has one.
    case function(Function, [Syntax])
    /// A loop or binding whose variables live in slots from this one on.
    case slots(Int)
    /// A message that is written as a plain value.
    case replaced(Syntax)
    /// Nothing: evaluating it gives this error.
    case failure(FailureReason)
}
