/// Why a task had to stop inside an operator. The task adds the operator's name.
public enum OperatorError: Error, Sendable, Equatable {
    /// A record was refused and the operator's `on_error` is `fail`.
    case refusedRecord(reason: String)
    case store(StoreError)
    /// Something that the operator needs gave no answer: no record's fault.
    case unavailable(reason: String)
}

extension OperatorError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .refusedRecord(let reason):
            "a record was refused and 'on_error: fail' is set: \(reason)"
        case .store(let error): error.description
        case .unavailable(let reason): reason
        }
    }
}
