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
    private var stores: Stores?

    private struct Stores {
        let sessions: any KeyValueStore
        let timers: any TimerStore
    }

    init(settings: SessionizeSettings) {
        self.settings = settings
        sessions = OpenSessions(settings: settings)
    }

    func process(_ events: [Event], in context: OperatorContext) throws(OperatorError) {
        let stores = stores(of: context)
        try sessions.process(events, stores.sessions, stores.timers, in: context)
    }

    func advance(to streamTime: Timestamp, in context: OperatorContext) throws(OperatorError) {
        let stores = stores(of: context)
        try sessions.advance(to: streamTime, stores.sessions, stores.timers, in: context)
    }

    /// The open sessions of a key; a timer that is left finds nothing.
    func erase(
        _ key: UnsafeRawBufferPointer, in context: OperatorContext
    ) throws(OperatorError) -> Int {
        var value: [UInt8] = []
        do {
            let store = stores(of: context).sessions
            guard try unsafe store.get(key, into: &value) else { return 0 }
            try unsafe store.delete(key)
            return 1
        } catch {
            throw .store(error)
        }
    }

    private func stores(of context: OperatorContext) -> Stores {
        if let stores { return stores }
        let opened = Stores(
            sessions: context.keyValueStore(settings.storeName),
            timers: context.timerStore(settings.timersName))
        stores = opened
        return opened
    }
}
