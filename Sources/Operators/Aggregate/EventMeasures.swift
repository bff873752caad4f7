internal import CEL
internal import Events
internal import Sketches
internal import StreamCore

/// What one event says to the measures, read once and added to each of its windows.
@safe struct EventMeasures: ~Copyable {
    /// What the event says to one measure.
    enum Contribution {
        /// The event is not one that it counts, or has no value.
        case nothing
        case event
        case amount(ExactDecimal)
        case number(Double)
        case hash(UInt64)
        /// Bytes of the texts.
        case text(Range<Int>)
        /// There is a value, and it is none that the measure takes.
        case ignored
    }

    private let measures: [Measure]
    private let conditions: EventConditions
    /// By measure, the condition of the events that it counts.
    private let counted: [EventConditions.Number?]
    private(set) var contributions: [Contribution]
    private var texts = ByteBuffer(capacity: 1024)

    init(_ settings: AggregateSettings) {
        measures = settings.measures
        let conditions = EventConditions(settings.scope)
        counted = settings.measures.map { $0.condition.map { conditions.add($0) } }
        self.conditions = conditions
        contributions = Array(repeating: .nothing, count: settings.measures.count)
    }

    /// The bytes of a text, valid until the next event is read.
    func text(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: texts.bytes[range])
    }

    /// Reads an event; returns the index of the measure of whose condition it can't be said whether it
    /// is met.
    mutating func read(_ event: Event, in arena: EventArena) -> Int? {
        texts.removeAll()
        conditions.look(at: event)
        for index in measures.indices {
            if let condition = counted[index] {
                switch conditions.decision(on: condition, in: arena) {
                case .met: break
                case .notMet:
                    contributions[index] = .nothing
                    continue
                case .failed: return index
                }
            }
            contributions[index] = contribution(of: event, to: index, in: arena)
        }
        return nil
    }

    /// Why it can't be said whether the event that was read meets the condition of a measure.
    func reason(ofFailing index: Int, in arena: EventArena) -> String {
        guard let condition = counted[index] else { return "" }
        let reason = conditions.reason(ofFailing: condition, in: arena)
        return "'when' of '\(measures[index].name)' can't be decided: \(reason)"
    }

    private mutating func contribution(
        of event: Event, to index: Int, in arena: EventArena
    ) -> Contribution {
        let value = measures[index].field.map { arena.value(of: event, at: $0) }
        guard let value else { return .event }
        guard !value.isMissingOrNull else { return .nothing }
        switch measures[index].function {
        case .count: return .event
        case .sum, .average, .minimum, .maximum:
            guard value.isNumber,
                let amount = unsafe ExactDecimal(amount: arena.bytes(value.raw))
            else { return .ignored }
            return .amount(amount)
        case .quantiles: return value.double.map { .number($0) } ?? .ignored
        case .distinct:
            guard let (isText, bytes) = unsafe Self.scalar(value, in: arena) else {
                return .ignored
            }
            return unsafe .hash(Murmur3.hash(bytes, seed: isText ? 0 : 1).low)
        case .top:
            guard let (isText, bytes) = unsafe Self.scalar(value, in: arena),
                isText || bytes.count <= Measure.longestText
            else { return .ignored }
            let start = texts.count
            texts.append(isText ? Tally.textMark : Tally.jsonMark)
            unsafe texts.append(SessionList.bounded(bytes))
            return .text(start..<texts.count)
        }
    }

    private static func scalar(
        _ value: FieldValue, in arena: EventArena
    ) -> (isText: Bool, bytes: UnsafeRawBufferPointer)? {
        switch value.kind {
        case .string: unsafe (true, arena.bytes(value.text))
        case .integer, .unsignedInteger, .decimal, .boolean:
            unsafe (false, arena.bytes(value.raw))
        case .missing, .null, .object, .array: nil
        }
    }
}
