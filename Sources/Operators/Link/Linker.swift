internal import Events
internal import StreamCore

/// The `link` operator at work in one task.
final class Linker: Operator {
    enum Output {
        static let main = 0
        static let merges = 1
        static let profiles = 2
        static let review = 3
        static let rejected = 4
    }

    private let settings: LinkSettings
    private var identifiers: IdentifierKeys
    private var graph: IdentityGraph?
    private var outputs: LinkOutputs
    private var keys: [[UInt8]] = []
    private var description: [UInt8] = []
    private var buffer = ByteBuffer(capacity: 64)
    private var refusedCount = 0

    init(_ settings: LinkSettings) {
        self.settings = settings
        identifiers = IdentifierKeys(settings)
        outputs = LinkOutputs(settings)
    }

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        open(in: context)
        for event in events {
            if context.input == 0 {
                try link(event, in: context)
            } else {
                try decide(event, in: context)
            }
        }
    }

    func erase(
        _ key: UnsafeRawBufferPointer, in context: OperatorContext
    ) throws(OperatorError) -> Int {
        open(in: context)
        do throws(StoreError) {
            return try unsafe graph?.erase(key) ?? 0
        } catch {
            throw .store(error)
        }
    }

    private func open(in context: OperatorContext) {
        if graph == nil {
            graph = IdentityGraph(
                context.keyValueStore(settings.storeName),
                likeness: settings.likeness.map { context.keyValueStore($0.storeName) }, settings)
        }
    }

    // MARK: Events

    private func link(_ event: Event, in context: OperatorContext) throws(OperatorError) {
        identifiers.read(event, in: context.arena, into: &keys)
        // An event of nobody goes on as it is.
        guard !keys.isEmpty else { return context.emit(event) }
        let time = event.timestamp.milliseconds
        if let likeness = settings.likeness {
            _ = PersonDescription.read(event, in: context.arena, likeness, into: &description)
        }
        var profile: ProfileID?
        do throws(StoreError) {
            profile = try graph?.knownProfile(of: keys, described: description, at: time)
            if profile == nil,
                let outcome = try graph?.add(keys, described: description, at: time)
            {
                profile = outcome.members.first { $0.key == keys[0] }?.node.profile
                if outcome.isRefused { noteRefusal(in: context) }
                noteFullBlocks(in: context)
                outputs.tell(outcome, because: event, in: context)
            }
        } catch {
            throw .store(error)
        }
        guard let profile else { return context.emit(event) }
        var linked = event
        buffer.removeAll()
        profile.append(to: &buffer)
        if unsafe context.arena.set(settings.target, of: &linked, toString: buffer.bytes) {
            context.emit(linked)
        } else {
            try context.refuse(event, to: Output.rejected, error: "field_not_settable") {
                "the field '\(settings.target)' can't be set: an array is in the way"
            }
        }
    }

    private func noteRefusal(in context: OperatorContext) {
        refusedCount += 1
        context.setGauge("links.refused", to: Double(refusedCount))
    }

    private func noteFullBlocks(in context: OperatorContext) {
        guard let count = graph?.fullBlockCount, count > 0 else { return }
        context.setGauge("likeness.not_compared", to: Double(count))
    }

    // MARK: Decisions

    private func decide(_ event: Event, in context: OperatorContext) throws(OperatorError) {
        let arena = context.arena
        let decision: IdentityNode.Decision
        switch string(event, "decision", in: arena) {
        case "must_link": decision = .mustLink
        case "cannot_link": decision = .cannotLink
        case "withdraw": decision = .none
        default:
            return try refuse(
                event, "'decision' is not one of must_link, cannot_link, withdraw", in: context)
        }
        var pair: [[UInt8]] = []
        for side in ["a", "b"] {
            guard let name = string(event, "\(side).type", in: arena),
                let text = string(event, "\(side).value", in: arena)
            else {
                return try refuse(event, "'\(side)' has no 'type' and 'value'", in: context)
            }
            guard let type = settings.types.first(where: { $0.name == name }) else {
                return try refuse(
                    event,
                    "there is no identifier '\(name)'; "
                        + NearestName.remedy(for: name, known: settings.types.map(\.name)),
                    in: context)
            }
            guard let key = identifiers.key(of: text, as: type) else {
                return try refuse(
                    event, "the 'value' of '\(side)' is no \(type.form.rawValue)", in: context)
            }
            pair.append(key)
        }
        guard pair[0] != pair[1] else {
            return try refuse(event, "'a' and 'b' are the same identifier", in: context)
        }
        let outcome: IdentityGraph.Outcome?
        do throws(StoreError) {
            outcome = try graph?.decide(decision, pair[0], pair[1])
        } catch {
            throw .store(error)
        }
        guard let outcome else {
            return try refuse(event, "an identifier has too many decisions", in: context)
        }
        if outcome.isRefused {
            return try refuse(
                event,
                "more than \(settings.mostTogether) identifiers would hang together "
                    + "('max_together')", in: context)
        }
        outputs.tell(outcome, because: event, in: context)
    }

    private func string(_ event: Event, _ path: String, in arena: EventArena) -> String? {
        guard let path = try? FieldPath(path) else { return nil }
        let value = arena.value(of: event, at: path)
        guard value.kind == .string else { return nil }
        return unsafe String(decoding: arena.bytes(value.text), as: UTF8.self)
    }

    private func refuse(
        _ event: Event, _ reason: String, in context: OperatorContext
    ) throws(OperatorError) {
        try context.refuse(event, to: Output.rejected, error: "bad_decision") { reason }
    }
}
