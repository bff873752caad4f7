internal import StreamCore
internal import Synchronization

/// Which tasks the stream threads of this process have or are about to open: a standby copy of one
/// gives way.
package final class TaskClaims: Sendable {
    // A task may go from one thread to another, and be claimed by both for a moment.
    private let counts = Mutex<[TaskIdentifier: Int]>([:])

    package init() {}

    func claim(_ task: TaskIdentifier) { counts.withLock { $0[task, default: 0] += 1 } }

    func release(_ task: TaskIdentifier) {
        counts.withLock { counts in
            let count = counts[task, default: 0]
            counts[task] = count > 1 ? count - 1 : nil
        }
    }

    func isClaimed(_ task: TaskIdentifier) -> Bool { counts.withLock { $0[task] != nil } }
}
