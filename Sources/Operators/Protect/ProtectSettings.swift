internal import Events
internal import StreamCore

/// The settings of a `protect` operator.
struct ProtectSettings: Sendable {
    /// A field that gets a pseudonym.
    struct Pseudonym: Sendable {
        let path: FieldPath
        let isFolded: Bool
        /// Where the pseudonym of the key before goes.
        let previousPath: FieldPath?
    }

    private(set) var pseudonyms: [Pseudonym] = []
    private(set) var encrypted: [(path: FieldPath, name: [UInt8])] = []
    private(set) var masks: [(path: FieldPath, mask: Mask)] = []
    /// Whether the record key gets the pseudonym of its bytes.
    let protectsKey: Bool
    let key: ProtectionKey?
    let previousKey: ProtectionKey?
    private(set) var consent: Consent?

    /// Reads the settings; what is wrong with them is reported.
    init(_ configuration: inout Configuration) {
        key = Self.key("key", &configuration)
        previousKey = Self.key("previous_key", &configuration)
        protectsKey = configuration.boolean("record_key", default: false)
        readPseudonyms(&configuration)
        if var nested = configuration.nested("consent") {
            consent = Self.consent(&nested)
            configuration.absorb(nested)
        }
        for value in configuration.values("encrypt") {
            guard let path = configuration.fieldPath(of: value, named: "encrypt") else { continue }
            encrypted.append((path, Array(path.description.utf8)))
        }
        for entry in configuration.value["mask"]?.entries ?? [] {
            guard let path = Self.path(entry, "mask", &configuration),
                let mask = Mask(rawValue: entry.value.text)
            else { continue }
            if mask == .drop { Self.refuseElement(path, entry.keyLocation, &configuration) }
            masks.append((path, mask))
        }
        checkOverlaps(&configuration)
        let names = ["pseudonyms", "encrypt", "mask", "record_key", "consent"]
        if !names.contains(where: configuration.has) {
            configuration.report(
                "'protect' has nothing to do", remedy: "add one of \(names.joined(separator: ", "))"
            )
        }
        let needsKey = !pseudonyms.isEmpty || !encrypted.isEmpty || protectsKey
        if needsKey, !configuration.has("key") {
            configuration.report(
                "'protect' makes pseudonyms or encrypts, and has no key",
                remedy: "add 'key: { id: k1, environment: NAME }'")
        }
        if let key, let previousKey, key.id == previousKey.id {
            configuration.report(
                "'key' and 'previous_key' have the same id '\(key.id)'",
                at: configuration.value["previous_key"]?.location,
                remedy: "give each secret an id of its own")
        }
    }

    private mutating func readPseudonyms(_ configuration: inout Configuration) {
        let found = configuration.value["pseudonyms"]
        if case .map(let entries) = found?.content {
            for entry in entries {
                guard let path = Self.path(entry, "pseudonyms", &configuration) else { continue }
                add(path, isFolded: entry.value.text == "folded", entry.value, &configuration)
            }
            return
        }
    }

    private mutating func add(
        _ path: FieldPath, isFolded: Bool, _ value: ConfigurationValue,
        _ configuration: inout Configuration
    ) {
        var previous: FieldPath?
        if previousKey != nil {
            var components = path.components
            guard case .name(let name)? = components.popLast() else {
                configuration.report(
                    "'\(path)' is an element of an array and can't have the pseudonym of "
                        + "'previous_key' beside it",
                    at: value.location, remedy: "name a field, or leave 'previous_key' out")
                return
            }
            previous = FieldPath(components + [.name("\(name)_previous")])
        }
        pseudonyms.append(Pseudonym(path: path, isFolded: isFolded, previousPath: previous))
    }

    private static func path(
        _ entry: ConfigurationValue.Entry, _ name: String, _ configuration: inout Configuration
    ) -> FieldPath? {
        configuration.fieldPath(
            of: ConfigurationValue(.string(entry.key), text: entry.key, at: entry.keyLocation),
            named: name)
    }

    /// When an element goes, those behind it move up, and other settings would hide the wrong one.
    private static func refuseElement(
        _ path: FieldPath, _ location: SourceLocation, _ configuration: inout Configuration
    ) {
        guard case .index? = path.components.last else { return }
        configuration.report(
            "'\(path)' is an element of an array and can't be removed", at: location,
            remedy: "remove the array, or hide the element with 'fixed'")
    }

    // MARK: Consent

