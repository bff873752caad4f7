/// The profiles that the demo's topology linked, so that it can show two that became one.
struct DemoProfiles: Sendable {
    struct Example: Sendable {
        let before: [String]
        let after: String
    }

    /// More profiles than this are not followed.
    private static let most = 100_000

    /// The last two documents of each profile.
    private var documents: [Substring: [String]] = [:]
    private var merges: [(survivor: Substring, absorbed: Substring)] = []

    /// Takes a value of any topic. Merges and profiles come on different topics, in whatever order.
    mutating func note(_ value: String) {
        if value.hasPrefix("{\"change\":\"merge\""), merges.count < 1000,
            let survivor = Self.text("profile_id", in: value),
            let absorbed = Self.text("absorbed", in: value)
        {
            merges.append((survivor, absorbed))
        } else if value.hasPrefix("{\"profile_id\":\""), value.contains("\"identifiers\":"),
            let profile = Self.text("profile_id", in: value)
        {
            guard documents[profile] != nil || documents.count < Self.most else { return }
            documents[profile] = documents[profile, default: []].suffix(1) + [value]
        }
    }

    /// A merge of which both sides were seen before.
    var example: Example? {
        for (survivor, absorbed) in merges {
            guard let own = documents[survivor], own.count == 2,
                let other = documents[absorbed]?.last
            else { continue }
            return Example(before: [own[0], other], after: own[1])
        }
        return nil
    }

    /// The text behind a member's name, also as the first of a list.
    private static func text(_ name: String, in value: String) -> Substring? {
        guard let range = value.firstRange(of: "\"\(name)\":") else { return nil }
        return value[range.upperBound...].drop { $0 == "[" || $0 == "\"" }.prefix { $0 != "\"" }
    }
}
