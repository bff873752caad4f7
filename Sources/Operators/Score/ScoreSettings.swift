internal import Events
internal import JSONSchema
internal import StreamCore

/// The settings of a `score` operator, read once and shared by its tasks.
final class ScoreSettings: Sendable {
    let name: String
    /// The field by which histories are kept; else the record key.
    let key: FieldPath?
    let scope: FeatureScope
    let features: [FeatureDefinition]
    let models: [ModelDefinition]
    /// Which events are scored.
    let condition: EventCondition?
    /// Milliseconds.
    let grace: Int64
    /// Milliseconds.
    let retention: Int64
    let maximumEntries: Int
    let maximumDistinct: Int
    let output: FieldPath
    let featuresOutput: FieldPath?
    let drift: DriftReference?
    /// The models' files and the reference, as the topology names them.
    let files: [String]
    /// How the stored histories are kept, in words.
    let definition: String

    /// The features that need the events before, by their index.
    let histories: [Int]
    /// Milliseconds of the longest window.
    let longestWindow: Int64
    /// How many features store a value with each entry.
    let valueCount: Int

    var isStateful: Bool { !histories.isEmpty }
    var storeName: String { "\(name).history" }
    var timersName: String { "\(name).timers" }

    /// Reads the settings and the files; `nil` when something is wrong, which is then reported.
    init?(_ configuration: inout Configuration) {
        name = configuration.name
        key = configuration.fieldPath("key")
        let events = EventScope(configuration)
        features = FeatureDefinition.read(&configuration, in: events)
        scope = FeatureScope(events, features)
        models = ModelDefinition.read(&configuration, features, in: scope)
        var condition: EventCondition?
        if var nested = configuration.nested("when") {
            condition = EventCondition(configuration: &nested, in: events)
            configuration.absorb(nested)
        }
        self.condition = condition
        grace = configuration.duration("grace", default: .seconds(3600)).wholeMilliseconds
        retention =
            configuration.duration("retention", default: .seconds(400 * 86_400))
            .wholeMilliseconds
        maximumEntries = Int(clamping: configuration.integer("max_entries", default: 1_000))
        maximumDistinct = Int(clamping: configuration.integer("max_distinct", default: 1_000))
        output = configuration.fieldPath("output") ?? FieldPath(name: "scores")
        featuresOutput = configuration.fieldPath("features_output")
        drift = DriftReference.read(&configuration, features)
        files =
            (configuration.value["models"]?.entries ?? []).compactMap { $0.value["file"]?.text }
            + [configuration.value["drift"]?["reference"]?.text].compactMap { $0 }
        histories = features.indices.filter { [features] in features[$0].history != nil }
        longestWindow = features.compactMap { $0.history?.window }.max() ?? 0
        valueCount = features.filter { $0.history?.valueIndex != nil }.count
        definition = Self.definition(key, &configuration)
        check(&configuration)
        guard configuration.diagnostics.isEmpty else { return nil }
    }

    private func check(_ configuration: inout Configuration) {
        if models.isEmpty, configuration.diagnostics.isEmpty {
            configuration.report(
                "'score' has no models", remedy: "name one under 'models', with a 'file'")
        }
        if histories.count > FeatureHistory.mostFeatures {
            configuration.report(
                "\(histories.count) features look back, and a history holds "
                    + "\(FeatureHistory.mostFeatures)",
                at: configuration.value["features"]?.location,
                remedy: "share them out among several 'score' operators")
        }
        // An event as late as the grace allows looks a whole window back from its own time.
        for window in features.compactMap({ $0.history?.window })
        where window > retention || retention - window < grace {
            configuration.report(
                "'retention' is shorter than a window of "
                    + DurationText.format(.milliseconds(window)) + " and the grace together",
                at: configuration.value["retention"]?.location)
            return
        }
    }

    /// Which key the histories are of, and a digest of what their values mean. What a stored value
    /// does not depend on may be changed while there is state.
    private static func definition(
        _ key: FieldPath?, _ configuration: inout Configuration
    ) -> String {
        let free = ["default", "current", "categories"]
        var texts: [[UInt8]] = []
        for entry in configuration.value["features"]?.entries ?? [] {
            guard entry.value["aggregate"] != nil, let settings = entry.value.entries else {
                continue
            }
            var text = Array(entry.key.utf8)
            for setting in settings.sorted(by: { $0.key < $1.key })
            where !free.contains(setting.key) {
                text += Array(setting.key.utf8) + JSONText.encode(setting.value, &configuration)
            }
            texts.append(text)
        }
        let digest = SHA256.hexadecimal(of: Array(texts.joined(separator: [0]))).prefix(16)
        return (key.map { "by \($0)" } ?? "by the record key") + ", features \(digest)"
    }
}
