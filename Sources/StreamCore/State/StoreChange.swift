/// What becomes of a store that was kept before when a topology starts.
public struct StoreChange: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        case kept
        /// There is nothing of it; it begins empty.
        case new
        /// The topology does not have it any more; the start is refused unless that is confirmed.
        case dropped
        /// Its bytes would be read as something else; the start is refused unless it is confirmed
        /// that it begins empty. Says why, as in `was kept by user.id, not by session`.
        case changed(String)
    }

    public let store: String
    public let kind: Kind

    public init(store: String, kind: Kind) {
        self.store = store
        self.kind = kind
    }

    /// What keeps the topology from using the state; `nil` when this does not.
    public var difference: String? {
        switch kind {
        case .kept, .new: nil
        case .dropped: "'\(store)' is not in this one"
        case .changed(let reason): "'\(store)' \(reason)"
        }
    }
}

extension [StoreChange] {
    /// In one line: what keeps the topology from using the state, then what does not; `nil` when
    /// nothing does.
    package var differences: String? {
        let differences = compactMap(\.difference)
        guard !differences.isEmpty else { return nil }
        var list = differences.joined(separator: "; ")
        let kept = filter { $0.kind == .kept }.map { "'\($0.store)'" }
        if !kept.isEmpty { list += "; kept: \(kept.joined(separator: ", "))" }
        let new = filter { $0.kind == .new }.map { "'\($0.store)'" }
        if !new.isEmpty { list += "; new: \(new.joined(separator: ", "))" }
        return list
    }
}
