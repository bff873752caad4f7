internal import Events
internal import Sketches
internal import StreamCore

/// The `link` operator with `scope: global` at work in one task.
///
/// Events come by their strongest identifier, messages of other tasks through the feedback topic.
final class ShardedLinker: Operator {
    private enum Input {
        static let events = 0
        static let decisions = 1
    }

    private let settings: LinkSettings
    private var identifiers: IdentifierKeys
    private let decisions: DecisionReader
    private var graph: ShardedGraph?
    private var outputs: LinkOutputs
    private var keys: [[UInt8]] = []
    private var buffer = ByteBuffer(capacity: 64)

    init(_ settings: LinkSettings) {
        self.settings = settings
        identifiers = IdentifierKeys(settings)
        decisions = DecisionReader(settings)
        outputs = LinkOutputs(settings)
    }

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        open(in: context)
        for event in events {
            switch context.input {
            case Input.events: try link(event, in: context)
            case Input.decisions: try decide(event, in: context)
            // Behind the inputs of the spec comes what other tasks say.
            default: try take(event, in: context)
            }
        }
    }

    func erase(
        _ key: UnsafeRawBufferPointer, in context: OperatorContext
    ) throws(OperatorError) -> Int {
        open(in: context)
        do throws(StoreError) {
            let count = try unsafe graph?.erase(key) ?? 0
            tell(because: nil, in: context)
            return count
        } catch {
            throw .store(error)
        }
    }

    private func open(in context: OperatorContext) {
        if graph == nil {
            graph = ShardedGraph(context.keyValueStore(settings.storeName), settings)
        }
    }

    // MARK: Events

    private func link(_ event: Event, in context: OperatorContext) throws(OperatorError) {
        identifiers.read(event, in: context.arena, into: &keys)
        // An event of nobody goes on as it is.
        guard !keys.isEmpty else { return context.emit(event) }
        let found: ProfileID?
        do throws(StoreError) {
            found = try graph?.add(keys, at: event.timestamp.milliseconds)
        } catch {
            throw .store(error)
        }
        tell(because: event, in: context)
        guard let profile = found else { return }
        var linked = event
        buffer.removeAll()
        profile.append(to: &buffer)
        if unsafe context.arena.set(settings.target, of: &linked, toString: buffer.bytes) {
            unsafe context.arena.setKey(of: &linked, to: buffer.bytes)
            context.emit(linked)
        } else {
            try context.refuse(
                event, unsettable: settings.target, to: Linker.Output.rejected)
        }
    }

    // MARK: Decisions

    /// Every task reads the decisions; the first one passes them on.
    private func decide(_ event: Event, in context: OperatorContext) throws(OperatorError) {
        guard context.partition == 0,
            let decided = try decisions.read(event, in: context)
        else { return }
        graph?.decide(decided.decision, decided.left, decided.right)
        tell(because: event, in: context)
    }

    // MARK: Messages

    private func take(_ event: Event, in context: OperatorContext) throws(OperatorError) {
        let arena = context.arena
        let message: ShardMessage
        do throws(SketchError) {
            message = try unsafe ShardMessage(arena.bytes(arena.rawValue(of: event)))
        } catch {
            throw .unavailable(
                reason: "the feedback topic has a record that 'link' did not write: \(error)")
        }
        do throws(StoreError) {
            try graph?.take(message, for: unsafe Array(arena.bytes(event.key)))
        } catch {
            throw .store(error)
        }
        tell(because: event, in: context)
    }

    /// Sends what the graph has to say: to other tasks, and of profiles.
    private func tell(because source: Event?, in context: OperatorContext) {
        guard let (outgoing, forgotten, outcomes) = graph?.takeOutput() else { return }
        for outgoing in outgoing {
            buffer.removeAll()
            outgoing.message.write(to: &buffer)
            let event = unsafe outgoing.receiver.withUnsafeBytes { key in
                unsafe context.arena.addEvent(
                    json: buffer.bytes, key: key, timestamp: source?.timestamp ?? .distantPast)
            }
            context.emit(event, to: Linker.Output.feedback)
        }
        outputs.tell(forgotten: forgotten, because: nil, in: context)
        for outcome in outcomes { outputs.tell(outcome, because: source, in: context) }
        if let count = graph?.refusedCount, count > 0 {
            context.setGauge("links.refused", to: Double(count))
        }
    }
}
