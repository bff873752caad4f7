internal import Events

/// A window of events that grows with them, for as long as each comes within reach of the one
/// before.
protocol MergingWindow {
    /// Event time of the first event, in milliseconds.
    var start: Int64 { get }
    /// Until when, in event time, a further event belongs to the window.
    var reach: Int64 { get }

    /// Whether `later`, which starts no earlier, is a part of this window.
    func isContinued(by later: Self, maximumLength: Int64) -> Bool

    /// Widens this window to hold `part`.
    mutating func widen(by part: Self)
}

/// Which of a key's windows become one with an event: the rule of session windows.
///
/// The event is a window of its own. It goes on with the window before it, when that one reaches
/// it, and takes in those behind it that the two now reach.
///
/// - Source: Kafka Streams' `KStreamSessionWindowAggregate`.
struct SessionJoin<Window: MergingWindow> {
    /// The window before the event that it goes on with.
    let before: Int?
    /// The windows behind the event that are taken in.
    let behind: Range<Int>
    /// All of them and the event's own, but for what ``MergingWindow/widen(by:)`` leaves out.
    let union: Window

    /// `windows`: those of the key, in the order of their starts.
    init(_ own: Window, among windows: [Window], maximumLength: Int64) {
        let next = Self.firstIndex(in: windows, startingAfter: own.start)
        before = Self.index(in: windows, continuedBy: own, before: next, maximumLength)
        var union = own
        if let before {
            union = windows[before]
            union.widen(by: own)
        }
        var end = next
        while end < windows.count,
            union.isContinued(by: windows[end], maximumLength: maximumLength)
        {
            union.widen(by: windows[end])
            end += 1
        }
        behind = next..<end
        self.union = union
    }

    /// How many of the windows there were become one.
    var count: Int { behind.count + (before == nil ? 0 : 1) }

    private static func firstIndex(in windows: [Window], startingAfter time: Int64) -> Int {
        var index = windows.count
        while index > 0, windows[index - 1].start > time { index -= 1 }
        return index
    }

    /// The window in front of `index` that an event goes on with: the latest one before it, or
    /// one that starts at the same moment.
    private static func index(
        in windows: [Window], continuedBy own: Window, before index: Int, _ maximumLength: Int64
    ) -> Int? {
        var index = index
        // One that starts with the event and is of another kind lies between it and those before.
        var isParted = false
        while index > 0 {
            index -= 1
            if isParted, windows[index].start < own.start { return nil }
            if windows[index].isContinued(by: own, maximumLength: maximumLength) { return index }
            if windows[index].start < own.start { return nil }
            isParted = true
        }
        return nil
    }
}

extension MergingWindow {
    /// The first moment at which no further event can join the window.
    func closingTime(grace: Int64) -> Int64 {
        Timestamp(milliseconds: reach)
            .adding(milliseconds: grace).adding(milliseconds: 1).milliseconds
    }
}
