internal import CEL
internal import Events

/// What `sessionize` asks of its events.
struct SessionConditions {
    /// The conditions, by their names in topology files.
    enum Name: String, CaseIterable {
        case views
        case keepAlive = "keep_alive"
        case bots
    }

    private let conditions: EventConditions
    private let views: EventConditions.Number?
    private let keepAlive: EventConditions.Number?
    private let bots: EventConditions.Number?

    init(_ settings: SessionizeSettings) {
        let conditions = EventConditions(settings.scope)
        views = settings.views.map { conditions.add($0) }
        keepAlive = settings.keepAlive.map { conditions.add($0) }
        bots = settings.bots.map { conditions.add($0) }
        self.conditions = conditions
    }

    /// Turns to an event: what is asked from now on is asked of it.
    func look(at event: Event) { conditions.look(at: event) }

    /// `nil` when the topology has no such condition.
    func decision(on name: Name, in arena: EventArena) -> Decision? {
        number(name).map { conditions.decision(on: $0, in: arena) }
    }

    /// Why it can't be said whether the event meets a condition.
    func reason(ofFailing name: Name, in arena: EventArena) -> String {
        let reason = number(name).map { conditions.reason(ofFailing: $0, in: arena) }
        return "'\(name.rawValue)' can't be decided: \(reason ?? "")"
    }

    private func number(_ name: Name) -> EventConditions.Number? {
        switch name {
        case .views: views
        case .keepAlive: keepAlive
        case .bots: bots
        }
    }
}
