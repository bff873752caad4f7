import Events

/// A JSON value of any kind in an arena of its own, for tests.
struct JSONDocument {
    let arena: EventArena
    let root: FieldValue

    /// The value of a text; `nil` when it is none that an event may hold.
    init?(_ text: [UInt8]) {
        let arena = EventArena()
        let wrapped = Array("{\"root\":".utf8) + text + [UInt8(ascii: "}")]
        let event = unsafe wrapped.withUnsafeBytes {
            unsafe arena.addEvent(json: $0, key: nil, timestamp: .distantPast)
        }
        guard arena.parse(event, limits: .standard) == nil else { return nil }
        self.arena = arena
        root = arena.firstChild(of: arena.root(of: event))
    }

    init?(_ text: String) { self.init(Array(text.utf8)) }
}
