internal import Events

/// Events that say of a profile again what is known, written without reading all of it.
extension ProfileState {
    /// The timer that is set for a stored profile.
    static func timer(in stored: [UInt8]) -> Int64 {
        unsafe stored.withUnsafeBytes { stored in
            guard stored.count > fieldsOffset else { return .max }
            return unsafe stored.loadUnaligned(fromByteOffset: timerOffset, as: Int64.self)
        }
    }

    /// Takes over an event that says nothing new: `fields` are the event's; `settled`: until when
    /// fields are settled. Returns false, and changes nothing, when something is new, was said in
    /// between or is unclear.
    static func `repeat`(
        _ fields: [(hash: UInt64, json: UnsafeRawBufferPointer)], at time: Int64, settled: Int64,
        _ rulesVersion: UInt64, in stored: inout [UInt8]
    ) -> Bool {
        // First look, then write.
        let isRepetition = unsafe stored.withUnsafeBytes { stored in
            guard stored.count > fieldsOffset + 1, unsafe stored[0] == UInt8(layoutVersion),
                unsafe stored.loadUnaligned(
                    fromByteOffset: rulesVersionOffset, as: UInt64.self) == rulesVersion
            else { return false }
            for index in unsafe fields.indices {
                let field = unsafe fields[index]
                guard let sayings = unsafe Sayings(of: field.hash, in: stored),
                    unsafe sayings.repeats(field.json, at: time, in: stored)
                else { return false }
            }
            return true
        }
        guard isRepetition else { return false }
        for index in unsafe fields.indices {
            unsafe note(fields[index].hash, at: time, settled: settled, in: &stored)
        }
        set(min(number(at: firstSeenOffset, in: stored), time), at: firstSeenOffset, in: &stored)
        set(max(number(at: lastSeenOffset, in: stored), time), at: lastSeenOffset, in: &stored)
        return true
    }

    /// The bytes of the entries of a field of which one thing was said: one that is settled, and behind
    /// it those that repeat it.
    private struct Sayings {
        let first: Range<Int>
        private(set) var end: Int

        /// `nil` when there is no such entry, or when others are among them.
        init?(of hash: UInt64, in stored: UnsafeRawBufferPointer) {
            var found: Range<Int>?
            var position = fieldsOffset + 2
            let count = unsafe stored.loadUnaligned(fromByteOffset: fieldsOffset, as: UInt16.self)
            for _ in 0..<count {
                guard position + fieldHead <= stored.count else { return nil }
                let head = unsafe stored.loadUnaligned(
                    fromByteOffset: position + 16, as: UInt16.self)
                let next = position + fieldHead + jsonCount(head)
                guard next <= stored.count else { return nil }
                if unsafe stored.loadUnaligned(fromByteOffset: position, as: UInt64.self) == hash {
                    let isExpected = head & repeatedBit != 0 ? found != nil : found == nil
                    let isSettled = head & settledBit != 0
                    guard isExpected, isSettled == (found == nil) else { return nil }
                    found = found ?? position..<next
                } else if found != nil {
                    break
                }
                position = next
            }
            guard let found else { return nil }
            first = found
            end = position
        }

        /// Whether an event only says again, behind all of them, what they say.
        func repeats(
            _ json: UnsafeRawBufferPointer, at time: Int64, in stored: UnsafeRawBufferPointer
        ) -> Bool {
            // What is older than what is known changes nothing.
            if time < (unsafe Self.time(at: first.lowerBound, in: stored)) { return true }
            let last = end > first.upperBound ? end - fieldHead : first.lowerBound
            let count = (end - first.upperBound) / fieldHead + 1
            return unsafe time >= Self.time(at: last, in: stored) && count < mostSayings
                && ByteText.areEqual(
                    UnsafeRawBufferPointer(
                        rebasing: stored[first.lowerBound + fieldHead..<first.upperBound]), json)
        }

        static func time(at position: Int, in stored: UnsafeRawBufferPointer) -> Int64 {
            unsafe stored.loadUnaligned(fromByteOffset: position + 8, as: Int64.self)
        }
    }

    /// Notes that a field was said again at `time`.
    private static func note(
        _ hash: UInt64, at time: Int64, settled: Int64, in stored: inout [UInt8]
    ) {
        let found = unsafe stored.withUnsafeBytes { unsafe Sayings(of: hash, in: $0) }
        guard let found else { return }
        let start = found.first.upperBound
        var (latest, position) = (number(at: found.first.lowerBound + 8, in: stored), start)
        if time < latest { return }
        // Those that are settled now are the first one.
        while position < found.end {
            let next = number(at: position + 8, in: stored)
            if next > settled { break }
            (latest, position) = (next, position + fieldHead)
        }
        let isAhead = time > settled
        set(isAhead ? latest : time, at: found.first.lowerBound + 8, in: &stored)
        stored.removeSubrange(start..<position)
        let end = found.end - (position - start)
        if isAhead {
            stored.insert(contentsOf: repeatElement(0, count: fieldHead), at: end)
            set(hash, at: end, in: &stored)
            set(time, at: end + 8, in: &stored)
            set(repeatedBit, at: end + 16, in: &stored)
        }
        let count = number(at: fieldsOffset, in: stored, UInt16.self)
        let dropped = UInt16((position - start) / fieldHead)
        set(count - dropped + (isAhead ? 1 : 0), at: fieldsOffset, in: &stored)
    }

    private static func number<Value: FixedWidthInteger & BitwiseCopyable>(
        at position: Int, in stored: [UInt8], _: Value.Type = Int64.self
    ) -> Value {
        unsafe stored.withUnsafeBytes {
            unsafe $0.loadUnaligned(fromByteOffset: position, as: Value.self)
        }
    }

    private static func set<Value: FixedWidthInteger & BitwiseCopyable>(
        _ value: Value, at position: Int, in stored: inout [UInt8]
    ) {
        unsafe stored.withUnsafeMutableBytes {
            unsafe $0.storeBytes(of: value, toByteOffset: position, as: Value.self)
        }
    }
}
