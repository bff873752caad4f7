import Events
import StreamCore

/// A definition that is made of its parts.
struct TestDefinition: OperatorDefinition {
    var stores: [StoreSpec] = []
    var stateKey: StateKey?
    var changedKey: FieldPath?
    var inputKey: StateKey?
    let make: @Sendable () -> any Operator

    func stateKey(ofInput index: Int) -> StateKey? { inputKey }

    func makeOperator() -> any Operator { make() }
}

/// Takes JSON objects, one or several lines a record; what does not parse goes to `.failed`.
struct LineParsing: DecodingOperatorDefinition {
    func makeOperator() -> any Operator { LineParser() }

    func makeDecoder(timestamp: FieldPath?) -> any RecordDecoder {
        LineDecoder(timestamp: timestamp)
    }
}

final class LineDecoder: RecordDecoder {
    private let timestamp: FieldPath?

    init(timestamp: FieldPath?) { self.timestamp = timestamp }

    func decode(recordCount: Int, in arena: EventArena, into events: inout [Event]) {
        for index in 0..<recordCount {
            let record = arena.addEvent(record: index)
            let text = unsafe String(
                decoding: arena.bytes(arena.rawValue(of: record)), as: UTF8.self)
            let lines = text.split(separator: "\n")
            if lines.count == 1 {
                decode(record, in: arena, into: &events)
            } else {
                for line in lines {
                    let text = Stored.bytes(String(line))
                    let event = unsafe arena.addEvent(json: text.bytes, like: record)
                    decode(event, in: arena, into: &events)
                }
            }
        }
    }

    private func decode(_ event: Event, in arena: EventArena, into events: inout [Event]) {
        var event = event
        if let failure = arena.parse(event, limits: .standard) {
            arena.markFailed(
                event,
                EventFailure(error: "not_json", reason: arena.describe(failure, of: event)))
        } else if let timestamp, let time = arena.value(of: event, at: timestamp).integer {
            event.timestamp = Timestamp(milliseconds: time)
        }
        events.append(event)
    }
}

/// Passes on what was decoded, and refuses what was not.
final class LineParser: Operator {
    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        for event in events {
            if let failure = context.arena.failure(of: event) {
                try context.refuse(event, to: 1, error: failure.error) { failure.reason }
            } else {
                context.emit(event)
            }
        }
    }
}

/// Drops the events whose `n` is a multiple of a number, and notes stream time in the others.
final class Sieve: Operator {
    private static let number = FieldPath(name: "n")
    private static let time = FieldPath(name: "stream_time")
    private let divisor: Int64

    init(divisor: Int64) { self.divisor = divisor }

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        for event in events {
            let number = context.arena.value(of: event, at: Self.number).integer ?? 1
            guard number == 0 || number % divisor != 0 else { continue }
            var noted = event
            context.arena.set(Self.time, of: &noted, to: event.streamTime.milliseconds)
            context.emit(noted)
        }
    }
}

/// Numbers the events that it sees, over restarts: its output depends on their order.
final class Numbering: Operator {
    private let field: FieldPath
    private let storeName: String

    init(field: String, storeName: String) {
        self.field = FieldPath(name: field)
        self.storeName = storeName
    }

    static func definition(_ name: String) -> TestDefinition {
        let store = StoreSpec(name: "\(name).count", kind: .keyValue)
        return TestDefinition(stores: [store]) {
            Numbering(field: "number_\(name)", storeName: store.name)
        }
    }

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        do {
            let store = context.keyValueStore(storeName)
            for event in events {
                let count = try Stored.number(in: store, "count") + 1
                try Stored.put(count, in: store, "count")
                var numbered = event
                context.arena.set(field, of: &numbered, to: count)
                context.emit(numbered)
            }
        } catch {
            throw .store(error)
        }
    }
}

/// Counts the events of a key, and says how many there were when a pause has passed since the
/// first: on output `closed`, by timer. An event whose pause has passed already is `late`.
final class PauseCounter: Operator {
    private let name: String
    private let pause: Int64
    private var timers: (any TimerStore)?

    init(name: String, pause: Int64) {
        self.name = name
        self.pause = pause
    }

    static let outputs = [
        OperatorSpec.Output("closed", "The counts."), OperatorSpec.Output("late", "Late events."),
    ]

