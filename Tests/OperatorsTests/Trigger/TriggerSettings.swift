/// The settings that the tests by example begin with.
enum TriggerSample {
    static let day: Int64 = 86_400_000
    static let hour: Int64 = 3_600_000
    static let minute: Int64 = 60_000
    /// A Monday at noon in Berlin.
    static let noon = moment("2024-03-04T11:00:00Z")

    static func settings(
        _ rules: [Setting], _ more: [(String, Setting)] = [], email: [(String, Setting)] = []
    ) -> Setting {
        .map(
            [
                ("key", "user"), ("event_id", "id"),
                (
                    "profile",
                    [
                        "consent": "p.consent", "push": "p.push", "vip": "p.vip", "zone": "p.zone",
                        "birthday": "p.birthday",
                    ]
                ),
                ("zone", "profile.zone"), ("fallback_zone", "Europe/Berlin"),
                (
                    "channels",
                    .map([
                        ("email", .map([("consent", "profile.consent")] + email)),
                        ("push", ["consent": "profile.push"]),
                    ])
                ),
                ("rules", .list(rules)),
            ] + more)
    }

    static func rule(_ name: String, _ parts: [(String, Setting)]) -> Setting {
        .map(
            [("name", .string(name))] + parts + [("action", ["channel": "email", "template": "t"])])
    }

    static let cart = cart(with: [])

    /// A cart that no purchase follows within 45 minutes.
    static func cart(with parts: [(String, Setting)]) -> Setting {
        rule(
            "cart",
            [
                ("when", "event.type == 'cart'"),
                ("unless_followed_by", "event.type == 'purchase'"), ("within", "45m"),
            ] + parts)
    }

    static func plain(_ name: String, _ type: String, _ parts: [(String, Setting)] = []) -> Setting
    {
        rule(name, [("when", .string("event.type == '\(type)'"))] + parts)
    }

    /// Events of one customer that has agreed to everything.
    static func event(
        _ type: String, _ time: Int64, key: String = "k", number: Int = 0, consent: Bool? = true
    ) -> CustomerEvent {
        var event = CustomerEvent(key, time, type)
        event.consent = consent
        event.pushConsent = consent
        event.number = number
        return event
    }
}
