public import Events

/// The entries and the timers that an operator keeps, looked up when it works first.
///
/// A look-up by name costs as much as some of the work on an event.
public struct TimedStores {
    public struct Opened {
        public let entries: any KeyValueStore
        public let timers: any TimerStore
    }

    private let entriesName: String
    private let timersName: String
    private var opened: Opened?

    /// `entries`, `timers`: names of stores of the operator's definition.
    public init(entries: String, timers: String) {
        entriesName = entries
        timersName = timers
    }

    public mutating func open(in context: OperatorContext) -> Opened {
        if let opened { return opened }
        let found = Opened(
            entries: context.keyValueStore(entriesName), timers: context.timerStore(timersName))
        opened = found
        return found
    }

    /// The time of the earliest timer; `.distantFuture` when there is none.
    public mutating func nextTimer(in context: OperatorContext) -> Timestamp {
        if let opened { return opened.timers.next }
        return open(in: context).timers.next
    }
}
