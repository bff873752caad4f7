internal import Events
internal import Sketches
internal import StreamCore

/// When each identifier was seen last, and from when on nobody misses it.
///
/// A time is written anew when it has grown by a sixteenth of the retention, so that most events write
/// nothing; an identifier is due that much later. Entries and timers are called by a hash, so that
/// no timer holds an identifier that was forgotten.
///
/// Layout of an entry: the time (8, little-endian), the key of the identifier.
struct LastSeen: ~Copyable {
    static let layoutVersion = 1
    private static let timeSize = 8

    /// An identifier that was not seen for the retention.
    struct Stale {
        let key: [UInt8]
        /// When its timer was due.
        let due: Timestamp
    }

    private let storeName: String
    private let grain: Int64
    /// How long an identifier is kept after the time that is written of it.
    private let span: Int64
    private var stores: TimedStores

    // Scratch, reused from event to event.
    private var stored: [UInt8] = []
    private var name = ByteBuffer(capacity: 16)
    private var entry = ByteBuffer(capacity: 256)
    private var timerKey: [UInt8] = []

    init(_ settings: LinkSettings, retention: Int64) {
        storeName = settings.seenName
        grain = retention / 16
        span = retention + grain
        stores = TimedStores(entries: settings.seenName, timers: settings.timersName)
    }

    /// The time at which identifiers of an event were seen; `nil` when neither the event nor the clock
    /// knows it.
    static func time(of event: Event) -> Int64? {
        let time = event.timestamp == .distantPast ? event.streamTime : event.timestamp
        return time == .distantPast ? nil : time.milliseconds
    }

    /// Whether nothing changes by an event of `time` for an identifier that is noted at `noted`.
    func isNoted(_ noted: Int64, at time: Int64) -> Bool {
        time < noted.addingSaturated(grain)
    }

    /// An event has an identifier; returns the time that is written of it from now on.
    mutating func note(
        _ key: [UInt8], at time: Int64, of event: Event, in context: OperatorContext
    ) throws(StoreError) -> Int64 {
        let stores = self.stores.open(in: context)
        let last = try self.time(of: key, stores)
        if let last, isNoted(last, at: time) { return last }
        entry.removeAll()
        entry.append(littleEndian: time)
        unsafe entry.append(key.span.bytes)
        try unsafe stores.entries.put(name.bytes, entry.bytes)
        // One timer is enough; when it is due it sees what has come since.
        if last == nil { try keep(time, after: event.streamTime, stores) }
        return time
    }

    /// The next identifier that was not seen for the retention, of those due at `streamTime`.
    mutating func takeStale(
        at streamTime: Timestamp, in context: OperatorContext
    ) throws(StoreError) -> Stale? {
        if stores.nextTimer(in: context) > streamTime { return nil }
        let stores = self.stores.open(in: context)
        while stores.timers.next <= streamTime,
            let due = try stores.timers.takeDue(at: streamTime, into: &name, scratch: &timerKey)
        {
            // One that was forgotten, or noted anew, since the timer was set.
            guard try unsafe stores.entries.get(name.bytes, into: &stored) else { continue }
            guard stored.count >= Self.timeSize else { throw damaged }
            if lastTime.addingSaturated(span) <= due.milliseconds {
                return Stale(key: Array(stored[Self.timeSize...]), due: due)
            }
            try keep(lastTime, after: due, stores)
        }
        return nil
    }

    /// Keeps a stale identifier as one that was seen with others, the last of them at the latest of
    /// their times; returns false when all of them are stale.
    mutating func keep(
        _ stale: Stale, with keys: [[UInt8]], in context: OperatorContext
    ) throws(StoreError) -> Bool {
        let stores = self.stores.open(in: context)
        var latest = Int64.min
        for key in keys { latest = max(latest, try time(of: key, stores) ?? .min) }
        guard latest.addingSaturated(span) > stale.due.milliseconds else { return false }
        call(stale.key)
        try keep(latest, after: stale.due, stores)
        return true
    }

    /// Forgets identifiers. A timer of theirs finds nothing.
    mutating func remove(_ keys: [[UInt8]], in context: OperatorContext) throws(StoreError) {
        let stores = self.stores.open(in: context)
        for key in keys {
            call(key)
            try unsafe stores.entries.delete(name.bytes)
        }
    }

    /// Sets the timer of the identifier that `name` is called for.
    private func keep(
        _ time: Int64, after moment: Timestamp, _ stores: TimedStores.Opened
    ) throws(StoreError) {
        let due = max(
            Timestamp(milliseconds: time.addingSaturated(span)), moment.adding(milliseconds: 1))
        try unsafe stores.timers.set(name.bytes, at: due)
    }

    /// The time that is written of an identifier; `name` and `stored` are of it then.
    private mutating func time(
        of key: [UInt8], _ stores: TimedStores.Opened
    ) throws(StoreError) -> Int64? {
        call(key)
        guard try unsafe stores.entries.get(name.bytes, into: &stored) else { return nil }
        guard stored.count >= Self.timeSize else { throw damaged }
        return lastTime
    }

    private var lastTime: Int64 {
        unsafe stored.withUnsafeBytes {
            unsafe Int64(littleEndian: $0.loadUnaligned(as: Int64.self))
        }
    }

    private mutating func call(_ key: [UInt8]) {
        let hash = unsafe key.withUnsafeBytes { unsafe Murmur3.hash($0) }
        name.removeAll()
        name.append(littleEndian: hash.low)
        name.append(littleEndian: hash.high)
    }

    private var damaged: StoreError {
        .damaged(storeName, SketchError("a time is cut short"))
    }
}
