internal import Events

/// Reads the events that one record holds, in one of the formats of `parse`.
///
/// Whatever can't be read gives an event with the bytes that are wrong, marked with its failure.
final class RecordReader {
    private let settings: ParseSettings
    /// The field that holds the event time; `nil` leaves the record's own.
    private let timestamp: FieldPath?

    private let rows: CSVRows
    /// For records that are not JSON from their first byte on.
    private let framed: FramedRecords?

    init(settings: ParseSettings, timestamp: FieldPath?) {
        self.settings = settings
        self.timestamp = timestamp
        rows = CSVRows(settings: settings.csv)
        framed = FramedRecords.areNeeded(for: settings) ? FramedRecords(settings: settings) : nil
    }

    /// Begins with records that came in together.
    func beginBatch() { framed?.beginBatch() }

    /// Appends the events of a record, in the order in which they stand there.
    func read(_ record: Event, in arena: EventArena, into events: inout [Event]) {
        if arena.isTombstone(record) {
            if settings.passesTombstones { return events.append(record) }
            refuse(record, ParseFailure(code: .tombstone), in: arena, into: &events)
            return
        }
        if let framed {
            events.append(opened(record, by: framed, in: arena))
            return
        }
        switch settings.format {
        case .json, .avro: events.append(parsed(record, in: arena, place: nil))
        case .ndjson: readLines(of: record, in: arena, into: &events)
        case .csv: readRows(of: record, in: arena, into: &events)
        }
    }

    // MARK: One document

    /// Where a document stands in a record of several.
    struct Place {
        let name: StaticString
        /// From 1.
        let number: Int
        let start: Int

        func describing(_ reason: String) -> String {
            "\(name) \(number), which starts at byte \(start): \(reason)"
        }
    }

    /// The event, indexed and with its event time, or marked with its failure.
    private func parsed(
        _ event: Event, in arena: EventArena, place: Place?
    ) -> Event {
        var event = event
        if let failure = arena.parse(event, limits: settings.limits) {
            let reason = arena.describe(failure, of: event)
            mark(event, failure.code.name, reason, in: arena, place: place)
        } else if let timestamp {
            let value = arena.value(of: event, at: timestamp)
            if let time = TimestampFormat.automatic.read(value, in: arena) {
                event.timestamp = time
            } else {
                let reason = timestampReason(value, at: timestamp, in: arena)
                mark(event, "timestamp", reason, in: arena, place: place)
            }
        }
        return event
    }

    /// The event of a record whose document is not the value as it stands.
    private func opened(
        _ record: Event, by framed: FramedRecords, in arena: EventArena
    ) -> Event {
        var event = record
        if let failure = framed.open(record, in: arena) {
            // What can't be read for now is the next to be chosen: the task stops at it before the
            // clock moves on.
            if failure.isOutage { event.timestamp = .distantPast }
            arena.markFailed(event, failure)
            return event
        }
        if let failure = arena.parse(event, limits: settings.limits) {
            arena.markFailed(event, describe(failure, of: event, by: framed, in: arena))
            return event
        }
        event = parsed(event, in: arena, place: nil)
        guard arena.failure(of: event) == nil else { return event }
        if let failure = framed.addLineage(to: &event, in: arena) {
            arena.markFailed(event, failure)
        }
        return event
    }

    private func describe(
        _ failure: ParseFailure, of event: Event, by framed: FramedRecords, in arena: EventArena
    ) -> EventFailure {
        guard settings.format != .avro else {
            return EventFailure(
                error: failure.code.name,
                reason: "as JSON it is no event: \(failure.reason) of the JSON text")
        }
        let inValue = ParseFailure(
            code: failure.code,
            position: failure.position < 0 ? -1 : failure.position + framed.offset)
        return EventFailure(
            error: failure.code.name, reason: arena.describe(inValue, of: event))
    }

    private func timestampReason(
        _ value: FieldValue, at path: FieldPath, in arena: EventArena
    ) -> String {
        if value.isMissing { return "the event time '\(path)' is missing" }
        let text = unsafe String(decoding: arena.bytes(value.raw).prefix(40), as: UTF8.self)
        return """
            the event time '\(path)' is no ISO 8601 text and no seconds or milliseconds since \
            1970: \(text)
            """
    }

    private func mark(
        _ event: Event, _ error: String, _ reason: String, in arena: EventArena, place: Place?
    ) {
        let reason = place?.describing(reason) ?? reason
        arena.markFailed(event, EventFailure(error: error, reason: reason))
    }

    private func refuse(
        _ record: Event, _ failure: ParseFailure, in arena: EventArena, into events: inout [Event]
    ) {
        arena.markFailed(record, EventFailure(error: failure.code.name, reason: failure.reason))
        events.append(record)
    }

    // MARK: Lines and rows

    private func readRows(of record: Event, in arena: EventArena, into events: inout [Event]) {
        rows.begin(record, in: arena)
        while let row = rows.next(of: record, in: arena) {
            switch row {
            case .document(let event, let place):
                events.append(parsed(event, in: arena, place: place))
            case .failure(let event, let failure):
                arena.markFailed(event, failure)
                events.append(event)
            }
        }
    }

    private func readLines(of record: Event, in arena: EventArena, into events: inout [Event]) {
        let value = arena.rawValue(of: record)
        let first = events.count
        var lines = NDJSONReader()
        // The arena's memory may move with each event, so its bytes are asked for again.
        while let line = unsafe lines.next(in: arena.bytes(value)) {
            let isWhole = line.count == value.count
            let event = isWhole ? record : arena.addEvent(part: line, of: record)
            let place = Place(name: "line", number: lines.lineNumber, start: line.lowerBound)
            events.append(parsed(event, in: arena, place: place))
        }
        if events.count == first {
            refuse(record, ParseFailure(code: .emptyValue), in: arena, into: &events)
        }
    }
}

extension EventArena {
    /// An event whose value is a part of the record's.
    func addEvent(part range: Range<Int>, of record: Event) -> Event {
        let value = unsafe bytes(rawValue(of: record))
        return unsafe addEvent(json: UnsafeRawBufferPointer(rebasing: value[range]), like: record)
    }
}
