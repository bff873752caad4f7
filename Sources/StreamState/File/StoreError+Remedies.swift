internal import StreamCore

extension StoreError {
    static func damaged(_ path: String, _ reason: String) -> StoreError {
        .corrupt(
            path: path, reason: reason,
            remedy: "restore it from a backup, or start from nothing: \(setAside(path))")
    }

    /// How to begin without this state, and what that costs.
    static func setAside(_ path: String) -> String {
        """
        move it away with 'mv \(path) \(path)-wal \(path)-commits ELSEWHERE/' (the last two may not \
        be there); what its stores held is then lost, unless the input is read again from its \
        beginning
        """
    }

    /// How to make room for a state file where another file stands.
    static func moveAway(_ path: String) -> String {
        "move it away with 'mv \(path) ELSEWHERE/', or set another 'state_directory'"
    }
}
