internal import Events

/// Merges the events of several streams by their place in the task.
///
/// Each stream is in order by itself. Events of one place are ordered by stream time, because a
/// timer's effect stands in front of the event that moved the clock; then by the order of the
/// streams.
struct EventMerge {
    private var streams: [[Event]] = []
    private var heads: [Int] = []
    private var merged: [Event] = []
    /// As which input of the reader each stream is taken.
    private var inputs: [Int] = []
    private var parts: [(input: Int, events: [Event])] = []

    mutating func add(_ stream: [Event], as input: Int = 0) {
        if !stream.isEmpty {
            streams.append(stream)
            inputs.append(input)
        }
    }

    /// The events of all streams that were added since the last call, cut where the input changes.
    mutating func takeParts() -> [(input: Int, events: [Event])] {
        defer {
            streams.removeAll(keepingCapacity: true)
            inputs.removeAll(keepingCapacity: true)
        }
        parts.removeAll(keepingCapacity: true)
        if streams.count == 1 {
            parts.append((inputs[0], streams[0]))
            return parts
        }
        resetHeads()
        while let next = earliestStream() {
            if parts.last?.input != inputs[next] { parts.append((inputs[next], [])) }
            parts[parts.count - 1].events.append(streams[next][heads[next]])
            heads[next] += 1
        }
        return parts
    }

    /// The events of all streams that were added since the last call.
    mutating func take() -> [Event] {
        defer {
            streams.removeAll(keepingCapacity: true)
            inputs.removeAll(keepingCapacity: true)
        }
        guard streams.count > 1 else { return streams.first ?? [] }
        resetHeads()
        merged.removeAll(keepingCapacity: true)
        while let next = earliestStream() {
            merged.append(streams[next][heads[next]])
            heads[next] += 1
        }
        return merged
    }

    private mutating func resetHeads() {
        heads.removeAll(keepingCapacity: true)
        for _ in streams { heads.append(0) }
    }

    private func earliestStream() -> Int? {
        var earliest: Int?
        for index in streams.indices where heads[index] < streams[index].count {
            guard let best = earliest else {
                earliest = index
                continue
            }
            if isBefore(streams[index][heads[index]], streams[best][heads[best]]) {
                earliest = index
            }
        }
        return earliest
    }

    private func isBefore(_ left: Event, _ right: Event) -> Bool {
        left.sequence == right.sequence
            ? left.streamTime < right.streamTime : left.sequence < right.sequence
    }
}
