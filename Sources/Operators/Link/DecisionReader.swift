internal import Events
internal import StreamCore

/// Reads stewards' decisions: which identifiers belong together, or do not.
struct DecisionReader {
    struct Decided {
        let decision: IdentityNode.Decision
        let left: [UInt8]
        let right: [UInt8]
    }

    /// Where the parts of a decision are in its record.
    private struct Side {
        let name: String
        let type: FieldPath
        let value: FieldPath

        init(_ name: String) {
            self.name = name
            type = FieldPath([.name(name), .name("type")])
            value = FieldPath([.name(name), .name("value")])
        }
    }

    private static let decision = FieldPath(name: "decision")
    private static let (a, b) = (Side("a"), Side("b"))

    private let types: [IdentifierType]
    private let identifiers: IdentifierText

    init(_ settings: LinkSettings) {
        types = settings.types
        identifiers = IdentifierText(settings)
    }

    /// A decision; `nil` for one that can't be read, which is refused.
    func read(_ event: Event, in context: OperatorContext) throws(OperatorError) -> Decided? {
        let decision: IdentityNode.Decision
        switch string(event, Self.decision, in: context.arena) {
        case "must_link": decision = .mustLink
        case "cannot_link": decision = .cannotLink
        case "withdraw": decision = .none
        default:
            try refuse(
                event, "'decision' is not one of must_link, cannot_link, withdraw", in: context)
            return nil
        }
        guard let left = try key(of: Self.a, in: event, context),
            let right = try key(of: Self.b, in: event, context)
        else { return nil }
        guard left != right else {
            try refuse(event, "'a' and 'b' are the same identifier", in: context)
            return nil
        }
        return Decided(decision: decision, left: left, right: right)
    }

    private func key(
        of side: Side, in event: Event, _ context: OperatorContext
    ) throws(OperatorError) -> [UInt8]? {
        let reason: String
        if let name = string(event, side.type, in: context.arena),
            let text = string(event, side.value, in: context.arena)
        {
            if let type = types.first(where: { $0.name == name }) {
                if let text = identifiers.normalized(text, as: type) {
                    return IdentifierKey.make(type, text)
                }
                reason = "the 'value' of '\(side.name)' is no \(type.form.rawValue)"
            } else {
                reason =
                    "there is no identifier '\(name)'; "
                    + NearestName.remedy(for: name, known: types.map(\.name))
            }
        } else {
            reason = "'\(side.name)' has no 'type' and 'value'"
        }
        try refuse(event, reason, in: context)
        return nil
    }

    private func string(_ event: Event, _ path: FieldPath, in arena: EventArena) -> String? {
        let value = arena.value(of: event, at: path)
        switch value.kind {
        case .string: return unsafe String(decoding: arena.bytes(value.text), as: UTF8.self)
        // As events have them.
        case .integer, .unsignedInteger:
            return unsafe String(decoding: arena.bytes(value.raw), as: UTF8.self)
        case .missing, .null, .boolean, .decimal, .object, .array: return nil
        }
    }

    /// Every task reads the decisions; one of them refuses what is wrong, and each what it has no
    /// room for.
    func refuse(
        _ event: Event, _ reason: String, byEachTask: Bool = false, in context: OperatorContext
    ) throws(OperatorError) {
        guard byEachTask || context.partition == 0 else { return }
        try context.refuse(event, to: Linker.Output.rejected, error: "bad_decision") { reason }
    }
}
