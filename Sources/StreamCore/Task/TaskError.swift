/// Why a task stopped: which operator, of which task, and its reason.
public struct TaskError: Error, Sendable, Equatable, CustomStringConvertible {
    public let task: TaskIdentifier
    public let operatorName: String
    public let reason: OperatorError

    public var description: String { "operator '\(operatorName)' (task \(task)): \(reason)" }
}
