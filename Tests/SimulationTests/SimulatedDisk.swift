import StreamCore
import StreamEngine
import StreamTesting

/// State that outlives the processes of a simulation, with the lock that a file has: who crashes
/// lets go of it, and who only sleeps does not.
final class SimulatedDisk: @unchecked Sendable {
    // One thread runs the whole simulation.
    let inner: any StateStorage
    private var held: [TaskIdentifier: (process: FakeProcess, state: any TaskState)] = [:]
    /// Asked before and after every call that changes what is durable: may let the process crash.
    fileprivate let mayCrash: (FakeProcess) -> Void

    init(_ inner: any StateStorage, mayCrash: @escaping (FakeProcess) -> Void) {
        self.inner = inner
        self.mayCrash = mayCrash
    }

    /// The disk as a process sees it.
    func storage(of process: FakeProcess) -> any StateStorage {
        SimulatedStorage(disk: self, process: process)
    }

    fileprivate func open(
        _ task: TaskIdentifier, stores: [StoreSpec], process: FakeProcess
    ) throws(StoreError) -> any TaskState {
        // Also by the process itself: its standby copy is about to give way.
        if let holder = held[task]?.process {
            throw .locked(path: "\(task)", owner: holder.name)
        }
        let state = try inner.open(task, stores: stores)
        held[task] = (process, state)
        return SimulatedState(state, disk: self, task: task, process: process)
    }

    /// Changes what lies there of a task that nobody has open; the process may crash on both sides.
    fileprivate func change(
        _ task: TaskIdentifier, by process: FakeProcess,
        _ step: () throws(StoreError) -> Void
    ) throws(StoreError) {
        guard !process.hasCrashed else { throw .dead }
        if let holder = held[task]?.process {
            throw .locked(path: "\(task)", owner: holder.name)
        }
        mayCrash(process)
        guard !process.hasCrashed else { throw .dead }
        try step()
        mayCrash(process)
        guard !process.hasCrashed else { throw .dead }
    }

    fileprivate func close(_ task: TaskIdentifier) {
        held.removeValue(forKey: task)?.state.close()
    }

    /// What the system does with the files of a process that died.
    func release(_ process: FakeProcess) {
        for (task, holder) in held.sorted(by: { $0.key < $1.key })
        where holder.process === process { close(task) }
    }
}

private struct SimulatedStorage: StateStorage {
    let disk: SimulatedDisk
    let process: FakeProcess

    func open(_ task: TaskIdentifier, stores: [StoreSpec]) throws(StoreError) -> any TaskState {
        guard !process.hasCrashed else { throw .dead }
        return try disk.open(task, stores: stores, process: process)
    }

    func tasks() throws(StoreError) -> [TaskIdentifier] { try disk.inner.tasks() }

    func changes(
        of task: TaskIdentifier, stores: [StoreSpec]
    ) throws(StoreError) -> [StoreChange] {
        try disk.inner.changes(of: task, stores: stores)
    }

    func adopt(_ stores: [StoreSpec], for task: TaskIdentifier) throws(StoreError) {
        try disk.change(task, by: process) { () throws(StoreError) in
            try disk.inner.adopt(stores, for: task)
        }
    }

    func remove(_ task: TaskIdentifier) throws(StoreError) {
        try disk.change(task, by: process) { () throws(StoreError) in
            try disk.inner.remove(task)
        }
    }
}

/// A task's state whose owner may crash on both sides of every durable step.
private final class SimulatedState: TaskState {
    private let inner: any TaskState
    private let disk: SimulatedDisk
    private let task: TaskIdentifier
    private let process: FakeProcess

    init(_ inner: any TaskState, disk: SimulatedDisk, task: TaskIdentifier, process: FakeProcess) {
        self.inner = inner
        self.disk = disk
        self.task = task
        self.process = process
    }

    private func durably(_ step: () throws(StoreError) -> Void) throws(StoreError) {
        guard !process.hasCrashed else { throw .dead }
        disk.mayCrash(process)
        guard !process.hasCrashed else { throw .dead }
        try step()
        disk.mayCrash(process)
        guard !process.hasCrashed else { throw .dead }
    }

    var checkpoint: TaskCheckpoint? { inner.checkpoint }
    var prepared: TaskCheckpoint? { inner.prepared }
    var restoreProgress: RestoreProgress? { inner.restoreProgress }

    func keyValueStore(_ name: String) -> any KeyValueStore { inner.keyValueStore(name) }
    func timerStore(_ name: String) -> any TimerStore { inner.timerStore(name) }

    func commit(_ checkpoint: TaskCheckpoint) throws(StoreError) {
        try durably { () throws(StoreError) in try inner.commit(checkpoint) }
    }

    func prepare(_ checkpoint: TaskCheckpoint) throws(StoreError) {
        try durably { () throws(StoreError) in try inner.prepare(checkpoint) }
    }

    func applyPrepared() throws(StoreError) {
        try durably { () throws(StoreError) in try inner.applyPrepared() }
    }

    func discardPrepared() throws(StoreError) {
        try durably { () throws(StoreError) in try inner.discardPrepared() }
    }

    func rollBack() throws(StoreError) {
        try durably { () throws(StoreError) in try inner.rollBack() }
    }

    func forEachChange(
        _ body: (Int, UnsafeRawBufferPointer, UnsafeRawBufferPointer?) throws(StoreError) -> Void
    ) throws(StoreError) {
        try unsafe inner.forEachChange(body)
    }

    func forEachEntry(
        store: Int,
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(StoreError) -> Void
    ) throws(StoreError) {
        try unsafe inner.forEachEntry(store: store, body)
    }

    func restore(
        store: Int, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?
    ) throws(StoreError) {
        try unsafe inner.restore(store: store, key: key, value: value)
    }

    func commitRestored(
        _ progress: RestoreProgress, checkpoint: TaskCheckpoint?
    ) throws(StoreError) {
        try durably { () throws(StoreError) in
            try inner.commitRestored(progress, checkpoint: checkpoint)
        }
    }

    func clear() throws(StoreError) {
        try durably { () throws(StoreError) in try inner.clear() }
    }

    func close() {
        // The dead close nothing: the system does.
        if !process.hasCrashed { disk.close(task) }
    }
}

extension StoreError {
    fileprivate static let dead = StoreError.failed(path: "", reason: "the process has crashed")
}
