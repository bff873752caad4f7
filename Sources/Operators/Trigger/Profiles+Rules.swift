internal import Events
internal import StreamCore

/// Rules that come as records: in the shape of the file's, one JSON object each.
///
/// `{"name": "...", "removed": true}`, or a record without a value whose key is the name, takes a
/// rule away, also one of the file. They are kept in the state as they came, behind a byte of
/// version and 8 bytes of how often a rule of the name was removed.
extension Profiles {
    private static let version = UInt8(TriggerOperator.rulesLayout)
    private static let head = 9
    /// The longest record of a rule.
    private static let longestRule = 64 << 10

    /// Takes over the rules that records had brought before the task was started.
    ///
    /// One that was good and no longer is, since the channels or fields of the topology have changed,
    /// rests, and what the file says of its name is in force. `place`: where that is told.
    mutating func restoreRules(
        from stores: TriggerStores, at place: Place, in context: OperatorContext
    ) throws(OperatorError) {
        var texts: [(name: String, removals: UInt64, json: [UInt8])] = []
        var isDamaged = false
        do throws(StoreError) {
            try unsafe stores.rules.forEach { name, value in
                guard unsafe value.first == Self.version, value.count >= Self.head else {
                    isDamaged = true
                    return
                }
                let removals = unsafe value.loadUnaligned(fromByteOffset: 1, as: UInt64.self)
                texts.append(
                    (
                        unsafe String(decoding: name, as: UTF8.self), removals,
                        unsafe Array(value.dropFirst(Self.head))
                    ))
            }
            if isDamaged {
                throw StoreError.corrupt(
                    path: settings.rulesName, reason: "a rule has an unknown version",
                    remedy: "restore the file, or reset the application")
            }
        } catch {
            throw .store(error)
        }
        for (name, removals, json) in texts {
            let event = unsafe json.withUnsafeBytes {
                unsafe context.arena.addEvent(json: $0, key: nil, timestamp: .distantPast)
            }
            switch read(event, in: context.arena, removals: { _ in removals }) {
            case .success(let change): rules.change(name, to: change.rule, removals: removals)
            case .failure(let refusal):
                let version = rules.rule(named: name)?.version
                report(name, "refused", version, refusal.problems, at: place, in: context)
            }
        }
    }

    private struct RuleChange {
        let name: String
        /// `nil` takes the rule away.
        let rule: Rule?
    }

    private struct Refusal: Error {
        let name: String
        let problems: String
    }

    mutating func changeRules(
        _ events: [Event], _ stores: TriggerStores, in context: OperatorContext
    ) throws(OperatorError) {
        for event in events {
            if stores.timers.next <= event.streamTime {
                try advance(to: event.streamTime, stores, in: context)
            }
            do {
                try changeRule(event, stores, in: context)
            } catch {
                throw .store(error)
            }
        }
    }

    private mutating func changeRule(
        _ event: Event, _ stores: TriggerStores, in context: OperatorContext
    ) throws(StoreError) {
        let place = (event.streamTime, event.sequence)
        switch read(event, in: context.arena, removals: rules.removals) {
        case .failure(let refusal):
            let version = rules.rule(named: refusal.name)?.version
            report(refusal.name, "refused", version, refusal.problems, at: place, in: context)
        case .success(let change):
            let isNew = rules.rule(named: change.name) == nil
            if change.rule != nil, isNew, rules.rules.count >= RuleSet.mostRules {
                let problem = "there are at most \(RuleSet.mostRules) rules"
                return report(change.name, "refused", nil, problem, at: place, in: context)
            }
            let isRemoval = change.rule == nil && !isNew
            let removals = rules.removals(of: change.name) &+ (isRemoval ? 1 : 0)
            try store(change, removals, event, stores, in: context)
            rules.change(change.name, to: change.rule, removals: removals)
            let outcome = change.rule == nil ? "removed" : "accepted"
            report(change.name, outcome, change.rule?.version, "", at: place, in: context)
        }
    }

    private func store(
        _ change: RuleChange, _ removals: UInt64, _ event: Event, _ stores: TriggerStores,
        in context: OperatorContext
    ) throws(StoreError) {
        var value = ByteBuffer(capacity: 1024)
        value.append(Self.version)
        value.append(number: removals)
        if change.rule == nil {
            value.append("{\"name\":")
            value.append(jsonString: change.name)
            value.append(",\"removed\":true}")
        } else {
            context.arena.render(event, into: &value)
        }
        let text = unsafe Array(value.bytes)
        try stores.rules.put(Array(change.name.utf8), text)
    }

    private func read(
        _ event: Event, in arena: EventArena, removals: (String) -> UInt64
    ) -> Result<RuleChange, Refusal> {
        if arena.isTombstone(event) {
            let name = unsafe String(decoding: arena.bytes(event.key), as: UTF8.self)
            return .success(RuleChange(name: name, rule: nil))
        }
        let root = arena.root(of: event)
        let value = ConfigurationValue(root, in: arena)
        let key = unsafe String(decoding: arena.bytes(event.key), as: UTF8.self)
        let name = value["name"]?.text ?? key
        guard root.kind == .object, root.raw.count <= Self.longestRule else {
            let problem = "a rule is an object of at most \(Self.longestRule) bytes"
            return .failure(Refusal(name: name, problems: problem))
        }
        if let removed = value["removed"], case .boolean(true) = removed.content {
            return .success(RuleChange(name: name, rule: nil))
        }
        var configuration = Configuration(
            name: settings.blank.name, value: value, eventSchema: settings.blank.eventSchema,
            readFile: settings.blank.readFile)
        configuration.checkKeys(of: value, TriggerFields.rule, in: "rule")
        var rule: Rule?
        if configuration.diagnostics.isEmpty {
            rule = settings.reader.rule(&configuration, removals: removals)
        }
        guard let rule, configuration.diagnostics.isEmpty else {
            let problems = configuration.diagnostics.all.map { problem in
                problem.message + (problem.remedy.map { "; \($0)" } ?? "")
            }
            return .failure(Refusal(name: name, problems: problems.joined(separator: ". ")))
        }
        return .success(RuleChange(name: rule.name, rule: rule))
    }

    /// What became of a rule. `version`: of the rule that is in force now.
    private func report(
        _ name: String, _ outcome: String, _ version: String?, _ problem: String, at place: Place,
        in context: OperatorContext
    ) {
        guard context.isConnected(Triggerer.Output.status) else { return }
        var document = ByteBuffer(capacity: 512)
        document.append("{\"rule\":")
        document.append(jsonString: name)
        document.append(",\"outcome\":")
        document.append(jsonString: outcome)
        if let version {
            document.append(",\"rule_version\":")
            document.append(jsonString: version)
        }
        if !problem.isEmpty {
            document.append(",\"problem\":")
            document.append(jsonString: problem)
        }
        document.append(",\"operator\":")
        document.append(jsonString: settings.name)
        document.append("}")
        var key = ByteBuffer()
        key.append(string: name)
        var status = unsafe context.arena.addEvent(
            json: document.bytes, key: key.bytes, timestamp: place.streamTime)
        (status.streamTime, status.sequence) = place
        context.emit(status, to: Triggerer.Output.status)
    }
}
