internal import CEL
internal import Events
internal import JSONSchema
internal import StreamCore

/// The settings of a `map` operator, in the order in which they are applied.
struct MapSettings: Sendable {
    /// A field that gets the value of another.
    struct Move: Sendable {
        let source: FieldPath
        let target: FieldPath
    }

    var copies: [Move] = []
    var renames: [Move] = []
    var removals: [FieldPath] = []
    var constants: [(path: FieldPath, json: [UInt8])] = []
    var conversions: [(path: FieldPath, conversion: FieldConversion)] = []
    var computations: [(path: FieldPath, expression: Expression)] = []
    var key: FieldPath?
    let scope: EventScope

    /// Reads the settings; what is wrong with them is reported.
    init(_ configuration: inout Configuration) {
        scope = EventScope(configuration)
        copies = Self.moves("copy", targetIsKey: true, &configuration)
        renames = Self.moves("rename", targetIsKey: false, &configuration)
        checkRenames(&configuration)
        removals = configuration.values("remove").compactMap {
            configuration.fieldPath(of: $0, named: "remove")
        }
        for (path, entry) in Self.entries("set", &configuration) {
            constants.append((path, JSONText.encode(entry.value, &configuration)))
        }
        readConversions(&configuration)
        readComputations(&configuration)
        key = configuration.fieldPath("key")
        let names = ["copy", "rename", "remove", "set", "convert", "compute", "key"]
        if !names.contains(where: configuration.has) {
            configuration.report(
                "'map' has nothing to do", remedy: "add one of \(names.joined(separator: ", "))")
        }
    }

    private static func entries(
        _ key: String, _ configuration: inout Configuration
    ) -> [(path: FieldPath, entry: ConfigurationValue.Entry)] {
        (configuration.value[key]?.entries ?? []).compactMap { entry in
            let name = ConfigurationValue(
                .string(entry.key), text: entry.key, at: entry.keyLocation)
            return configuration.fieldPath(of: name, named: key).map { ($0, entry) }
        }
    }

    private static func moves(
        _ key: String, targetIsKey: Bool, _ configuration: inout Configuration
    ) -> [Move] {
        entries(key, &configuration).compactMap { path, entry in
            guard let other = configuration.fieldPath(of: entry.value, named: key) else {
                return nil
            }
            return targetIsKey
                ? Move(source: other, target: path) : Move(source: path, target: other)
        }
    }

    /// A field that is moved into itself would be gone afterwards.
    private func checkRenames(_ configuration: inout Configuration) {
        let entries = configuration.value["rename"]?.entries ?? []
        for (rename, entry) in zip(renames, entries) {
            let (source, target) = (rename.source.components, rename.target.components)
            guard source.starts(with: target) || target.starts(with: source) else { continue }
            configuration.report(
                "'\(rename.source)' can't be renamed to '\(rename.target)': one contains the other",
                at: entry.keyLocation, remedy: "use 'copy' and 'remove'")
        }
    }

    private mutating func readConversions(_ configuration: inout Configuration) {
        for (path, entry) in Self.entries("convert", &configuration) {
            let words = FieldConversion.words
            guard let found = words.first(where: { $0.name == entry.value.text }) else {
                configuration.report(
                    "nothing converts to '\(entry.value.text)'", at: entry.value.location,
                    remedy: NearestName.remedy(for: entry.value.text, known: words.map(\.name)))
                continue
            }
            conversions.append((path, found.conversion))
        }
    }

    private mutating func readComputations(_ configuration: inout Configuration) {
        // What was set before is there, and is not what a schema says of it.
        var paths = (copies + renames).map(\.target)
        paths += constants.map(\.path)
        paths += conversions.map(\.path)
        var scope = paths.reduce(scope) { $0.setting($1) }
        for (path, entry) in Self.entries("compute", &configuration) {
            if let expression = configuration.expression(of: entry.value, in: scope) {
                computations.append((path, expression))
            }
            scope = scope.setting(path)
        }
    }
}
