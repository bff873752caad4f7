internal import Events
internal import StreamCore

/// The keys that a map may have, with the kinds of their values.
struct KnownKeys {
    private let kinds: [(name: String, kind: FieldSpec.Kind)]
    let names: [String]

    /// The keys of these settings and, beside them, the names of these operators.
    init(_ fields: [FieldSpec], _ operators: [OperatorSpec] = []) {
        kinds =
            fields.map { ($0.name, $0.kind) } + operators.map { ($0.name, .object($0.fields)) }
        names = kinds.map(\.name)
    }

    func contains(_ name: String) -> Bool { names.contains(name) }

    /// The unknown keys of a map, and for each the one that was probably meant. No two are taken
    /// for the same, and none for a key that is there.
    func misspellings(in map: ConfigurationValue) -> [String: String] {
        let entries = map.entries ?? []
        var free = kinds.filter { kind in !entries.contains { $0.key == kind.name } }
        var meant: [String: String] = [:]
        for entry in entries where !contains(entry.key) {
            // 'topicz' with a list was 'topics' and not 'topic'.
            let fitting = free.filter { $0.kind.fits(entry.value) }.map(\.name)
            let nearest = NearestName.find(entry.key, in: fitting)
            guard let name = nearest ?? NearestName.find(entry.key, in: free.map(\.name)) else {
                continue
            }
            meant[entry.key] = name
            free.removeAll { $0.name == name }
        }
        return meant
    }

    /// A map with misspelt keys as they were probably meant, so that one slip is reported once
    /// and hides nothing else.
    func correcting(_ map: ConfigurationValue) -> ConfigurationValue {
        guard let entries = map.entries else { return map }
        let meant = misspellings(in: map)
        let corrected = entries.map { entry in
            ConfigurationValue.Entry(
                key: meant[entry.key] ?? entry.key, keyLocation: entry.keyLocation,
                value: entry.value)
        }
        return ConfigurationValue(.map(corrected), at: map.location)
    }
}

extension ConfigurationValue {
    /// The map with misspelt keys as they were probably meant.
    func corrected(as fields: [FieldSpec]) -> ConfigurationValue {
        KnownKeys(fields).correcting(self)
    }
}

extension FieldSpec.Kind {
    /// Whether a value has the outer form of this kind: one value, a list or a map.
    fileprivate func fits(_ value: ConfigurationValue) -> Bool {
        switch (self, value.content) {
        case (.json, _): true
        case (.condition, .list), (.condition, .null): false
        case (.condition, _): true
        case (.list, .list), (.oneOrMore, .list): true
        case (.oneOrMore(let kind), _): kind.fits(value)
        case (.map, .map), (.object, .map), (.object, .null): true
        case (.list, _), (.map, _), (.object, _), (_, .list), (_, .map), (_, .null): false
        default: true
        }
    }
}
