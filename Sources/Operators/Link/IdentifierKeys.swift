internal import Events
internal import Sketches

/// Reads the keys of an event's identifiers.
///
/// What a text comes to is remembered, since the same identifiers come again and again: bringing one
/// into its form costs more than all the rest of an event that brings nothing new.
struct IdentifierKeys {
    /// One remembered text of a slot; a newer one takes its place.
    private struct Entry {
        var hash: UInt64 = 0
        var type = -1
        var raw: [UInt8] = []
        /// `nil` for what is no identifier.
        var key: [UInt8]?
    }

    private static let slotCount = 1 << 14
    /// A longer text is not remembered.
    private static let longest = 128

    private let types: [IdentifierType]
    private let texts: IdentifierText
    private var entries: [Entry] = []

    init(_ settings: LinkSettings) {
        types = settings.types
        texts = IdentifierText(blocked: settings.blocked)
        entries = Array(repeating: Entry(), count: Self.slotCount)
    }

    /// Puts the keys of an event into `keys`, the strongest first, each once.
    mutating func read(_ event: Event, in arena: EventArena, into keys: inout [[UInt8]]) {
        keys.removeAll(keepingCapacity: true)
        for place in types.indices {
            let value = arena.value(of: event, at: types[place].field)
            let text: UnsafeRawBufferPointer
            switch value.kind {
            case .string: unsafe text = arena.bytes(value.text)
            case .integer, .unsignedInteger: unsafe text = arena.bytes(value.raw)
            case .missing, .null, .boolean, .decimal, .object, .array: continue
            }
            if let key = unsafe key(of: text, place) { keys.append(key) }
        }
    }

    /// The key of an identifier that is given as text.
    func key(of text: String, as type: IdentifierType) -> [UInt8]? {
        texts.normalized(text, as: type).map { IdentifierKey.make(type, $0) }
    }

    private mutating func key(of text: UnsafeRawBufferPointer, _ place: Int) -> [UInt8]? {
        if text.count > Self.longest { return unsafe make(text, place) }
        let hash = unsafe Murmur3.hash(text).low ^ UInt64(place)
        let slot = Int(truncatingIfNeeded: hash & UInt64(Self.slotCount - 1))
        if entries[slot].hash == hash, entries[slot].type == place,
            unsafe Self.areEqual(entries[slot].raw, text)
        {
            return entries[slot].key
        }
        let key = unsafe make(text, place)
        unsafe entries[slot] = Entry(hash: hash, type: place, raw: Array(text), key: key)
        return key
    }

    private static func areEqual(_ raw: [UInt8], _ text: UnsafeRawBufferPointer) -> Bool {
        guard raw.count == text.count else { return false }
        return unsafe raw.withUnsafeBytes { unsafe ByteText.areEqual($0, text) }
    }

    private func make(_ text: UnsafeRawBufferPointer, _ place: Int) -> [UInt8]? {
        key(of: unsafe String(decoding: text, as: UTF8.self), as: types[place])
    }
}
