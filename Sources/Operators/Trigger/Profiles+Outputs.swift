internal import CEL
internal import Events
internal import StreamCore

/// What goes out: actions on the main output, and on `.held` those that do not go out.
extension Profiles {
    func announce(
        _ candidate: Candidate, _ rule: Rule, _ target: Rule.Target, at now: Int64,
        _ place: Place, in context: OperatorContext
    ) {
        guard context.isConnected(0) else { return }
        var document = ByteBuffer(capacity: 1024)
        write(candidate, rule, to: &document)
        write("channel", target.channel, to: &document)
        write("template", target.template, to: &document)
        write("sent_at", now, to: &document)
        writeReasons(candidate, rule, to: &document)
        document.append(",\"gates\":[")
        var isFirst = true
        for (name, gate) in Gates.names where !rule.exemptions.contains(gate) {
            if !isFirst { document.append(UInt8(ascii: ",")) }
            isFirst = false
            document.append(jsonString: name)
        }
        document.append("]")
        if candidate.wasHeld { document.append(",\"was_held\":true") }
        if !attempts.isEmpty { writeAttempts(to: &document) }
        emit(&document, at: now, place, to: 0, in: context)
    }

    /// `until`: when it is tried again; `nil` when it is not sent.
    func announceHeld(
        _ candidate: Candidate, _ rule: Rule, at now: Int64, until end: Int64?, _ place: Place,
        in context: OperatorContext
    ) {
        guard context.isConnected(Triggerer.Output.held) else { return }
        var document = ByteBuffer(capacity: 1024)
        write(candidate, rule, to: &document)
        write("outcome", end == nil ? "not_sent" : "delayed", to: &document)
        write("reason", Self.reason(attempts, isDelayed: end != nil).rawValue, to: &document)
        write("decided_at", now, to: &document)
        if let end { write("until", end, to: &document) }
        writeReasons(candidate, rule, to: &document)
        writeAttempts(to: &document)
        emit(&document, at: now, place, to: Triggerer.Output.held, in: context)
    }

    /// The first channel's reason; of a delay the last one's, which is what it waits for.
    private static func reason(_ attempts: [Attempt], isDelayed: Bool) -> HoldReason {
        (isDelayed ? attempts.last : attempts.first)?.reason ?? .condition
    }

    /// An action that waited and is not tried again.
    func report(
        _ action: HeldAction, _ reason: HoldReason, at now: Int64, _ place: Place,
        in context: OperatorContext
    ) {
        guard context.isConnected(Triggerer.Output.held) else { return }
        var document = ByteBuffer(capacity: 1024)
        document.append("{\"action_id\":\"")
        unsafe writeIdentity(
            profile.text(action.ruleName), action.matchedAt, action.identity, action.change,
            to: &document)
        document.append("\",\"profile\":")
        unsafe document.append(jsonString: key.bytes)
        document.append(",\"rule\":")
        unsafe document.append(jsonString: profile.text(action.ruleName))
        write("matched_at", action.matchedAt, to: &document)
        write("outcome", "not_sent", to: &document)
        write("reason", reason.rawValue, to: &document)
        write("decided_at", now, to: &document)
        emit(&document, at: now, place, to: Triggerer.Output.held, in: context)
    }

    // MARK: Parts

    private func write(_ candidate: Candidate, _ rule: Rule, to document: inout ByteBuffer) {
        document.append("{\"action_id\":\"")
        var name = rule.name
        let change = UInt8(
            truncatingIfNeeded: SegmentChange.allCases.firstIndex(of: candidate.change) ?? 0)
        name.withUTF8 {
            unsafe writeIdentity(
                UnsafeRawBufferPointer($0), candidate.matchedAt, candidate.identity, change,
                to: &document)
        }
        document.append("\",\"profile\":")
        unsafe document.append(jsonString: key.bytes)
        write("rule", rule.name, to: &document)
        write("rule_version", rule.version, to: &document)
        write("campaign", rule.campaign, to: &document)
        document.append(",\"priority\":")
        document.append(integer: Int64(rule.priority))
        write("matched_at", candidate.matchedAt, to: &document)
        if !candidate.data.isEmpty {
            document.append(",\"data\":")
            unsafe document.append(profile.text(candidate.data))
        }
    }

    /// What led to it.
    private func writeReasons(
        _ candidate: Candidate, _ rule: Rule, to document: inout ByteBuffer
    ) {
        document.append(",\"reasons\":{\"kind\":")
        document.append(jsonString: rule.pattern.kind)
        if candidate.change != .both { write("change", candidate.change.rawValue, to: &document) }
        if candidate.startedAt != candidate.matchedAt {
            write("started_at", candidate.startedAt, to: &document)
        }
        if let condition = rule.condition { write("and", condition.text, to: &document) }
        document.append("}")
    }

    private func writeAttempts(to document: inout ByteBuffer) {
        document.append(",\"attempts\":[")
        for (index, attempt) in attempts.enumerated() {
            if index > 0 { document.append(UInt8(ascii: ",")) }
            document.append("{\"reason\":")
            document.append(jsonString: attempt.reason.rawValue)
            if !attempt.channel.isEmpty { write("channel", attempt.channel, to: &document) }
            if !attempt.detail.isEmpty { write("detail", attempt.detail, to: &document) }
            document.append("}")
        }
        document.append("]")
    }

    private func write(_ name: StaticString, _ text: String, to document: inout ByteBuffer) {
        document.append(",\"")
        document.append(name)
        document.append("\":")
        document.append(jsonString: text)
    }

    private func write(_ name: StaticString, _ time: Int64, to document: inout ByteBuffer) {
        document.append(",\"")
        document.append(name)
        document.append("\":\"")
        document.append(iso8601: Timestamp(milliseconds: time))
        document.append(UInt8(ascii: "\""))
    }

    /// The same for the same profile, rule, moment and event, whenever and wherever it is computed:
    /// 128 bits.
    private func writeIdentity(
        _ rule: UnsafeRawBufferPointer, _ matchedAt: Int64, _ identity: UInt64, _ change: UInt8,
        to document: inout ByteBuffer
    ) {
        for seed: UInt64 in [0xcbf2_9ce4_8422_2325, 0x6c62_272e_07bb_0142] {
            var hash = StableHash(seed: seed)
            unsafe hash.add(key.bytes)
            unsafe hash.add(rule)
            hash.add(UInt64(bitPattern: matchedAt))
            hash.add(identity)
            hash.add(UInt64(change))
            document.append(hexadecimal: hash.value)
        }
    }

    private func emit(
        _ document: inout ByteBuffer, at now: Int64, _ place: Place, to output: Int,
        in context: OperatorContext
    ) {
        document.append(",\"operator\":")
        document.append(jsonString: settings.name)
        document.append(UInt8(ascii: "}"))
        var event = unsafe context.arena.addEvent(
            json: document.bytes, key: key.bytes, timestamp: Timestamp(milliseconds: now))
        (event.streamTime, event.sequence) = place
        context.emit(event, to: output)
    }
}
