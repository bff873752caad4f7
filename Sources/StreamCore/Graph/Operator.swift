public import Events

/// One step of a topology, at work in one task.
///
/// A task calls an operator on one thread, once per run of events, so the dynamic call is paid
/// per run; the loop over the events is inside. An operator is a deterministic function of the
/// events, its state and stream time: it has no clock, no randomness and no IO, and its result
/// does not depend on how the events are cut into runs.
public protocol Operator: AnyObject {
    /// Handles a run of events, in order. All of them come from one input, `context.input`.
    ///
    /// Before each event an operator with timers fires those due at or before the event's
    /// `streamTime`. It sets timers for later than that; what is due at once it does at once.
    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError)

    /// Fires the timers that are due at `streamTime` when it moved without an event.
    func advance(to streamTime: Timestamp, in context: OperatorContext) throws(OperatorError)

    /// Deletes what the operator keeps of the person or thing that `key` names: entries, timers'
    /// entries, and what else leads to it. Returns how many entries went.
    func erase(
        _ key: UnsafeRawBufferPointer, in context: OperatorContext
    ) throws(OperatorError) -> Int

    /// Takes over a definition of the same operator whose files have changed, between two runs.
    ///
    /// Returns false when it goes on as it is, because the definition differs in more than that.
    func adopt(_ definition: any OperatorDefinition) -> Bool
}

extension Operator {
    public func adopt(_ definition: any OperatorDefinition) -> Bool { false }

    public func advance(to streamTime: Timestamp, in context: OperatorContext) throws(OperatorError)
    {}

    public func erase(
        _ key: UnsafeRawBufferPointer, in context: OperatorContext
    ) throws(OperatorError) -> Int { 0 }
}

/// A configured operator, from which each task makes its own instance.
public protocol OperatorDefinition: Sendable {
    /// The stores that the operator needs; empty for a stateless one.
    var stores: [StoreSpec] { get }

    /// By which value the operator's state is kept: the topology is cut here by a repartition
    /// topic when the input is not partitioned by it.
    var stateKey: StateKey? { get }

    /// By which value a named input must be partitioned, so that what belongs together meets in one
    /// task; `nil` when it does not matter. A broadcast stream is always in every task.
    func stateKey(ofInput index: Int) -> StateKey?

    /// Whether the operator's tasks send each other events, through a topic of their own: what it
    /// emits to the output behind the last of its spec comes back to the task that its record key
    /// belongs to, as the input behind the last of its spec, with the bytes that were emitted. It is
    /// taken as soon as it is there, whatever its time, and moves no clock.
    var hasFeedback: Bool { get }

    /// The field that becomes the record key, when the operator changes it.
    var changedKey: FieldPath? { get }

    /// Whether there may be events that the operator can't take, so that somebody has to read its
    /// output for failures.
    var mayRefuse: Bool { get }

    /// Files whose content operators take over while they run, as the topology names them: models.
    var reloadedFiles: [String] { get }

    func makeOperator() -> any Operator
}

extension OperatorDefinition {
    public var reloadedFiles: [String] { [] }
    public var stores: [StoreSpec] { [] }
    public var stateKey: StateKey? { nil }
    public func stateKey(ofInput index: Int) -> StateKey? { nil }
    public var hasFeedback: Bool { false }
    public var changedKey: FieldPath? { nil }
    public var mayRefuse: Bool { true }
}

/// By which value a stateful operator keeps its state.
public enum StateKey: Hashable, Sendable {
    /// The record's key.
    case recordKey
    /// A field of the event.
    case field(FieldPath)
    /// What an operator makes of the event.
    case derived(DerivedKey)
}

/// A record key that an operator makes of an event.
public final class DerivedKey: Hashable, Sendable {
    /// Appends the key of an event; nothing when it has none, and keeps the one that it has.
    public typealias Maker = (
        _ event: Event, _ arena: EventArena, _ key: inout ByteBuffer
    ) -> Void

    /// Makes what one task uses, on one thread.
    let makeMaker: @Sendable () -> Maker

    public init(_ makeMaker: @escaping @Sendable () -> Maker) { self.makeMaker = makeMaker }

    public static func == (a: DerivedKey, b: DerivedKey) -> Bool { a === b }

    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// An operator that turns source records into events as they come in, before the task chooses
/// between its partitions by event time. The `parse` operator is one.
public protocol RecordDecoder: AnyObject {
    /// Appends the events of every record that the arena's attached batch holds, in order.
    ///
    /// A record that can't be decoded gives one event that carries its failure
    /// (`EventArena.failure(of:)`), with the record's own timestamp.
    func decode(recordCount: Int, in arena: EventArena, into events: inout [Event])

    /// Whether each record begins with a line that says what the others hold, as CSV does.
    var recordsBeginWithHeader: Bool { get }
}

extension RecordDecoder {
    public var recordsBeginWithHeader: Bool { false }
}

/// A definition whose operator can decode records where they come in.
public protocol DecodingOperatorDefinition: OperatorDefinition {
    /// The decoder; `timestamp` is the field that carries the event time, when the source has one.
    func makeDecoder(timestamp: FieldPath?) -> any RecordDecoder
}

/// What an operator does with a record that it can't take.
public enum ErrorPolicy: String, Sendable, CaseIterable {
    /// The record goes to the operator's output for failures.
    case deadLetter = "dead_letter"
    /// The record is counted and forgotten.
    case drop
    /// The task stops.
    case fail
}
