internal import CEL
internal import Events
internal import StreamCore

/// Reads the values that features take from one event.
struct FeatureReader: ~Copyable {
    /// Why a feature has no value that a model could take.
    struct Obstacle: Error {
        let error: String
        let reason: String
    }

    private let settings: ScoreSettings
    private let evaluation: Evaluation
    private let conditions: EventConditions
    /// The condition of the events that are scored.
    private let scored: EventConditions.Number?
    /// By history, the condition of the events that count.
    private let counted: [EventConditions.Number?]
    private let histories: [FeatureDefinition.History?]

    init(_ settings: ScoreSettings, _ evaluation: Evaluation) {
        self.settings = settings
        self.evaluation = evaluation
        let conditions = EventConditions(settings.scope.events)
        scored = settings.condition.map { conditions.add($0) }
        counted = settings.histories.map { index in
            settings.features[index].condition.map { conditions.add($0) }
        }
        self.conditions = conditions
        histories = settings.histories.map { settings.features[$0].history }
    }

    /// Whether the event is to be scored.
    func isWanted(_ event: Event, in arena: EventArena) throws(Obstacle) -> Bool {
        guard let scored else { return true }
        conditions.look(at: event)
        return try meets(scored, in: arena) { "'when'" }
    }

    private func meets(
        _ condition: EventConditions.Number, in arena: EventArena, _ place: () -> String
    ) throws(Obstacle) -> Bool {
        switch conditions.decision(on: condition, in: arena) {
        case .met: return true
        case .notMet: return false
        case .failed:
            let reason = conditions.reason(ofFailing: condition, in: arena)
            throw Obstacle(error: "expression", reason: "\(place()) can't be decided: \(reason)")
        }
    }

    /// What the event adds to the histories.
    func read(_ event: Event, in arena: EventArena, into entry: inout FeatureHistory.Entry)
        throws(Obstacle)
    {
        conditions.look(at: event)
        entry.time = event.timestamp.milliseconds
        entry.present = 0
        // What an event does not say is not what another key's event said.
        for place in entry.values.indices { entry.values[place] = 0 }
        for (bit, index) in settings.histories.enumerated() {
            guard let history = histories[bit] else { continue }
            if let condition = counted[bit] {
                let isCounted = try meets(condition, in: arena) {
                    "'where' of '\(settings.features[index].name)'"
                }
                if !isCounted { continue }
            }
            if let place = history.valueIndex {
                let feature = settings.features[index]
                if history.aggregate == .distinct {
                    guard let hash = hash(of: feature, event, in: arena) else { continue }
                    entry.values[place] = hash
                } else {
                    let value = try value(of: feature, event, in: arena)
                    if value.isNaN { continue }
                    entry.values[place] = value.bitPattern
                }
            }
            entry.present |= 1 << UInt64(bit)
        }
    }

    /// The value of a feature of the event; NaN when it is missing.
    func value(
        of feature: FeatureDefinition, _ event: Event, in arena: EventArena
    ) throws(Obstacle) -> Double {
        switch feature.source {
        case .field(let path): try number(arena.value(of: event, at: path), feature, in: arena)
        case .expression(let expression):
            try number(of: expression, feature, event, in: arena)
        case nil: Double.nan
        }
    }

    private func number(
        _ value: FieldValue, _ feature: FeatureDefinition, in arena: EventArena
    ) throws(Obstacle) -> Double {
        if !feature.categories.isEmpty, value.isNumber || value.kind == .boolean {
            return unsafe category(arena.bytes(value.raw), feature)
        }
        switch value.kind {
        case .missing, .null: return .nan
        case .string where !feature.categories.isEmpty:
            return unsafe category(arena.bytes(value.text), feature)
        case .integer, .unsignedInteger, .decimal: return value.double ?? .nan
        case .boolean: return value.boolean == true ? 1 : 0
        case .string, .object, .array: throw notANumber(feature, "\(value.kind)")
        }
    }

    private func notANumber(_ feature: FeatureDefinition, _ kind: String) -> Obstacle {
        Obstacle(
            error: "feature",
            reason: "the feature '\(feature.name)' is no number but of kind \(kind); list its "
                + "'categories', or convert it with 'map' before")
    }

    /// The number of a category; one that is not listed is missing.
    private func category(
        _ text: UnsafeRawBufferPointer, _ feature: FeatureDefinition
    ) -> Double {
        for (index, category) in feature.categories.enumerated()
        where category.count == text.count {
            let isSame = unsafe category.withUnsafeBytes { unsafe ByteText.areEqual($0, text) }
            if isSame { return Double(index) }
        }
        return .nan
    }

    private func number(
        of expression: Expression, _ feature: FeatureDefinition, _ event: Event,
        in arena: EventArena
    ) throws(Obstacle) -> Double {
        evaluation.bind(settings.scope.events.event, to: event, in: arena)
        do {
            return try evaluation.number(of: expression) { text in
                feature.categories.isEmpty
                    ? nil : unsafe text.withUnsafeBytes { unsafe category($0, feature) }
            }
        } catch {
            throw Obstacle(
                error: "expression",
                reason: "the feature '\(feature.name)' can't be computed: "
                    + EventEvaluation.reason(error))
        }
    }

    /// A hash of a field's value; `nil` when it is missing.
    private func hash(
        of feature: FeatureDefinition, _ event: Event, in arena: EventArena
    ) -> UInt64? {
        guard case .field(let path)? = feature.source else { return nil }
        let value = arena.value(of: event, at: path)
        guard !value.isMissingOrNull else { return nil }
        let bytes = unsafe arena.bytes(value.kind == .string ? value.text : value.raw)
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in 0..<bytes.count {
            hash = (hash ^ UInt64(unsafe bytes[index])) &* 0x100_0000_01b3
        }
        hash = (hash ^ (hash >> 30)) &* 0xbf58_476d_1ce4_e5b9
        hash = (hash ^ (hash >> 27)) &* 0x94d0_49bb_1331_11eb
        return hash ^ (hash >> 31)
    }
}

extension Evaluation {
    /// The number that an expression gives: null and an empty optional are missing, true is 1, and
    /// `category` says what a text is worth.
    func number(
        of expression: Expression, category: ([UInt8]) -> Double?
    ) throws(EvaluationError) -> Double {
        do {
            return try double(of: expression)
        } catch  where error.reason != .wrongResult {
            throw error
        } catch {
            var value = try value(of: expression)
            while case .optional(let content) = value { value = content ?? .null }
            switch value {
            case .null: return .nan
            case .boolean(let boolean): return boolean ? 1 : 0
            case .integer(let integer): return Double(integer)
            case .unsignedInteger(let integer): return Double(integer)
            case .double(let double): return double
            case .string(let text):
                if let number = category(Array(text.utf8)) { return number }
                throw error
            default: throw error
            }
        }
    }
}
