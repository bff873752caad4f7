internal import StreamCore

/// Where a state goes on in its changelogs: from what it has, where that is a part of them, else from
/// where their content begins.
struct ChangelogStart: Equatable {
    /// Records at the start of a changelog are gone, and state with them.
    struct Truncated: Error, Equatable {
        let partition: TopicPartition
        let first: Int64
    }

    /// By store; those that are not logged begin at the end of what is there.
    let offsets: [Int64]
    /// Whether what the state holds is no part of what comes.
    let clearsFirst: Bool

    /// `logged`: the stores that the commit told of, and that mean the same still; `begins`: where the
    /// content of a store begins in its changelog, 0 where nothing is said; `ranges`: what lies in each
    /// changelog.
    init(
        of state: any TaskState, changelogs: [TopicPartition], logged: Set<Int>,
        begins: [Int: Int64], ranges: [TopicPartition: Range<Int64>], allowsStateLoss: Bool
    ) throws(Truncated) {
        let known = Self.knownOffsets(of: state)
        var goesOn = true
        var starts: [Int64] = []
        for (store, partition) in changelogs.enumerated() {
            let range = ranges[partition] ?? 0..<0
            // A store that is new to the topology has nothing there, or nothing that it could use.
            guard logged.contains(store) else { continue }
            let begin = max(range.lowerBound, begins[store] ?? 0)
            let offset = known[store] ?? -1
            if offset < begin || offset > range.upperBound { goesOn = false }
        }
        for (store, partition) in changelogs.enumerated() {
            let range = ranges[partition] ?? 0..<0
            let begin = begins[store] ?? 0
            if !logged.contains(store) {
                starts.append(range.upperBound)
            } else if goesOn {
                starts.append(known[store] ?? range.upperBound)
            } else {
                // A compacted topic loses no offsets at its start, so if some are gone, so is state.
                guard range.lowerBound <= begin || allowsStateLoss else {
                    throw Truncated(partition: partition, first: range.lowerBound)
                }
                starts.append(max(range.lowerBound, begin))
            }
        }
        offsets = starts
        clearsFirst = !goesOn && (state.checkpoint != nil || state.restoreProgress != nil)
    }

    private static func knownOffsets(of state: any TaskState) -> [Int: Int64] {
        if let progress = state.restoreProgress, !progress.isComplete { return progress.offsets }
        return state.checkpoint?.changelogOffsets ?? [:]
    }
}
