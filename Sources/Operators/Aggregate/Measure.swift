internal import Events
internal import Sketches
internal import StreamCore

/// One number, or list of numbers, that an aggregate says of the events of a window.
struct Measure: Sendable {
    enum Function: Sendable {
        case count
        case sum
        case average
        case minimum
        case maximum
        case distinct(precision: Int)
        case quantiles([Quantile], compression: Int)
        case top(limit: Int, counters: Int)
    }

    /// A quantile that is asked for.
    struct Quantile: Sendable {
        /// As results name it: `p50`, `p95`, `p999`.
        let label: String
        let share: Double
    }

    let name: String
    let function: Function
    /// The field that it is about; `nil` for a count.
    let field: FieldPath?
    let condition: EventCondition?
    /// Which of the sketches of its kind is its own.
    let slot: Int
    /// What its bytes in the state mean.
    let definition: String

    /// So many bytes of a text count for the most frequent values.
    static let longestText = 256

    /// The names of functions as topology files write them, which are those of the settings.
    static let functionNames = [
        "count", "sum", "average", "min", "max", "distinct", "quantiles", "top",
    ]

    /// What results say besides measures.
    private static let reservedNames: Set<String> = [
        "window_id", "status", "start", "end", "key", "group", "ignored", "replaced_by",
        "operator", "version",
    ]

    /// Reads all measures; what is wrong with them is reported.
    static func all(_ configuration: inout Configuration, in scope: EventScope) -> [Measure] {
        let entries = configuration.value["measures"]?.entries ?? []
        if entries.isEmpty {
            configuration.report(
                "'measures' is missing: say what to compute",
                at: configuration.value["measures"]?.location,
                remedy: "name at least one, such as 'events: { count: true }'")
        }
        var slots = Slots()
        return entries.compactMap { Measure($0, &slots, &configuration, in: scope) }
    }

    /// How many sketches of each kind there are so far.
    private struct Slots {
        var distinct = 0
        var quantiles = 0
        var top = 0

        mutating func take(for function: Function) -> Int {
            switch function {
            case .count, .sum, .average, .minimum, .maximum: return 0
            case .distinct: distinct += 1; return distinct - 1
            case .quantiles: quantiles += 1; return quantiles - 1
            case .top: top += 1; return top - 1
            }
        }
    }

    private init?(
        _ entry: ConfigurationValue.Entry, _ slots: inout Slots,
        _ configuration: inout Configuration, in scope: EventScope
    ) {
        name = entry.key
        if Self.reservedNames.contains(entry.key) {
            configuration.report(
                "'\(entry.key)' is a name that every result has", at: entry.keyLocation,
                remedy: "give the measure another one")
        }
        var nested = configuration.nested("measures")?.nested(entry.key) ?? configuration
        defer { configuration.absorb(nested) }
        guard let used = Self.functionUsed(by: entry, &nested),
            let function = Self.function(used, &nested)
        else { return nil }
        self.function = function
        field = used == "count" ? nil : nested.fieldPath(used)
        condition = Self.condition(&nested, in: scope)
        slot = slots.take(for: function)
        definition =
            "\(entry.key) \(used)" + (field.map { " \($0)" } ?? "") + Self.parameters(of: function)
        if !nested.diagnostics.isEmpty { return nil }
    }

    /// The one function that the settings of a measure name.
    private static func functionUsed(
        by entry: ConfigurationValue.Entry, _ nested: inout Configuration
    ) -> String? {
        let used = functionNames.filter(nested.has)
        guard used.count == 1 else {
            nested.report(
                used.isEmpty
                    ? "the measure '\(entry.key)' has no function"
                    : "the measure '\(entry.key)' has \(used.count) functions: "
                        + used.joined(separator: ", "),
                at: entry.keyLocation,
                remedy: "give it one of \(functionNames.joined(separator: ", "))")
            return nil
        }
        let needed = [
            "at": "quantiles", "compression": "quantiles", "limit": "top", "counters": "top",
            "precision": "distinct",
        ]
        for (setting, function) in needed.sorted(by: { $0.key < $1.key })
        where nested.has(setting) && used[0] != function {
            nested.report(
                "'\(setting)' is only for '\(function)'", at: nested.value[setting]?.location,
                remedy: "remove it")
        }
        return used[0]
    }

    private static func function(
        _ name: String, _ nested: inout Configuration
    ) -> Function? {
        switch name {
        case "count":
            if !nested.boolean("count", default: true) {
                nested.report(
                    "'count' can only be true", at: nested.value["count"]?.location,
                    remedy: "leave the measure out")
            }
            return .count
        case "sum": return .sum
        case "average": return .average
        case "min": return .minimum
        case "max": return .maximum
        case "distinct":
            let standard = Int64(HyperLogLog.standardPrecision)
            return .distinct(precision: Int(nested.integer("precision", default: standard)))
        case "quantiles":
            let standard = Int64(TDigest.standardCompression)
            return .quantiles(
                Quantile.all(&nested),
                compression: Int(nested.integer("compression", default: standard)))
        default:
            let limit = Int(nested.integer("limit", default: 10))
            let counters = Int(nested.integer("counters", default: Int64(max(100, 10 * limit))))
            if counters < limit {
                nested.report(
                    "'counters' is \(counters), less than 'limit', which is \(limit)",
                    at: nested.value["counters"]?.location,
                    remedy: "give it ten times as many")
            }
            return .top(limit: limit, counters: counters)
        }
    }

    private static func condition(
        _ nested: inout Configuration, in scope: EventScope
    ) -> EventCondition? {
        guard var inner = nested.nested("when") else { return nil }
        let condition = EventCondition(configuration: &inner, in: scope)
        nested.absorb(inner)
        return condition
    }

    private static func parameters(of function: Function) -> String {
        switch function {
        case .count, .sum, .average, .minimum, .maximum: ""
        case .distinct(let precision): " at precision \(precision)"
        case .quantiles(_, let compression): " at compression \(compression)"
        case .top(_, let counters): " with \(counters) counters"
        }
    }
}

extension Measure.Quantile {
    static let standard = [
        Measure.Quantile(label: "p50", share: 0.5), Measure.Quantile(label: "p95", share: 0.95),
        Measure.Quantile(label: "p99", share: 0.99),
    ]

    fileprivate static func all(_ nested: inout Configuration) -> [Measure.Quantile] {
        guard nested.has("at") else { return standard }
        var found: [Measure.Quantile] = []
        for value in nested.values("at") {
            guard let quantile = Measure.Quantile(text: value.text) else {
                nested.report(
                    "'\(value.text)' is not a quantile", at: value.location,
                    remedy: "write a number from 0 to 1, such as 0.95")
                continue
            }
            if found.contains(where: { $0.label == quantile.label }) {
                nested.report("'at' has \(value.text) twice", at: value.location)
            }
            found.append(quantile)
        }
        return found
    }

    /// `0.5` is `p50`, `0.999` is `p999`: at least two digits behind the point.
    fileprivate init?(text: String) {
        guard let decimal = ExactDecimal(text), decimal.mantissa >= 0,
            decimal <= ExactDecimal(mantissa: 1, scale: 0), let share = Double(text)
        else { return nil }
        self.share = share
        guard decimal.mantissa > 0, share < 1 else {
            label = share == 0 ? "p00" : "p100"
            return
        }
        var digits = Array(decimal.description.dropFirst(2))
        while digits.count > 2, digits.last == "0" { digits.removeLast() }
        while digits.count < 2 { digits.append("0") }
        label = "p" + String(digits)
    }
}
