/// What one client is made with, in the order in which librdkafka takes it: the last value of a
/// name wins.
struct ClientProperties: Sendable {
    struct Entry: Sendable {
        var name: String
        var value: String
        /// The user's property, if it is one.
        var origin: KafkaProperty?
    }

    private(set) var entries: [Entry] = []

    /// Defaults, then the user's properties, then what is fixed.
    init(of settings: KafkaSettings, on side: ClientSide) {
        let chosen = settings.properties(of: side)
        for (name, value) in PropertyRules.defaults(on: side) { set(name, value) }
        if side == .producer, PropertyRules.isIdempotenceOff(chosen) {
            set(PropertyRules.inFlightNames[0], "1")
        }
        let fixed = PropertyRules.fixed(on: side)
        for property in chosen where !fixed.contains(where: { $0.names(property) }) {
            entries.append(
                Entry(name: property.ownName, value: property.value, origin: property))
        }
        for property in fixed {
            if let value = property.allowed.first { set(property.name, value) }
        }
    }

    /// Only the user's properties that are for every kind of client. To look at a topic must not
    /// create it.
    init(forAdministrationOf settings: KafkaSettings) {
        for property in settings.properties
        where property.prefixedSide == nil && PropertyCatalogue.side(of: property.name) == nil
            && property.name != "allow.auto.create.topics"
        {
            entries.append(
                Entry(name: property.name, value: property.value, origin: property))
        }
    }

    var pairs: [(name: String, value: String)] { entries.map { ($0.name, $0.value) } }

    mutating func set(_ name: String, _ value: String) {
        entries.append(Entry(name: name, value: value, origin: nil))
    }

    /// Sets a property that the user didn't.
    mutating func setDefault(_ name: String, _ value: String) {
        if self.value(of: name) == nil { set(name, value) }
    }

    /// Sets a property that the user didn't, over a default of ours.
    mutating func setUnlessChosen(_ name: String, _ value: String) {
        let isChosen = entries.contains { $0.name == name && $0.origin != nil }
        if !isChosen { set(name, value) }
    }

    mutating func remove(_ names: [String]) {
        entries.removeAll { names.contains($0.name) }
    }

    mutating func remove(at index: Int) { entries.remove(at: index) }

    func value(of name: String) -> String? { entries.last { $0.name == name }?.value }
}
