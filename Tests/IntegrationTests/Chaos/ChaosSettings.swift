import Foundation

/// How long and how hard a run is: from the environment, else the short form.
struct ChaosSettings {
    var duration = Duration.seconds(60)
    /// How many events are written meanwhile.
    var eventCount = 100_000
    var seed = UInt64.random(in: 0...999_999_999)
    /// Whether the members keep their state in changelogs too, and some lose what they have.
    var hasChangelog = false

    /// `MILLRACE_CHAOS_SECONDS`, `MILLRACE_CHAOS_EVENTS`, by default a million in ten minutes,
    /// `MILLRACE_CHAOS_SEED`, and `MILLRACE_CHAOS_CHANGELOG=1`.
    static func fromEnvironment() -> ChaosSettings {
        let environment = ProcessInfo.processInfo.environment
        var settings = ChaosSettings()
        if let seconds = environment["MILLRACE_CHAOS_SECONDS"].flatMap(Int.init) {
            settings.duration = .seconds(seconds)
            settings.eventCount = seconds * 10_000 / 6
        }
        if let count = environment["MILLRACE_CHAOS_EVENTS"].flatMap(Int.init) {
            settings.eventCount = count
        }
        if let seed = environment["MILLRACE_CHAOS_SEED"].flatMap(UInt64.init) {
            settings.seed = seed
        }
        settings.hasChangelog = environment["MILLRACE_CHAOS_CHANGELOG"] == "1"
        return settings
    }
}
