public import StreamCore
internal import Synchronization

/// New definitions of operators, for the threads to take over between runs.
///
/// A definition is whole before it is published and never changes, so an operator has the old one
/// or the new one and nothing between.
public final class DefinitionReloads: Sendable {
    private let count = Atomic(0)
    private let definitions = Mutex<[String: any OperatorDefinition]>([:])

    init() {}

    /// Publishes definitions by the names of their operators.
    public func publish(_ changed: [String: any OperatorDefinition]) {
        definitions.withLock { $0.merge(changed) { $1 } }
        count.wrappingAdd(1, ordering: .releasing)
    }

    /// Brings a task up to date, when it is not; returns the operators that took a definition.
    func bring(_ task: StreamTask) -> [String] {
        let latest = count.load(ordering: .acquiring)
        guard task.reload != latest else { return [] }
        return task.adopt(definitions.withLock { $0 }, ofReload: latest)
    }
}
