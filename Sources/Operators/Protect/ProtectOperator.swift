internal import Events
public import StreamCore

/// Hides personal data: pseudonyms, encryption, masks, and what lacks its person's consent.
///
/// ```yaml
/// protected:
///   from: valid
///   protect:
///     key: { id: k1, environment: MILLRACE_PROTECTION_KEY }
///     pseudonyms: { email: folded, loyalty_id: exact }
///     encrypt: [address]
///     mask: { phone: phone, message: text }
/// ```
///
/// What it sends on is all that there is of the event behind it: also a dead letter that a later
/// operator makes of it has the protected value and key.
///
/// - Late records: none; consent is that of stream time, also for a late event.
/// - State: none.
/// - Errors: none; what can't be rendered is dropped and counted, because nothing of it may be
///   shown.
/// - Source: HMAC (RFC 2104) with SHA-256, AES-256-GCM (NIST SP 800-38D) with a nonce made of the
///   value (as SIV modes do, RFC 5297), HKDF (RFC 5869), all of swift-crypto.
public struct ProtectOperator: OperatorDefinition {
    let settings: ProtectSettings

    public var mayRefuse: Bool { false }

    public func makeOperator() -> any Operator { Protector(settings) }
}

private final class Protector: Operator {
    private static let withheld = 1

    private let settings: ProtectSettings
    // One thread uses it and nothing calls back, so accesses cannot overlap.
    @safe @exclusivity(unchecked) private var plain = ByteBuffer()
    @safe @exclusivity(unchecked) private var hidden = ByteBuffer()

    init(_ settings: ProtectSettings) { self.settings = settings }

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        let arena = context.arena
        for original in events {
            var event = original
            // Consent is looked up in the event as it came, before anything of it is hidden.
            let consent = applyConsent(to: &event, in: arena)
            guard consent.isDone, protect(&event, in: arena), arena.seal(&event) else {
                context.countDropped()
                continue
            }
            if let purpose = consent.withheldFor, let denial = consent.denial {
                arena.addHeader(
                    "millrace.withheld", value: "\(purpose.name): \(denial.rawValue)", to: &event)
                context.emit(event, to: Self.withheld)
            } else {
                context.emit(event)
            }
        }
    }

    private struct ConsentOutcome {
        /// Whether all fields that had to go are gone.
        var isDone = true
        var withheldFor: Consent.Purpose?
        var denial: Consent.Denial?
    }

    /// Consent counts now, which is stream time: a late event of a time before the withdrawal is
    /// not used after it.
    private func applyConsent(to event: inout Event, in arena: EventArena) -> ConsentOutcome {
        var outcome = ConsentOutcome()
        guard let consent = settings.consent, !arena.isTombstone(event) else { return outcome }
        let original = event
        let now = max(event.streamTime, event.timestamp)
        for purpose in consent.purposes {
            guard let denial = purpose.denial(of: original, at: now, in: arena) else { continue }
            if purpose.removed.isEmpty, outcome.withheldFor == nil {
                outcome.withheldFor = purpose
                outcome.denial = denial
            }
            for path in purpose.removed
            where !arena.value(of: event, at: path).isMissing
                && !arena.remove(path, of: &event)
            {
                outcome.isDone = false
            }
        }
        return outcome
    }

    /// False when something could not be hidden.
    private func protect(_ event: inout Event, in arena: EventArena) -> Bool {
        if let key = settings.key {
            for pseudonym in settings.pseudonyms {
                guard hide(pseudonym, with: key, of: &event, in: arena) else { return false }
            }
            for (path, name) in settings.encrypted {
                guard encrypt(path, name, with: key, of: &event, in: arena) else { return false }
            }
            if settings.protectsKey, !event.key.isAbsent {
                hidden.removeAll()
                unsafe key.appendPseudonym(of: arena.bytes(event.key), to: &hidden)
                unsafe arena.setKey(of: &event, to: hidden.bytes)
            }
        }
        for (path, mask) in settings.masks {
            guard apply(mask, to: path, of: &event, in: arena) else { return false }
        }
        return true
    }

    private func hide(
        _ pseudonym: ProtectSettings.Pseudonym, with key: ProtectionKey, of event: inout Event,
        in arena: EventArena
    ) -> Bool {
        let value = arena.value(of: event, at: pseudonym.path)
        guard take(value, isFolded: pseudonym.isFolded, in: arena) else { return true }
        // The one of the key before stands beside it, so that what is keyed by it can be moved.
        if let previous = settings.previousKey, let path = pseudonym.previousPath {
            hidden.removeAll()
            unsafe previous.appendPseudonym(of: plain.bytes, to: &hidden)
            guard unsafe arena.set(path, of: &event, toString: hidden.bytes) else { return false }
        }
        hidden.removeAll()
        unsafe key.appendPseudonym(of: plain.bytes, to: &hidden)
        return unsafe arena.set(pseudonym.path, of: &event, toString: hidden.bytes)
    }

    private func encrypt(
        _ path: FieldPath, _ name: [UInt8], with key: ProtectionKey, of event: inout Event,
        in arena: EventArena
    ) -> Bool {
        let value = arena.value(of: event, at: path)
        guard !value.isMissing, value.kind != .null else { return true }
        hidden.removeAll()
        // As JSON, so that it comes back as what it was.
        guard unsafe key.appendEncrypted(arena.bytes(value.raw), of: name, to: &hidden) else {
            return false
        }
        return unsafe arena.set(path, of: &event, toString: hidden.bytes)
    }

    private func apply(
        _ mask: Mask, to path: FieldPath, of event: inout Event, in arena: EventArena
    ) -> Bool {
        let value = arena.value(of: event, at: path)
        guard !value.isMissing else { return true }
        if mask == .drop { return arena.remove(path, of: &event) }
        hidden.removeAll()
        switch value.kind {
        case .missing, .null: return true
        case .object, .array: hidden.append("***")
        default: unsafe mask.append(text(of: value, in: arena), to: &hidden)
        }
        return unsafe arena.set(path, of: &event, toString: hidden.bytes)
    }

    /// Puts what a pseudonym is made of into `plain`; false for what needs none. A number and the
    /// string with its digits give the same.
    private func take(_ value: FieldValue, isFolded: Bool, in arena: EventArena) -> Bool {
        guard !value.isMissing, value.kind != .null else { return false }
        plain.removeAll()
        let bytes = unsafe text(of: value, in: arena)
        guard isFolded else {
            unsafe plain.append(bytes)
            return true
        }
        var (start, end) = (0, bytes.count)
        while start < end, unsafe bytes[start] <= UInt8(ascii: " ") { start += 1 }
        while end > start, unsafe bytes[end - 1] <= UInt8(ascii: " ") { end -= 1 }
        for index in start..<end {
            let byte = unsafe bytes[index]
            plain.append(byte &- UInt8(ascii: "A") < 26 ? byte | 32 : byte)
        }
        return true
    }

    private func text(of value: FieldValue, in arena: EventArena) -> UnsafeRawBufferPointer {
        unsafe arena.bytes(value.kind == .string ? value.text : value.raw)
    }
}

