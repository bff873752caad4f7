package import StreamCore

// Until the next commit on this branch: the file's half of the protocol refuses by name.
extension SQLiteTaskState {
    private var unsupported: StoreError {
        .failed(path: "", reason: "state files cannot prepare or restore yet")
    }

    package var prepared: TaskCheckpoint? { nil }
    package var restoreProgress: RestoreProgress? { nil }
    package func prepare(_ checkpoint: TaskCheckpoint) throws(StoreError) { throw unsupported }
    package func applyPrepared() throws(StoreError) { throw unsupported }
    package func discardPrepared() throws(StoreError) { throw unsupported }
    package func forEachChange(
        _ body: (Int, UnsafeRawBufferPointer, UnsafeRawBufferPointer?) throws(StoreError) -> Void
    ) throws(StoreError) { throw unsupported }
    package func restore(
        store: Int, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?
    ) throws(StoreError) { throw unsupported }
    package func commitRestored(
        _ progress: RestoreProgress, checkpoint: TaskCheckpoint?
    ) throws(StoreError) { throw unsupported }
    package func clear() throws(StoreError) { throw unsupported }
}
