internal import Events
internal import Sketches

/// Reads the keys of an event's identifiers.
///
/// What a text comes to is remembered, since the same identifiers come again and again: bringing one
/// into its form costs more than all the rest of an event that brings nothing new.
struct IdentifierKeys {
    /// What is remembered in one place: a newer text takes the place of an older one. Text and key are
    /// part of it, so that looking one up reads memory once.
    private struct Entry: BitwiseCopyable {
        static let room = 112

        var hash: UInt64 = 0
        var type: UInt8 = .max
        var textCount: UInt8 = 0
        /// 0 for what is no identifier.
        var keyCount: UInt8 = 0
        var bytes = InlineArray<112, UInt8>(repeating: 0)
    }

    private static let slotCount = 1 << 15

    private let types: [IdentifierType]
    private let texts: IdentifierText
    private var entries: [Entry] = []

    init(_ settings: LinkSettings) {
        types = settings.types
        texts = IdentifierText(settings)
        entries = Array(repeating: Entry(), count: Self.slotCount)
    }

    /// Puts the keys of an event into `keys`, the strongest first, each once.
    mutating func read(_ event: Event, in arena: EventArena, into keys: inout [[UInt8]]) {
        keys.removeAll(keepingCapacity: true)
        unsafe read(event, in: arena) { unsafe keys.append(Array($0)) }
    }

    /// Appends the keys of an event.
    mutating func read(_ event: Event, in arena: EventArena, into keys: inout KeyList) {
        unsafe read(event, in: arena) { unsafe keys.append($0) }
        keys.endEvent()
    }

    @inline(__always)
    private mutating func read(
        _ event: Event, in arena: EventArena, _ body: (UnsafeRawBufferPointer) -> Void
    ) {
        for place in types.indices {
            let value = arena.value(of: event, at: types[place].field)
            let text: UnsafeRawBufferPointer
            switch value.kind {
            case .string: unsafe text = arena.bytes(value.text)
            case .integer, .unsignedInteger: unsafe text = arena.bytes(value.raw)
            case .missing, .null, .boolean, .decimal, .object, .array: continue
            }
            unsafe readKey(of: text, place, body)
        }
    }

    /// The key of an identifier that is given as text.
    func key(of text: String, as type: IdentifierType) -> [UInt8]? {
        texts.normalized(text, as: type).map { IdentifierKey.make(type, $0) }
    }

    /// The keys of all identifiers that a text may stand for, as it is or as events write it.
    static func keys(called text: String, _ settings: LinkSettings) -> Set<[UInt8]> {
        let texts = IdentifierText(settings)
        var keys: Set<[UInt8]> = []
        for type in settings.types {
            keys.insert(IdentifierKey.make(type, text))
            if let found = texts.normalized(text, as: type) {
                keys.insert(IdentifierKey.make(type, found))
            }
        }
        return keys
    }

    @inline(__always)
    private mutating func readKey(
        of text: UnsafeRawBufferPointer, _ place: Int, _ body: (UnsafeRawBufferPointer) -> Void
    ) {
        let hash = unsafe Murmur3.hash(text).low ^ UInt64(place)
        let slot = Int(truncatingIfNeeded: hash & UInt64(Self.slotCount - 1))
        if entries[slot].hash == hash, Int(entries[slot].type) == place {
            let (textCount, keyCount) = (
                Int(entries[slot].textCount), Int(entries[slot].keyCount)
            )
            let isKnown = unsafe withUnsafeBytes(of: &entries[slot].bytes) { bytes in
                let known = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<textCount])
                guard textCount == text.count, unsafe ByteText.areEqual(known, text) else {
                    return false
                }
                if keyCount > 0 {
                    unsafe body(
                        UnsafeRawBufferPointer(rebasing: bytes[textCount..<textCount + keyCount]))
                }
                return true
            }
            if isKnown { return }
        }
        let key = unsafe key(of: String(decoding: text, as: UTF8.self), as: types[place])
        unsafe remember(key, of: text, place, hash, in: slot)
        if let key { unsafe key.withUnsafeBytes { unsafe body($0) } }
    }

    /// Texts that have no room are worked out each time.
    private mutating func remember(
        _ key: [UInt8]?, of text: UnsafeRawBufferPointer, _ place: Int, _ hash: UInt64, in slot: Int
    ) {
        let keyCount = key?.count ?? 0
        guard text.count + keyCount <= Entry.room, place < Int(UInt8.max) else { return }
        var entry = Entry(
            hash: hash, type: UInt8(place), textCount: UInt8(text.count), keyCount: UInt8(keyCount))
        unsafe withUnsafeMutableBytes(of: &entry.bytes) { bytes in
            unsafe bytes.copyMemory(from: text)
            if let key {
                unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[text.count...])
                    .copyBytes(from: key)
            }
        }
        entries[slot] = entry
    }
}
