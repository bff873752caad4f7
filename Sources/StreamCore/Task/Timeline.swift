internal import Events

/// When stream time moved during a run, so that a timer's effect stands at the same place among
/// the other events however the events were cut into runs.
///
/// One per task, shared by its operators' contexts.
final class Timeline {
    // Touched for every event, by one thread, and no method calls back.
    @safe @exclusivity(unchecked) private var times: [Int64] = []
    @safe @exclusivity(unchecked) private var sequences: [Int64] = []

    func removeAll() {
        times.removeAll(keepingCapacity: true)
        sequences.removeAll(keepingCapacity: true)
    }

    /// Stream time is `time` from event `sequence` on.
    func append(_ time: Timestamp, sequence: Int64) {
        if let last = times.last, last >= time.milliseconds { return }
        times.append(time.milliseconds)
        sequences.append(sequence)
    }

    /// The first event of the run at which stream time had reached `time`; the one that moved it
    /// last when it did not get there.
    func sequence(reaching time: Timestamp) -> Int64 {
        var (low, high) = (0, times.count)
        while low < high {
            let middle = (low + high) / 2
            if times[middle] < time.milliseconds { low = middle + 1 } else { high = middle }
        }
        return low < times.count ? sequences[low] : sequences.last ?? 0
    }
}
