internal import CEL
internal import Events
internal import StreamCore

/// One input of models: how its value comes from an event, or from those before it.
final class FeatureDefinition: Sendable {
    /// What is read from an event.
    enum Source: Sendable {
        case field(FieldPath)
        case expression(Expression)
    }

    /// What is made of the events of a key.
    enum Aggregate: String, BitwiseCopyable, Sendable, CaseIterable {
        case count, sum, mean, distinct, decay, repeats
        case sinceFirst = "since_first"
        case sinceLast = "since_last"
        case span

        /// Whether it needs a value of each event.
        var needsValue: Bool {
            switch self {
            case .sum, .mean, .distinct, .decay: true
            case .count, .repeats, .sinceFirst, .sinceLast, .span: false
            }
        }
    }

    /// How the events of a key are summed up.
    struct History: BitwiseCopyable, Sendable {
        let aggregate: Aggregate
        /// Milliseconds; `nil` for all time.
        let window: Int64?
        /// Milliseconds in which `decay` falls to half.
        let halfLife: Int64
        /// Milliseconds that times are counted in.
        let unit: Int64
        /// Whether the event that is scored counts.
        let includesCurrent: Bool
        /// Where the value lies in an entry of the log, of those that have one.
        let valueIndex: Int?
    }

    let name: String
    let source: Source?
    /// The texts of a category, in the order of their numbers.
    let categories: [[UInt8]]
    /// Which events count, when it looks back.
    let condition: EventCondition?
    let history: History?
    /// What stands for a missing value; NaN leaves it missing.
    let fallback: Double

    private init?(
        _ name: String, _ configuration: inout Configuration, in scope: EventScope,
        _ valueCount: inout Int
    ) {
        self.name = name
        guard Self.isName(name) else {
            configuration.report(
                "'\(name)' can't be the name of a feature",
                remedy: "begin with a letter and go on with letters, digits and '_'")
            return nil
        }
        source = Self.source(&configuration, in: scope)
        categories = configuration.values("categories").map { Array($0.text.utf8) }
        fallback = Self.number("default", &configuration) ?? .nan
        let aggregate = configuration.value["aggregate"].flatMap { Aggregate(rawValue: $0.text) }
        guard let aggregate else {
            condition = nil
            history = nil
            Self.refuse(
                ["where", "window", "half_life", "unit", "current"], &configuration,
                "is only for a feature with 'aggregate'")
            if source == nil, configuration.diagnostics.isEmpty {
                configuration.report(
                    "the feature '\(name)' has no value",
                    remedy: "add 'field', 'value' or 'aggregate'")
            }
            return
        }
        var condition: EventCondition?
        if var nested = configuration.nested("where") {
            condition = EventCondition(configuration: &nested, in: scope)
            configuration.absorb(nested)
        }
        self.condition = condition
        history = History(
            aggregate: aggregate,
            window: configuration.optionalDuration("window")?.wholeMilliseconds,
            halfLife: configuration.duration("half_life", default: .zero).wholeMilliseconds,
            unit: max(
                configuration.duration("unit", default: .seconds(86_400)).wholeMilliseconds, 1),
            includesCurrent: configuration.value["current"]?.text != "exclude",
            valueIndex: aggregate.needsValue ? valueCount : nil)
        if aggregate.needsValue { valueCount += 1 }
        check(aggregate, &configuration)
    }
}

extension FeatureDefinition {
    /// Reads the features of a `score` operator; what is wrong is reported.
    static func read(
        _ configuration: inout Configuration, in scope: EventScope
    ) -> [FeatureDefinition] {
        var features: [FeatureDefinition] = []
        var valueCount = 0
        for entry in configuration.value["features"]?.entries ?? [] {
            var nested = Configuration(
                name: configuration.name, value: entry.value,
                eventSchema: configuration.eventSchema, readFile: configuration.readFile)
            let feature = FeatureDefinition(entry.key, &nested, in: scope, &valueCount)
            configuration.absorb(nested)
            if let feature { features.append(feature) }
        }
        return features
    }

    private func check(_ aggregate: Aggregate, _ configuration: inout Configuration) {
        if aggregate.needsValue, source == nil, configuration.diagnostics.isEmpty {
            configuration.report(
                "'\(aggregate.rawValue)' of '\(name)' has nothing to sum up",
                remedy: "add 'field' or 'value'")
        }
        if !aggregate.needsValue, source != nil {
            configuration.report(
                "'\(aggregate.rawValue)' of '\(name)' takes no value of the event",
                remedy: "remove 'field' or 'value'; 'where' says which events count")
        }
        if aggregate == .distinct, case .expression? = source {
            configuration.report(
                "'distinct' of '\(name)' needs a field", remedy: "set it with 'map' before")
        }
        for key in ["window", "half_life", "unit"] {
            if let duration = configuration.optionalDuration(key), duration <= .zero {
                configuration.report(
                    "'\(key)' must be above 0", at: configuration.value[key]?.location)
            }
        }
        if (aggregate == .decay) != configuration.has("half_life") {
            configuration.report(
                aggregate == .decay
                    ? "'decay' of '\(name)' has no 'half_life'"
                    : "'half_life' of '\(name)' is only for 'decay'")
        }
        if !categories.isEmpty {
            configuration.report("'categories' of '\(name)' is not for an aggregate")
        }
    }

    private static func source(
        _ configuration: inout Configuration, in scope: EventScope
    ) -> Source? {
        if let found = configuration.value["value"] {
            if configuration.has("field") {
                configuration.report("give 'field' or 'value', not both", at: found.location)
            }
            return configuration.expression(of: found, in: scope).map { .expression($0) }
        }
        return configuration.fieldPath("field").map { .field($0) }
    }

    static func number(_ key: String, _ configuration: inout Configuration) -> Double? {
        switch configuration.value[key]?.content {
        case .integer(let integer)?: return Double(integer)
        case .number(let number)?: return number
        case nil: return nil
        default:
            configuration.report(
                "'\(key)' must be a number", at: configuration.value[key]?.location)
            return nil
        }
    }

    private static func refuse(
        _ keys: [String], _ configuration: inout Configuration, _ reason: String
    ) {
        for key in keys {
            if let found = configuration.value[key] {
                configuration.report("'\(key)' \(reason)", at: found.location)
            }
        }
    }

    /// Expressions name features, so their names are identifiers.
    static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first else { return false }
        let isLetter = { (byte: UInt8) in
            (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
        }
        return isLetter(first)
            && name.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) }
    }
}
