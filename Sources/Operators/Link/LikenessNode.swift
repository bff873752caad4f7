internal import Events
internal import Sketches

/// What is known of an identifier besides the identifiers that it was seen with: descriptions of the
/// person, and identifiers whose descriptions are alike.
///
/// As bytes: the version of the layout (1), the number of descriptions (1), and each behind its length
/// (2); the number of identifiers (2), and of each whether it is up for review (1), the length of its
/// key (2) and the key; integers are little-endian.
struct LikenessNode: Equatable {
    static let layoutVersion = 1
    /// The most descriptions that are kept: the first ones in the order of their bytes, so that it
    /// does not matter which came first.
    static let mostDescriptions = 8

    struct Neighbour: Equatable {
        let key: [UInt8]
        var isInReview = false
    }

    private(set) var descriptions: [[UInt8]] = []
    private(set) var alike: [Neighbour] = []

    /// Whether there is no room for another description but in the place of one.
    var isFull: Bool { descriptions.count >= Self.mostDescriptions }
    var isEmpty: Bool { descriptions.isEmpty && alike.isEmpty }

    /// Takes a description; returns the one that has no room any more, which may be that one.
    mutating func add(_ description: [UInt8]) -> [UInt8]? {
        let (place, isThere) = descriptions.place(of: description) { $0 }
        if isThere { return nil }
        descriptions.insert(description, at: place)
        return descriptions.count > Self.mostDescriptions ? descriptions.removeLast() : nil
    }

    mutating func add(alike key: [UInt8]) {
        let (place, isThere) = alike.place(of: key, \.key)
        if !isThere { alike.insert(Neighbour(key: key), at: place) }
    }

    mutating func remove(alike key: [UInt8]) { alike.removeAll { $0.key == key } }

    /// Whether there is a change.
    mutating func setReview(of key: [UInt8], to isInReview: Bool) -> Bool {
        guard let place = alike.firstIndex(where: { $0.key == key }),
            alike[place].isInReview != isInReview
        else { return false }
        alike[place].isInReview = isInReview
        return true
    }

    init() {}

    init(_ bytes: UnsafeRawBufferPointer) throws(SketchError) {
        var reader = unsafe SketchReader(bytes)
        let version = try reader.byte()
        guard Int(version) == Self.layoutVersion else {
            throw SketchError("a likeness has the layout \(version), not \(Self.layoutVersion)")
        }
        for _ in 0..<(try reader.byte()) { descriptions.append(try reader.counted()) }
        for _ in 0..<(try reader.number(UInt16.self)) {
            let isInReview = try reader.byte() != 0
            alike.append(Neighbour(key: try reader.counted(), isInReview: isInReview))
        }
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.append(UInt8(Self.layoutVersion))
        buffer.append(UInt8(descriptions.count))
        for description in descriptions { buffer.append(counted: description) }
        buffer.append(littleEndian: UInt16(clamping: alike.count))
        for neighbour in alike.prefix(Int(UInt16.max)) {
            buffer.append(neighbour.isInReview ? 1 : 0)
            buffer.append(counted: neighbour.key)
        }
    }

    /// Whether an event with this description brings nothing new; `nil` for bytes that are cut short.
    static func knows(_ description: [UInt8], in bytes: UnsafeRawBufferPointer) -> Bool? {
        guard bytes.count >= 2, unsafe Int(bytes[0]) == layoutVersion else { return nil }
        let count = unsafe Int(bytes[1])
        var position = 2
        for place in 0..<count {
            guard position + 2 <= bytes.count else { return nil }
            let size = unsafe Int(bytes[position]) | Int(bytes[position + 1]) << 8
            position += 2
            guard position + size <= bytes.count else { return nil }
            let stored = unsafe UnsafeRawBufferPointer(
                rebasing: bytes[position..<position + size])
            let isSame = unsafe description.withUnsafeBytes { given in
                unsafe ByteText.areEqual(stored, given)
            }
            if isSame { return true }
            // Behind the last of a full list there is no room.
            if place == mostDescriptions - 1 {
                return unsafe stored.lexicographicallyPrecedes(description)
            }
            position += size
        }
        return false
    }
}
