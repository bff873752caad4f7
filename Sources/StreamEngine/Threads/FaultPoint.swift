internal import Foundation

/// Steps of the commit at which a test may stop the process.
///
/// `MILLRACE_FAULT=state_committed:3` ends the process as kill -9 would when the step is reached
/// for the third time. Without the variable this is one comparison with a constant.
enum FaultPoint: String {
    case flushed

    // At least once.
    case checkpointLogged = "checkpoint_logged"
    case stateCommitted = "state_committed"
    case offsetsCommitted = "offsets_committed"

    // Exactly once.
    case begun
    case prepared
    case offsetsSent = "offsets_sent"
    case transactionCommitted = "transaction_committed"
    case applied

    private struct Plan: Sendable {
        let point: String
        let count: Int
    }

    private static let plan: Plan? = {
        guard let text = ProcessInfo.processInfo.environment["MILLRACE_FAULT"] else { return nil }
        let parts = text.split(separator: ":")
        return Plan(point: String(parts[0]), count: parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
    }()

    private static let reachedCount = FaultCounter()

    static func reached(_ point: FaultPoint) {
        guard let plan, plan.point == point.rawValue else { return }
        if reachedCount.next() == plan.count { kill(getpid(), SIGKILL) }
    }
}
