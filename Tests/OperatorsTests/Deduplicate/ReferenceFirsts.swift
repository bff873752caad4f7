/// One event with an id, as the tests of `deduplicate` use it.
struct IdentifiedEvent {
    var user = "u"
    var id: String
    var content: String
    /// Event time in milliseconds.
    var time: Int64
    /// A field that may be ignored.
    var received: Int

    var record: TimedRecord {
        TimedRecord(
            key: user,
            json:
                "{\"user\":\"\(user)\",\"id\":\"\(id)\",\"content\":\"\(content)\",\"at\":\(received)}",
            time: time)
    }
}

/// A slow and simple model of `deduplicate`: a list of all first events.
struct ReferenceFirsts {
    private(set) var firsts: [IdentifiedEvent] = []
    private(set) var duplicates: [IdentifiedEvent] = []
    private(set) var conflicts: [IdentifiedEvent] = []
    private(set) var late: [IdentifiedEvent] = []

    init(
        _ events: [IdentifiedEvent], within: Int64, outOfOrderness: Int64, ignoresReceived: Bool,
        isScoped: Bool
    ) {
        var observed = Int64.min
        for event in events {
            observed = max(observed, event.time - outOfOrderness)
            if event.time + within < observed {
                late.append(event)
                continue
            }
            let known = firsts.last {
                $0.id == event.id && (!isScoped || $0.user == event.user)
                    && $0.time + within >= observed
            }
            guard let known else {
                firsts.append(event)
                continue
            }
            let isSame =
                known.content == event.content && known.user == event.user
                && (ignoresReceived || known.received == event.received)
            if isSame { duplicates.append(event) } else { conflicts.append(event) }
        }
    }
}
