internal import Events
internal import StreamCore

/// The `sessionize` operator at work in one task.
final class Sessionizer: Operator {
    enum Output {
        static let main = 0
        static let updates = 1
        static let closed = 2
        static let late = 3
        static let bots = 4
        static let rejected = 5
    }

    private let settings: SessionizeSettings
    /// A value that is borrowed once per run: an access to a property of a class costs as much as
    /// some of the work on it.
    private var sessions: OpenSessions
    private var stores: TimedStores

    init(settings: SessionizeSettings) {
        self.settings = settings
        stores = TimedStores(entries: settings.storeName, timers: settings.timersName)
        sessions = OpenSessions(settings: settings)
    }

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        let stores = self.stores.open(in: context)
        if settings.key == nil { context.prefetch(events, in: stores.entries) }
        try sessions.process(events, stores.entries, stores.timers, in: context)
    }

    func advance(to streamTime: Timestamp, in context: OperatorContext) throws(OperatorError) {
        let stores = self.stores.open(in: context)
        try sessions.advance(to: streamTime, stores.entries, stores.timers, in: context)
    }

    /// The open sessions of a key; a timer that is left finds nothing.
    func erase(
        _ key: UnsafeRawBufferPointer, in context: OperatorContext
    ) throws(OperatorError) -> Int {
        do {
            return try unsafe self.stores.open(in: context).entries.erase(key)
        } catch {
            throw .store(error)
        }
    }
}
