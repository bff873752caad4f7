public import StreamCore

/// The operators that topology files can name.
public struct OperatorRegistry: Sendable {
    private let specs: [String: OperatorSpec]
    /// The names, in the order in which the operators were listed.
    public let names: [String]

    /// - Precondition: no two operators have one name.
    public init(_ specs: [OperatorSpec]) {
        names = specs.map(\.name)
        self.specs = Dictionary(uniqueKeysWithValues: specs.map { ($0.name, $0) })
    }

    /// The operator of that name, if there is one.
    public subscript(name: String) -> OperatorSpec? { specs[name] }

    /// Every operator, in the order in which they were listed.
    public var all: [OperatorSpec] { names.compactMap { specs[$0] } }
}
