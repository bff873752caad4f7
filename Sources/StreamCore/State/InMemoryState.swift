/// State that lives as long as the process: for the driver, tests of topologies, and examples.
///
/// Behaves as a durable one: changes since the last commit can be rolled back, and a state that
/// was closed can be opened again with what was committed.
public final class InMemoryStateStorage: StateStorage, @unchecked Sendable {
    // The dictionary is only touched while tasks are opened and closed, on one thread: the driver
    // and the tests that use this storage have no other.
    private var states: [TaskIdentifier: InMemoryTaskState] = [:]

    public init() {}

    public func open(_ task: TaskIdentifier, stores: [StoreSpec]) throws(StoreError)
        -> any TaskState
    {
        if let list = try changes(of: task, stores: stores).differences {
            throw .foreign(
                path: path(of: task), found: "a topology with other stores (\(list))",
                expected: "this topology", remedy: "start from nothing")
        }
        let state = states[task] ?? InMemoryTaskState()
        state.add(stores)
        states[task] = state
        return state
    }

    public func tasks() throws(StoreError) -> [TaskIdentifier] { states.keys.sorted() }

    public func changes(
        of task: TaskIdentifier, stores: [StoreSpec]
    ) throws(StoreError) -> [StoreChange] {
        StoreComparison(found: states[task]?.specs ?? [], wanted: stores).changes
    }

    public func adopt(_ stores: [StoreSpec], for task: TaskIdentifier) throws(StoreError) {
        states[task]?.adopt(stores)
    }

    public func remove(_ task: TaskIdentifier) throws(StoreError) { states[task] = nil }
}
