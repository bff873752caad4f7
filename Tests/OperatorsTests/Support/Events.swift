import Events

/// One event in an arena of its own.
struct LoneEvent {
    let arena = EventArena()
    var event: Event

    init(_ json: String) {
        event = arena.addEvent(json: Array(json.utf8))
    }
}

extension EventArena {
    func addEvent(json: [UInt8]) -> Event {
        unsafe json.withUnsafeBytes {
            unsafe addEvent(json: $0, key: nil, timestamp: .distantPast)
        }
    }
}
