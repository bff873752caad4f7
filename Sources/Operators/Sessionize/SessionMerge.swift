internal import Events

/// Puts sessions that belong together into one.
///
/// Counts and revenue add up; start and end widen; entry is that of the earliest view, exit that
/// of the latest; channels are united in the order of the sessions; steps are ordered by time
/// and the earliest are kept.
@safe struct SessionMerge {
    /// A session's state is bounded, whatever the events hold.
    static let mostChannels = 32

    @safe private struct Step {
        let time: Int64
        let text: UnsafeRawBufferPointer
    }

    private let maximumSteps: Int
    private var steps: [Step] = []
    private var channels: [UnsafeRawBufferPointer] = unsafe []

    init(maximumSteps: Int) { self.maximumSteps = maximumSteps }

    /// Writes `union`, whose numbers and texts are those of `parts` together, with the lists of
    /// the parts.
    mutating func write(_ union: Session, of parts: [Session], to buffer: inout ByteBuffer) {
        var union = union
        let areAppended = parts.count < 3 && appendStep(of: parts, to: &union)
        if !areAppended { gatherSteps(parts, into: &union) }
        SessionList.writeNumbers(of: union, to: &buffer)
        unsafe SessionList.write(union.campaign, to: &buffer)
        unsafe SessionList.write(union.entry, to: &buffer)
        unsafe SessionList.write(union.exit, to: &buffer)
        writeChannels(parts, to: &buffer)
        if areAppended {
            writeAppendedSteps(of: parts, to: &buffer)
        } else {
            writeGatheredSteps(to: &buffer)
        }
    }

    // MARK: Steps

    /// The common case: a session's list stays as it is, or gets one step at its end. Returns false
    /// when it is another case.
    private func appendStep(of parts: [Session], to union: inout Session) -> Bool {
        let first = parts[0]
        guard first.steps.count <= maximumSteps else { return false }
        union.lastStepTime = first.lastStepTime
        guard parts.count == 2, parts[1].steps.count > 0 else { return true }
        guard parts[1].steps.count == 1, parts[1].lastStepTime >= first.lastStepTime else {
            return false
        }
        if first.steps.count == maximumSteps {
            union.droppedSteps &+= 1
        } else {
            union.lastStepTime = parts[1].lastStepTime
        }
        return true
    }

    private func writeAppendedSteps(of parts: [Session], to buffer: inout ByteBuffer) {
        let first = parts[0].steps
        guard parts.count == 2, parts[1].steps.count > 0, first.count < maximumSteps else {
            SessionList.write(first, to: &buffer)
            return
        }
        let added = unsafe parts[1].steps.bytes
        buffer.append(number: first.count + 1)
        buffer.append(number: UInt32(unsafe first.bytes.count + added.count))
        unsafe buffer.append(first.bytes)
        unsafe buffer.append(added)
    }

    private mutating func gatherSteps(_ parts: [Session], into union: inout Session) {
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
            union.droppedSteps &+= UInt32(steps.count - maximumSteps)
            steps.removeLast(steps.count - maximumSteps)
        }
        union.lastStepTime = steps.last?.time ?? .min
    }

    private func writeGatheredSteps(to buffer: inout ByteBuffer) {
        buffer.append(number: UInt16(steps.count))
        buffer.append(number: UInt32(steps.reduce(0) { unsafe $0 + 10 + $1.text.count }))
        for step in steps {
            buffer.append(number: step.time)
            unsafe buffer.append(number: UInt16(step.text.count))
            unsafe buffer.append(step.text)
        }
    }

    // MARK: Channels

    private mutating func writeChannels(_ parts: [Session], to buffer: inout ByteBuffer) {
        if parts.count == 1 || (parts.count == 2 && Self.hasChannels(of: parts[1], in: parts[0])) {
            SessionList.write(parts[0].channels, to: &buffer)
            return
        }
        unsafe channels.removeAll(keepingCapacity: true)
        for part in parts {
            var walk = SessionList.Texts(part.channels)
            while let text = unsafe walk.next() {
                if unsafe channels.count < Self.mostChannels,
                    unsafe !(channels.contains { unsafe ByteText.areEqual($0, text) })
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

    private static func hasChannels(of part: Session, in session: Session) -> Bool {
        var walk = SessionList.Texts(part.channels)
        while let channel = unsafe walk.next() {
            var known = SessionList.Texts(session.channels)
            if unsafe !known.contains(channel) { return false }
        }
        return true
    }
}
