/// What becomes of a store of a state file when a topology starts on it.
public struct StoreChange: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        case kept
        /// The file does not have it; it begins empty.
        case new
        /// The topology does not have it any more; the start is refused.
        case dropped
        /// Its bytes would be read as something else; the start is refused. Says why, as in
        /// `was kept by user.id, not by session`.
        case changed(String)
    }

    public let store: String
    public let kind: Kind

    public init(store: String, kind: Kind) {
        self.store = store
        self.kind = kind
    }

    /// What keeps the topology from using the file; `nil` when this does not.
    public var difference: String? {
        switch kind {
        case .kept, .new: nil
        case .dropped: "'\(store)' is not in this one"
        case .changed(let reason): "'\(store)' \(reason)"
        }
    }
}
