internal import Events
internal import StreamCore

/// A kind of identifier: where it is in an event, and how far it links.
struct IdentifierType: Sendable {
    enum Form: String, CaseIterable {
        case text, email, phone, hash
    }

    let name: String
    let field: FieldPath
    let form: Form
    /// How many different ones a profile may have.
    let limit: Int
    /// For phone numbers without a country's code: the code, in digits.
    let country: String
    /// Whether "a+b@c" is "a@c".
    let dropsTag: Bool
}

/// The settings of a `link` operator.
struct LinkSettings: Sendable {
    enum Scope: String, CaseIterable {
        case partition, global
    }

    let scope: Scope
    /// The identifiers, the strongest first.
    private(set) var types: [IdentifierType] = []
    let target: FieldPath
    /// An identifier that was seen with more others than this links nothing.
    let mostLinks: Int
    /// The most identifiers that may hang together.
    let mostTogether: Int
    /// Values that are no identifiers, besides those that are known.
    private(set) var blocked: Set<String> = []
    /// Milliseconds after which profiles of which nothing was seen are forgotten; `nil` for never.
    let retention: Int64?
    let storeName: String
    var seenName: String { "\(storeName).seen" }
    var timersName: String { "\(storeName).timers" }
    /// `nil` when profiles are linked by identifiers alone.
    private(set) var likeness: LikenessSettings?

    /// Reads the settings; `nil` when there is something wrong, which is reported.
    init?(_ configuration: inout Configuration) {
        target = configuration.fieldPath("into") ?? FieldPath(name: "profile_id")
        mostLinks = Int(clamping: configuration.integer("max_links", default: 50))
        mostTogether = Int(clamping: configuration.integer("max_together", default: 1_000))
        storeName = "\(configuration.name).identities"
        scope = configuration.choice("scope", default: .partition)
        retention = configuration.optionalDuration("retention")?.wholeMilliseconds
        if scope == .global, let found = configuration.value["retention"] {
            configuration.report(
                "'retention' is only for 'scope: partition'", at: found.location,
                remedy: "remove it; 'millrace forget' forgets a profile")
        }
        blocked = Set(configuration.values("blocked").map(\.text))
        for entry in configuration.value["identifiers"]?.entries ?? [] {
            if let type = Self.type(entry, &configuration) { types.append(type) }
        }
        if types.isEmpty, configuration.diagnostics.isEmpty {
            configuration.report(
                "'identifiers' is empty", at: configuration.value["identifiers"]?.location,
                remedy: "write a name and a field, the strongest identifier first")
        }
        if types.count > 32 {
            configuration.report(
                "there are \(types.count) identifiers, more than 32",
                at: configuration.value["identifiers"]?.location)
        }
        if var nested = configuration.nested("likeness") {
            likeness = LikenessSettings(&nested)
            configuration.absorb(nested)
            if scope == .global {
                configuration.report(
                    "'likeness' compares within a task, and 'scope: global' has many",
                    at: configuration.value["likeness"]?.location,
                    remedy: "remove it, or write 'scope: partition' and key the events so that "
                        + "those of one person are in one partition")
            }
        }
        if !configuration.diagnostics.isEmpty { return nil }
    }

    private static func type(
        _ entry: ConfigurationValue.Entry, _ configuration: inout Configuration
    ) -> IdentifierType? {
        var nested = Configuration(
            name: configuration.name, value: entry.value, eventSchema: nil,
            readFile: configuration.readFile)
        defer { configuration.absorb(nested) }
        guard let field = nested.fieldPath("field") else {
            nested.report(
                "the identifier '\(entry.key)' has no 'field'", at: entry.keyLocation,
                remedy: "name the field of the event that holds it")
            return nil
        }
        let form = nested.choice("form", default: IdentifierType.Form.text)
        let isUnique = nested.boolean("unique", default: false)
        if isUnique, let found = entry.value["limit"] {
            nested.report(
                "'unique' means 'limit: 1'", at: found.location, remedy: "write one of the two")
        }
        let country = nested.string("country") ?? ""
        if !country.utf8.allSatisfy({ $0 &- 0x30 < 10 }) || country.utf8.count > 3 {
            nested.report(
                "'country' is the code that calls from abroad begin with, in digits",
                at: entry.value["country"]?.location, remedy: "write for example 49, or 1")
        }
        for (key, forms) in [("country", [IdentifierType.Form.phone]), ("drop_tag", [.email])] {
            guard let found = entry.value[key], !forms.contains(form) else { continue }
            nested.report(
                "'\(key)' is only for 'form: \(forms[0].rawValue)'", at: found.location,
                remedy: "remove it")
        }
        return IdentifierType(
            name: entry.key, field: field, form: form,
            limit: isUnique ? 1 : Int(clamping: nested.integer("limit", default: 5)),
            country: country, dropsTag: nested.boolean("drop_tag", default: false))
    }
}