    static func definition(
        _ name: String, pause: Int64, key: StateKey? = nil
    ) -> TestDefinition {
        TestDefinition(
            stores: [
                StoreSpec(name: "\(name).counts", kind: .keyValue),
                StoreSpec(name: "\(name).timers", kind: .timers),
            ], stateKey: key
        ) { PauseCounter(name: name, pause: pause) }
    }

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        let timers = context.timerStore("\(name).timers")
        for event in events {
            if timers.next <= event.streamTime { try advance(to: event.streamTime, in: context) }
            do {
                try count(event, timers, in: context)
            } catch {
                throw .store(error)
            }
        }
    }

    private func count(
        _ event: Event, _ timers: any TimerStore, in context: OperatorContext
    ) throws(StoreError) {
        let due = event.timestamp.adding(milliseconds: pause)
        guard due > event.streamTime else {
            context.countLate()
            return context.emit(event, to: 2)
        }
        let store = context.keyValueStore("\(name).counts")
        let key = unsafe String(decoding: context.arena.bytes(event.key), as: UTF8.self)
        let count = try Stored.number(in: store, key)
        if count == 0 { try unsafe timers.set(context.arena.bytes(event.key), at: due) }
        try Stored.put(count + 1, in: store, key)
        context.emit(event)
    }

    func advance(to streamTime: Timestamp, in context: OperatorContext) throws(OperatorError) {
        let timers = context.timerStore("\(name).timers")
        let store = context.keyValueStore("\(name).counts")
        var key: [UInt8] = []
        do {
            while let due = try timers.takeDue(at: streamTime, key: &key) {
                let text = String(decoding: key, as: UTF8.self)
                emit(text, count: try Stored.number(in: store, text), due: due, in: context)
                try Stored.delete(text, from: store)
            }
        } catch {
            throw .store(error)
        }
    }

    private func emit(_ key: String, count: Int64, due: Timestamp, in context: OperatorContext) {
        let json = Stored.bytes(
            "{\"key\":\"\(key)\",\"\(name)\":\(count),\"due\":\(due.milliseconds)}")
        let key = Stored.bytes(key)
        var event = unsafe context.arena.addEvent(json: json.bytes, key: key.bytes, timestamp: due)
        (event.streamTime, event.sequence) = context.moment(ofTimerDueAt: due)
        context.emit(event, to: 1)
    }
}

/// Fails on the event whose `n` it is told, as a broken store would make an operator fail.
final class Breaking: Operator {
    private let number: Int64

    init(at number: Int64) { self.number = number }

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        for event in events {
            if context.arena.value(of: event, at: FieldPath(name: "n")).integer == number {
                throw .store(.full(path: "state.db", reason: "disk quota"))
            }
            context.emit(event)
        }
    }
}

/// Numbers by text in a store.
enum Stored {
    static func number(in store: any KeyValueStore, _ key: String) throws(StoreError) -> Int64 {
        var value: [UInt8] = []
        let key = bytes(key)
        let isThere = try unsafe store.get(key.bytes, into: &value)
        return isThere ? Int64(String(decoding: value, as: UTF8.self)) ?? 0 : 0
    }

    static func put(
        _ number: Int64, in store: any KeyValueStore, _ key: String
    ) throws(StoreError) {
        let key = bytes(key)
        let value = bytes("\(number)")
        try unsafe store.put(key.bytes, value.bytes)
    }

    static func delete(_ key: String, from store: any KeyValueStore) throws(StoreError) {
        let key = bytes(key)
        try unsafe store.delete(key.bytes)
    }

    static func bytes(_ text: String) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.append(string: text)
        return buffer
    }
}

/// Refuses the events whose `n` it is told, to output 1.
final class Refusing: Operator {
    static let outputs = [
        OperatorSpec.Output("rejected", "What is refused.", isForFailures: true)
    ]

    private let number: Int64

    init(_ number: Int64) { self.number = number }

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        for event in events {
            if context.arena.value(of: event, at: FieldPath(name: "n")).integer == number {
                try context.refuse(event, to: 1, error: "unwanted") { "\(number) is unwanted" }
            } else {
                context.emit(event)
            }
        }
    }
}
