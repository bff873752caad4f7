internal import Events
internal import Sketches
internal import StreamCore

/// What `aggregate` sends where.
enum AggregateOutput {
    static let main = 0
    static let late = 1
    static let rejected = 2
}

/// The `aggregate` operator at work in one task, with the windows of one kind.
final class Aggregation<Windows: AggregateWindows & ~Copyable>: Operator {
    private let settings: AggregateSettings
    /// A value that is borrowed once per run: an access to a property of a class costs as much as
    /// some of the work on it.
    private var windows: Windows
    private var stores: TimedStores

    init(_ settings: AggregateSettings) {
        self.settings = settings
        stores = TimedStores(entries: settings.storeName, timers: settings.timersName)
        windows = Windows(settings)
    }

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        let stores = self.stores.open(in: context)
        try windows.process(events, stores.entries, stores.timers, in: context)
    }

    func advance(to streamTime: Timestamp, in context: OperatorContext) throws(OperatorError) {
        let stores = self.stores.open(in: context)
        try windows.advance(to: streamTime, stores.entries, stores.timers, in: context)
    }

    /// Deletes the open windows of the groups whose first value is `key`.
    func erase(
        _ key: UnsafeRawBufferPointer, in context: OperatorContext
    ) throws(OperatorError) -> Int {
        let store = self.stores.open(in: context).entries
        var found: [[UInt8]] = []
        var damage: SketchError?
        do throws(StoreError) {
            try unsafe store.forEach { entry, _ in
                do throws(SketchError) {
                    guard let group = unsafe Windows.group(ofEntry: entry) else {
                        throw SketchError("a window has no group")
                    }
                    let text = try unsafe FieldGroup.partitionText(of: group)
                    if unsafe ByteText.areEqual(text, key) { unsafe found.append(Array(entry)) }
                } catch {
                    damage = error
                }
            }
            // Whose an entry is that can't be read, nobody knows: it may be this one's.
            if let damage { throw StoreError.damaged(settings.storeName, damage) }
            // Timers that find nothing do nothing.
            var buffer = ByteBuffer()
            for entry in found {
                buffer.removeAll()
                buffer.append(unsafe entry.span.bytes)
                try unsafe store.delete(buffer.bytes)
            }
        } catch {
            throw .store(error)
        }
        return found.count
    }
}

/// The windows of a task's groups: what an event does to them, and when they close.
protocol AggregateWindows: ~Copyable {
    init(_ settings: AggregateSettings)

    /// The bytes of the group that an entry of the store is of; `nil` when it has none.
    static func group(ofEntry key: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer?

    /// Handles a run of events, in order.
    mutating func process(
        _ events: [Event], _ store: any KeyValueStore, _ timers: any TimerStore,
        in context: OperatorContext
    ) throws(OperatorError)

    /// Closes what is due at `streamTime`.
    mutating func advance(
        to streamTime: Timestamp, _ store: any KeyValueStore, _ timers: any TimerStore,
        in context: OperatorContext
    ) throws(OperatorError)
}

/// An event on its way into windows: what it says to the measures, and its group.
struct AggregateInput: ~Copyable {
    private let settings: AggregateSettings
    var measures: EventMeasures
    /// The bytes of the group.
    var group = ByteBuffer(capacity: 256)

    init(_ settings: AggregateSettings) {
        self.settings = settings
        measures = EventMeasures(settings)
    }

    /// Reads an event; false when it was refused.
    mutating func accept(
        _ event: Event, in context: OperatorContext
    ) throws(OperatorError) -> Bool {
        let rejected = AggregateOutput.rejected
        guard event.timestamp != .distantPast else {
            try context.refuse(event, to: rejected, error: "unusable_time") {
                "the event has no time"
            }
            return false
        }
        group.removeAll()
        if let absence = settings.group.append(of: event, in: context.arena, to: &group) {
            try context.refuse(event, to: rejected, error: "missing_key") {
                absence.reason(to: "group by")
            }
            return false
        }
        if let failed = measures.read(event, in: context.arena) {
            let reason = measures.reason(ofFailing: failed, in: context.arena)
            try context.refuse(event, to: rejected, error: "expression") { reason }
            return false
        }
        return true
    }

    /// Refuses an event whose windows would end after the end of time.
    func refuseTime(of event: Event, in context: OperatorContext) throws(OperatorError) {
        try context.refuse(event, to: AggregateOutput.rejected, error: "unusable_time") {
            "a window that holds \(event.timestamp) would end after the end of time"
        }
    }
}

extension StoreError {
    /// What a store holds can't be read.
    static func damaged(_ store: String, _ error: SketchError) -> StoreError {
        .corrupt(
            path: store, reason: error.description,
            remedy: "restore it from its changelog or a copy, or remove it and read the input again"
        )
    }
}
