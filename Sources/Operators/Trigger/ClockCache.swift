internal import CEL
internal import Events

/// The clocks of the zones that customers have named, so that each is made once.
struct ClockCache {
    /// The IANA database has some 600 names; what customers invent is forgotten.
    private static let mostNames = 2048

    let fallback: LocalClock
    private var clocks: [String: LocalClock?] = [:]

    init(fallback: LocalClock) { self.fallback = fallback }

    /// The clock of a zone, or the one instead of it.
    mutating func clock(_ zone: String) -> LocalClock {
        if let known = clocks[zone] { return known ?? fallback }
        if clocks.count >= Self.mostNames { clocks.removeAll() }
        let clock = LocalClock(zone: zone)
        clocks[zone] = .some(clock)
        return clock ?? fallback
    }
}
