/// Sessions computed in the slowest and plainest way, to compare `sessionize` with.
///
/// For one gap this is the algorithm that Kafka Streams publishes for its session windows: find
/// the sessions that overlap [t - gap, t + gap], merge them all with the event, drop the event
/// when what comes out ends before observed time - grace - gap. Sessions expire once they end
/// before that. With a gap by channel, each event covers [t, t + gap of its channel], and what
/// overlaps is one session.
struct ReferenceSessions {
    struct Session {
        let key: String
        var members: [VisitEvent]
        var reach: Int64

        var start: Int64 { members.map(\.time).min()! }
        var end: Int64 { members.map(\.time).max()! }
        var summary: String { "\(key) \(start)-\(end) \(members.count)" }
    }

    let gap: Int64
    let gapByChannel: [String: Int64]
    let grace: Int64
    let outOfOrderness: Int64

    private(set) var closed: [Session] = []
    private(set) var late: [VisitEvent] = []
    private var open: [Session] = []
    private var latest = Int64.min / 2

    init(gap: Int64, gapByChannel: [String: Int64] = [:], grace: Int64, outOfOrderness: Int64 = 0) {
        self.gap = gap
        self.gapByChannel = gapByChannel
        self.grace = grace
        self.outOfOrderness = outOfOrderness
    }

    mutating func process(_ event: VisitEvent) {
        latest = max(latest, event.time)
        let observed = latest - outOfOrderness
        expire(observed)
        let ownGap = event.channel.flatMap { gapByChannel[$0] } ?? gap
        var merged = Session(key: event.key, members: [event], reach: event.time + ownGap)
        let found = open.indices.filter {
            open[$0].key == event.key && open[$0].start <= event.time + ownGap
                && open[$0].reach >= event.time
        }
        for index in found {
            merged.members = open[index].members + merged.members
            merged.reach = max(merged.reach, open[index].reach)
        }
        if merged.reach < observed - grace {
            late.append(event)
            return
        }
        for index in found.reversed() { open.remove(at: index) }
        open.append(merged)
    }

    mutating func finish() { expire(.max) }

    private mutating func expire(_ observed: Int64) {
        let isDue = { (session: Session) in session.reach < observed - grace }
        // In the order in which their moments come.
        closed += open.filter(isDue).sorted { ($0.reach, $0.key) < ($1.reach, $1.key) }
        open.removeAll(where: isDue)
    }

    /// For events in order: a new session begins after a pause, when the session would become too
    /// long, on another day, and with another campaign.
    static func inOrder(
        _ events: [VisitEvent], gap: Int64, maximumLength: Int64 = .max,
        day: (Int64) -> Int = { _ in 0 }
    ) -> [[VisitEvent]] {
        var sessions: [String: [[VisitEvent]]] = [:]
        for event in events {
            let current = sessions[event.key]?.last
            let isNew: Bool
            if let current, let first = current.first, let last = current.last {
                isNew =
                    event.time - last.time > gap || event.time - first.time > maximumLength
                    || day(event.time) != day(first.time)
                    || (event.campaign != nil && event.campaign != first.campaign)
            } else {
                isNew = true
            }
            if isNew {
                sessions[event.key, default: []].append([event])
            } else {
                let end = sessions[event.key]!.count - 1
                sessions[event.key]![end].append(event)
            }
        }
        return sessions.values.flatMap { $0 }
    }
}
