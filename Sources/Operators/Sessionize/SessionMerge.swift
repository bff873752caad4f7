internal import Events

/// Puts sessions that belong together into one.
///
/// Counts and revenue add up; start and end widen; entry is that of the earliest view, exit that
/// of the latest; channels are united in the order of the sessions; steps are ordered by time
/// and the earliest are kept.
@safe struct SessionMerge {
    /// A session's state is bounded, whatever the events hold.
    private static let mostChannels = 32

    @safe private struct Step {
        let time: Int64
        let text: UnsafeRawBufferPointer
    }

    private let maximumSteps: Int
    private var steps: [Step] = []
    private var channels: [UnsafeRawBufferPointer] = unsafe []

    init(maximumSteps: Int) { self.maximumSteps = maximumSteps }

    /// Writes the union of `parts` to `buffer` as one encoded session.
    mutating func write(_ parts: [Session], to buffer: inout ByteBuffer) {
        var merged = parts[0]
        for part in parts.dropFirst() { Self.add(part, to: &merged) }
        gatherSteps(parts, into: &merged)
        SessionList.writeNumbers(of: merged, to: &buffer)
        unsafe SessionList.write(merged.campaign, to: &buffer)
        unsafe SessionList.write(merged.entry, to: &buffer)
        unsafe SessionList.write(merged.exit, to: &buffer)
        writeChannels(parts, to: &buffer)
        writeSteps(to: &buffer)
    }

    /// The numbers and texts of the union, without its lists.
    static func add(_ part: Session, to merged: inout Session) {
        merged.start = min(merged.start, part.start)
        merged.end = max(merged.end, part.end)
        merged.reach = max(merged.reach, part.reach)
        merged.eventCount &+= part.eventCount
        merged.viewCount &+= part.viewCount
        merged.droppedSteps &+= part.droppedSteps
        if unsafe merged.campaign == nil { unsafe merged.campaign = unsafe part.campaign }
        if part.entryTime < merged.entryTime {
            merged.entryTime = part.entryTime
            unsafe merged.entry = unsafe part.entry
        }
        if part.exitTime >= merged.exitTime {
            merged.exitTime = part.exitTime
            unsafe merged.exit = unsafe part.exit
        }
        if let revenue = part.revenue {
            merged.revenue = merged.revenue.map { $0.adding(revenue) ?? $0 } ?? revenue
        }
    }

    private mutating func gatherSteps(_ parts: [Session], into merged: inout Session) {
        steps.removeAll(keepingCapacity: true)
        var isSorted = true
        for part in parts {
            var walk = SessionList.Steps(part.steps)
            while let (time, text) = unsafe walk.next() {
                if let last = steps.last, last.time > time { isSorted = false }
                unsafe steps.append(Step(time: time, text: text))
            }
        }
        if !isSorted {
            // Equal times stay in the order of the sessions: the sort is made stable by position.
            steps = steps.enumerated().sorted {
                ($0.element.time, $0.offset) < ($1.element.time, $1.offset)
            }.map { $0.element }
        }
        if steps.count > maximumSteps {
            merged.droppedSteps &+= UInt32(steps.count - maximumSteps)
            steps.removeLast(steps.count - maximumSteps)
        }
        merged.lastStepTime = steps.last?.time ?? .min
    }

    private func writeSteps(to buffer: inout ByteBuffer) {
        buffer.append(number: UInt16(steps.count))
        buffer.append(number: UInt32(steps.reduce(0) { unsafe $0 + 10 + $1.text.count }))
        for step in steps {
            buffer.append(number: step.time)
            unsafe buffer.append(number: UInt16(step.text.count))
            unsafe buffer.append(step.text)
        }
    }

    private mutating func writeChannels(_ parts: [Session], to buffer: inout ByteBuffer) {
        unsafe channels.removeAll(keepingCapacity: true)
        for part in parts {
            var walk = SessionList.Texts(part.channels)
            while let text = unsafe walk.next() {
                if unsafe channels.count < Self.mostChannels,
                    unsafe !(channels.contains { unsafe $0.elementsEqual(text) })
                {
                    unsafe channels.append(text)
                }
            }
        }
        unsafe buffer.append(number: UInt16(channels.count))
        unsafe buffer.append(number: UInt32(channels.reduce(0) { $0 + 2 + $1.count }))
        for index in unsafe channels.indices {
            let channel = unsafe channels[index]
            buffer.append(number: UInt16(channel.count))
            unsafe buffer.append(channel)
        }
    }
}