extension ProtectOperator {
    /// What a topology file can say of `protect`.
    public static let spec = OperatorSpec(
        name: "protect",
        summary:
            "Hides personal data: pseudonyms that join, encryption, masks; withholds what lacks consent.",
        fields: [
            FieldSpec(
                "key", .object(ProtectSettings.keyFields),
                "The secret that pseudonyms and encryption use."),
            FieldSpec(
                "previous_key", .object(ProtectSettings.keyFields),
                "The secret before, while both are in use: a field 'email' gets its pseudonym by "
                    + "this one in 'email_previous'."),
            FieldSpec(
                "pseudonyms", .map(key: "a field", .choice(["exact", "folded"])),
                "Fields that get the keyed hash of their value: of its very bytes, or 'folded', "
                    + "without spaces around it and with small letters (ASCII)."),
            FieldSpec(
                "record_key", .boolean, default: "false",
                "Whether the record key gets the pseudonym of its bytes."),
            FieldSpec(
                "encrypt", .oneOrMore(.fieldPath),
                "Fields that are encrypted, so that who has the key can read them."),
            FieldSpec(
                "mask",
                .map(key: "a field", .choice(Mask.allCases.map(\.rawValue))),
                "Fields of which little is left: 'email' and 'phone' and 'card' show a part, 'text' "
                    + "hides addresses and numbers in free text, 'fixed' shows nothing, 'drop' "
                    + "removes the field."),
            FieldSpec(
                "consent", .object(ProtectSettings.consentFields),
                "The purposes that the events are used for, and what goes without consent."),
        ],
        sideOutputs: [
            OperatorSpec.Output(
                "withheld",
                "Events that a purpose without 'remove' lacks the consent for, protected as the "
                    + "others.")
        ],
        example: """
            protect:
              key: { id: k1, environment: MILLRACE_PROTECTION_KEY }
              pseudonyms: { email: folded, loyalty_id: exact }
              encrypt: [address]
              mask: { phone: phone, message: text }
              consent:
                purposes:
                  analytics: { version: 2 }
                  marketing: { remove: [interests] }
            """,
        make: { configuration in
            let settings = ProtectSettings(&configuration)
            return configuration.diagnostics.isEmpty ? ProtectOperator(settings: settings) : nil
        })
}