    static let consentFields = [
        FieldSpec(
            "field", .fieldPath, default: "consent",
            "Where the event carries what its person agreed to: one member for each purpose."),
        FieldSpec(
            "purposes",
            .map(
                key: "a purpose",
                .object([
                    FieldSpec(
                        "version", .integer(0...Int64.max),
                        "The oldest version of the terms that is enough."),
                    FieldSpec(
                        "remove", .oneOrMore(.fieldPath),
                        "The fields that go without consent; with none the event is withheld."),
                ])), required: true, "What the events are used for."),
    ]

    private static func consent(_ configuration: inout Configuration) -> Consent? {
        let field = configuration.fieldPath("field") ?? FieldPath(name: "consent")
        guard field.count <= FieldPath.maximumComponents - 2 else {
            configuration.report("'field' lies too deep")
            return nil
        }
        let entries = configuration.value["purposes"]?.entries ?? []
        if entries.isEmpty {
            configuration.report(
                "'consent' names no purpose", remedy: "add 'purposes: { marketing: {} }'")
        }
        var purposes: [Consent.Purpose] = []
        for entry in entries {
            var nested = Configuration(
                name: configuration.name, value: entry.value, readFile: configuration.readFile)
            var removed: [FieldPath] = []
            for value in nested.values("remove") {
                guard let path = nested.fieldPath(of: value, named: "remove") else { continue }
                refuseElement(path, value.location, &nested)
                removed.append(path)
            }
            let version = nested.has("version") ? nested.integer("version", default: 0) : nil
            configuration.absorb(nested)
            purposes.append(
                Consent.Purpose(name: entry.key, version: version, removed: removed, below: field))
        }
        return Consent(purposes: purposes)
    }

    /// A field is protected in one way, and not inside of another.
    private func checkOverlaps(_ configuration: inout Configuration) {
        let paths = pseudonyms.map(\.path) + encrypted.map(\.path) + masks.map(\.path)
        for (index, path) in paths.enumerated() {
            for other in paths[..<index]
            where path.components.starts(with: other.components)
                || other.components.starts(with: path.components)
            {
                configuration.report(
                    path == other
                        ? "'\(path)' is protected twice"
                        : "'\(path)' and '\(other)' are both protected, and one contains the other",
                    remedy: "name one of them once")
            }
        }
    }

    // MARK: Keys

    static let keyFields = [
        FieldSpec(
            "id", .string, required: true,
            "The name of the secret, written in front of what is made with it."),
        FieldSpec("environment", .string, "The environment variable that holds the secret."),
        FieldSpec(
            "file", .file, "The file that holds the secret; one line feed at its end is cut."),
    ]

    /// The secret is never part of a message.
    private static func key(
        _ name: String, _ configuration: inout Configuration
    ) -> ProtectionKey? {
        guard var from = configuration.nested(name) else { return nil }
        defer { configuration.absorb(from) }
        guard let id = from.string("id") else { return nil }
        let isName = id.utf8.allSatisfy {
            PersonalText.isDigit($0) || ($0 | 32) &- UInt8(ascii: "a") < 26
                || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
        }
        guard isName, (1...32).contains(id.utf8.count) else {
            from.report(
                "'\(id)' can't be the id of a key", at: from.value["id"]?.location,
                remedy: "use up to 32 letters, digits, '_' and '-'")
            return nil
        }
        guard let secret = secret(of: id, named: name, &from) else { return nil }
        guard secret.count >= ProtectionKey.minimumBytes else {
            from.report(
                "the secret of key '\(id)' has \(secret.count) bytes; "
                    + "\(ProtectionKey.minimumBytes) are the fewest",
                remedy: "make one with: openssl rand -base64 32")
            return nil
        }
        return ProtectionKey(id: id, secret: secret)
    }

    private static func secret(
        of id: String, named name: String, _ from: inout Configuration
    ) -> [UInt8]? {
        switch (from.string("environment"), from.string("file")) {
        case (let variable?, nil):
            if let secret = from.environment(variable) { return Array(secret.utf8) }
            from.report(
                "the environment variable '\(variable)' with the secret of key '\(id)' is not set",
                at: from.value["environment"]?.location,
                remedy: "set it, for example to the output of: openssl rand -base64 32")
        case (nil, let file?):
            do {
                var secret = try from.readFile(file)
                if secret.last == UInt8(ascii: "\n") { secret.removeLast() }
                return secret
            } catch {
                from.report("\(error)", at: from.value["file"]?.location)
            }
        default:
            from.report(
                "'\(name)' needs either 'environment' or 'file'",
                remedy: "say where the secret is, in one of the two ways")
        }
        return nil
    }
}
