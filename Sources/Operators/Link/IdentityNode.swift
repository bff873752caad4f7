internal import Events
internal import Sketches

/// The name of a profile: 12 bytes of a hash of its oldest identifier.
struct ProfileID: Hashable, Comparable {
    let high: UInt64
    let low: UInt32

    /// Twenty-four hexadecimal digits.
    var text: String {
        var buffer = ByteBuffer(capacity: 32)
        append(to: &buffer)
        return unsafe String(decoding: buffer.bytes, as: UTF8.self)
    }

    func append(to buffer: inout ByteBuffer) {
        buffer.append(hexadecimal: high)
        buffer.append(hexadecimal: low)
    }

    static func < (left: ProfileID, right: ProfileID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

/// An identifier in the ledger: since when it is known, whose it is, and which others it was seen
/// with.
///
/// As bytes: the version of the layout (1), the time (8), the profile (12), whether it is a hub (1),
/// the number of links (2), when it was noted last (8), and for each its time (8), the decision (1), the length of its key (2)
/// and the key; integers are little-endian, links in the order of their keys.
struct IdentityNode: Equatable {
    static let layoutVersion = 2
    /// An identifier, or a link, that only a decision speaks of.
    static let unseen = Int64.max

    enum Decision: UInt8 {
        case none, mustLink, cannotLink
    }

    struct Link: Equatable {
        let key: [UInt8]
        /// The earliest event that had both.
        var firstSeen = IdentityNode.unseen
        var decision = Decision.none

        var isEvidence: Bool { firstSeen != IdentityNode.unseen && decision != .cannotLink }
    }

    /// The earliest event that had it, in milliseconds.
    var firstSeen = Self.unseen
    var profile = ProfileID(high: 0, low: 0)
    /// What ``LastSeen`` has of it, at the latest; `Int64.min` for nothing.
    var noted = Int64.min
    /// It was seen with too many others to say anything.
    var isHub = false
    private(set) var links: [Link] = []

    var isSeen: Bool { firstSeen != Self.unseen }
    /// Whether there is anything to remember.
    var isEmpty: Bool { !isSeen && links.isEmpty }

    init() {}

    subscript(key: [UInt8]) -> Link? {
        let (place, isThere) = place(of: key)
        return isThere ? links[place] : nil
    }

    /// Changes the link to another identifier, making it first; one that says nothing is removed.
    mutating func change(_ key: [UInt8], _ body: (inout Link) -> Void) {
        let (place, isThere) = place(of: key)
        if !isThere { links.insert(Link(key: key), at: place) }
        body(&links[place])
        if links[place].firstSeen == Self.unseen, links[place].decision == .none {
            links.remove(at: place)
        }
    }

    mutating func remove(_ key: [UInt8]) {
        let (place, isThere) = place(of: key)
        if isThere { links.remove(at: place) }
    }

    /// An event had it together with others. A hub takes no more links.
    mutating func see(_ others: [[UInt8]], at time: Int64, mostLinks: Int) {
        firstSeen = min(firstSeen, time)
        for other in others {
            if isHub, (self[other]?.firstSeen ?? Self.unseen) == Self.unseen { continue }
            if links.count >= Self.mostLinks, self[other] == nil {
                isHub = true
                continue
            }
            change(other) { $0.firstSeen = min($0.firstSeen, time) }
            isHub = isHub || neighbourCount > mostLinks
        }
    }

    /// The most links that the layout can count.
    static let mostLinks = Int(UInt16.max)

    /// How many identifiers events had together with this one.
    var neighbourCount: Int { links.count { $0.firstSeen != Self.unseen } }

    private func place(of key: [UInt8]) -> (place: Int, isThere: Bool) {
        links.place(of: key, \.key)
    }
}

// MARK: Bytes

extension IdentityNode {
    init(_ bytes: UnsafeRawBufferPointer) throws(SketchError) {
        var reader = unsafe SketchReader(bytes)
        let version = try reader.byte()
        guard Int(version) == Self.layoutVersion else {
            throw SketchError("an identity has the layout \(version), not \(Self.layoutVersion)")
        }
        firstSeen = try reader.number(Int64.self)
        profile = try reader.profile()
        isHub = try reader.byte() != 0
        let count = try reader.number(UInt16.self)
        noted = try reader.number(Int64.self)
        links.reserveCapacity(Int(count))
        for _ in 0..<count {
            let seen = try reader.number(Int64.self)
            guard let decision = Decision(rawValue: try reader.byte()) else {
                throw SketchError("a link of an identity has an unknown decision")
            }
            links.append(
                Link(key: try reader.counted(), firstSeen: seen, decision: decision))
        }
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.append(UInt8(Self.layoutVersion))
        buffer.append(littleEndian: firstSeen)
        buffer.append(profile)
        buffer.append(isHub ? 1 : 0)
        buffer.append(littleEndian: UInt16(links.count))
        buffer.append(littleEndian: noted)
        for link in links {
            buffer.append(littleEndian: link.firstSeen)
            buffer.append(link.decision.rawValue)
            buffer.append(counted: link.key)
        }
    }
}

/// The head of a stored identity, and its links, read where they lie.
struct IdentityRecord {
    private static let headSize = 32
    private static let linkHeadSize = 11

    let firstSeen: Int64
    let profile: ProfileID
    let isHub: Bool
    let noted: Int64

    /// `nil` for what is no identity of this layout.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.headSize, unsafe Int(bytes[0]) == IdentityNode.layoutVersion
        else {
            return nil
        }
        unsafe firstSeen = Int64(littleEndian: Self.load(bytes, 1))
        profile = ProfileID(
            high: unsafe UInt64(littleEndian: Self.load(bytes, 9)),
            low: unsafe UInt32(littleEndian: Self.load(bytes, 17)))
        unsafe isHub = bytes[21] != 0
        unsafe noted = Int64(littleEndian: Self.load(bytes, 24))
    }

    /// When events had this identifier together with another first; `nil` for bytes that are cut
    /// short, and ``IdentityNode/unseen`` when they never had.
    static func timeOfLink(
        to key: UnsafeRawBufferPointer, in bytes: UnsafeRawBufferPointer
    ) -> Int64? {
        guard bytes.count >= headSize else { return nil }
        var position = headSize
        let count = unsafe UInt16(littleEndian: load(bytes, 22))
        for _ in 0..<count {
            guard position + linkHeadSize <= bytes.count else { return nil }
            let size = Int(unsafe UInt16(littleEndian: load(bytes, position + 9)))
            let start = position + linkHeadSize
            guard start + size <= bytes.count else { return nil }
            let other = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<start + size])
            if unsafe ByteText.areEqual(other, key) {
                return unsafe Int64(littleEndian: load(bytes, position))
            }
            position = start + size
        }
        return IdentityNode.unseen
    }

    private static func load<Number: FixedWidthInteger & BitwiseCopyable>(
        _ bytes: UnsafeRawBufferPointer, _ offset: Int
    ) -> Number {
        unsafe bytes.loadUnaligned(fromByteOffset: offset, as: Number.self)
    }
}
