internal import Events
internal import Sketches

/// An identifier where it is at home: what is known of it, and which component has it.
///
/// As bytes: the layout (1), the number of sets of identifiers that events had together with it (1),
/// for each its hash (8) and its earliest time (8); then the identifier as its component knows it,
/// and the component.
struct ShardIdentity: Equatable {
    static let layoutVersion = 2
    /// The most sets that are remembered; an event with another one is told again.
    private static let mostGroups = 64

    private struct Group: Equatable {
        let hash: UInt64
        var firstSeen: Int64
    }

    var member: ShardMember
    var component: ComponentName
    private var groups: [Group] = []

    /// An identifier that nobody knows yet: it is a component, and a profile, of its own.
    init(_ key: [UInt8]) {
        member = ShardMember(key: key, node: IdentityNode())
        member.node.profile = ProfileID(of: key)
        component = key
    }

    mutating func remember(_ hash: UInt64, at time: Int64) {
        if let place = groups.firstIndex(where: { $0.hash == hash }) {
            groups[place].firstSeen = min(groups[place].firstSeen, time)
        } else {
            if groups.count == Self.mostGroups { groups.removeFirst() }
            groups.append(Group(hash: hash, firstSeen: time))
        }
    }

    /// Forgets which events were told to others, since one of those is no more.
    mutating func forgetGroups() { groups = [] }

    init(_ bytes: UnsafeRawBufferPointer) throws(SketchError) {
        var reader = unsafe SketchReader(bytes)
        guard Int(try reader.byte()) == Self.layoutVersion else {
            throw SketchError("an identity has an unknown layout")
        }
        for _ in 0..<(try reader.byte()) {
            let hash = try reader.number(UInt64.self)
            groups.append(Group(hash: hash, firstSeen: try reader.number(Int64.self)))
        }
        member = try reader.member()
        component = try reader.counted()
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.append(UInt8(Self.layoutVersion))
        buffer.append(UInt8(groups.count))
        for group in groups {
            buffer.append(littleEndian: group.hash)
            buffer.append(littleEndian: group.firstSeen)
        }
        buffer.append(member)
        buffer.append(counted: component)
    }

    /// The profile in stored bytes, if an event at this time, with others of this hash, brings
    /// nothing new. Allocates nothing.
    static func knownProfile(
        _ bytes: UnsafeRawBufferPointer, with hash: UInt64, at time: Int64
    ) throws(SketchError) -> ProfileID? {
        var reader = unsafe SketchReader(bytes)
        guard Int(try reader.byte()) == layoutVersion else {
            throw SketchError("an identity has an unknown layout")
        }
        var isKnown = false
        for _ in 0..<(try reader.byte()) {
            let known = try reader.number(UInt64.self)
            let first = try reader.number(Int64.self)
            if known == hash, first <= time { isKnown = true }
        }
        guard isKnown else { return nil }
        // The key, three numbers of 8 bytes, the size of the node.
        _ = unsafe try reader.take(Int(try reader.number(UInt16.self)) + 24 + 4)
        let size = bytes.count - reader.position
        guard let head = unsafe IdentityRecord(try reader.take(size)) else {
            throw SketchError("an identity is cut short")
        }
        return head.profile
    }
}
