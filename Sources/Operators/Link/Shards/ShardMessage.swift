internal import Events
internal import Sketches

/// The name of a component, which is also where it is at home: the smallest of its identifiers' keys,
/// in the order of their bytes.
typealias ComponentName = [UInt8]

/// What the shards of the identity graph tell each other, through the operator's feedback topic. The
/// record key says to whom: to an identifier, or to the component that is named after it.
///
/// As bytes: the kind (1), then its fields; integers are little-endian, keys behind their length (2).
enum ShardMessage: Equatable {
    // To an identifier.

    /// An event had it together with others.
    case seen(at: Int64, with: [[UInt8]])
    /// It is linked to another, which is in a component.
    case linked(to: [UInt8], in: ComponentName)
    /// A component has it from now on, and knows this change of it and whose it is.
    case held(by: ComponentName, Placement, version: Int64, profile: ProfileID)
    /// Whose it is, as the component says that has it.
    case told(ProfileID, Placement)
    /// Too much hangs together, and it is what says the least.
    case hub
    /// A steward's decision about it and another.
    case decided(IdentityNode.Decision, on: [UInt8])
    /// Another one was forgotten.
    case unlinked(from: [UInt8])
    /// It is to be forgotten, and another has a link to it, which it may not know of.
    case known(by: [UInt8])
    case forget

    // To an identifier, which passes it on, and to the component that has it.

    /// Another component said what became of its profile, and did not have it: say it again.
    case retell([UInt8])

    // To a component.

    /// An identifier of it has changed.
    case changed(ShardMember)
    /// One of its identifiers is linked to another, in a component of a smaller name.
    case join(ComponentName, member: [UInt8])
    /// Identifiers that belong to it from now on. With `more` others follow from the same component.
    case members([ShardMember], from: ComponentName, more: Bool)
    /// An identifier is elsewhere, or no more; or its whole profile is to be forgotten.
    case left([UInt8], Placement, isForgotten: Bool)
}

/// How often an identifier has changed its component. What a component says of an identifier that has
/// been placed elsewhere since is out of date.
typealias Placement = Int64

/// An identifier as its component knows it.
struct ShardMember: Equatable {
    let key: [UInt8]
    /// How often the node had changed.
    var version: Int64 = 0
    var placement: Placement = 0
    var node: IdentityNode
    /// Since when it is known as `.profiles` was told, ``IdentityNode/unseen`` before that.
    var toldFirstSeen = IdentityNode.unseen

    var isTold: Bool { toldFirstSeen != IdentityNode.unseen }
}

// MARK: Bytes

extension ShardMessage {
    private enum Kind: UInt8 {
        case seen = 1
        case linked, held, told, hub, decided, unlinked, forget, changed, join, members, left
        case retell, known
    }

    func write(to buffer: inout ByteBuffer) {
        switch self {
        case .seen(let time, let others):
            buffer.append(Kind.seen.rawValue)
            buffer.append(littleEndian: time)
            buffer.append(UInt8(clamping: others.count))
            for other in others { buffer.append(counted: other) }
        case .linked(let other, let component):
            buffer.append(Kind.linked.rawValue)
            buffer.append(counted: other)
            buffer.append(counted: component)
        case .held(let component, let placement, let version, let profile):
            buffer.append(Kind.held.rawValue)
            buffer.append(counted: component)
            buffer.append(littleEndian: placement)
            buffer.append(littleEndian: version)
            buffer.append(profile)
        case .told(let profile, let placement):
            buffer.append(Kind.told.rawValue)
            buffer.append(profile)
            buffer.append(littleEndian: placement)
        case .hub: buffer.append(Kind.hub.rawValue)
        case .decided(let decision, let other):
            buffer.append(Kind.decided.rawValue)
            buffer.append(decision.rawValue)
            buffer.append(counted: other)
        case .unlinked(let other):
            buffer.append(Kind.unlinked.rawValue)
            buffer.append(counted: other)
        case .known(let other):
            buffer.append(Kind.known.rawValue)
            buffer.append(counted: other)
        case .forget: buffer.append(Kind.forget.rawValue)
        case .changed(let member):
            buffer.append(Kind.changed.rawValue)
            buffer.append(member)
        case .join(let component, let member):
            buffer.append(Kind.join.rawValue)
            buffer.append(counted: component)
            buffer.append(counted: member)
        case .members(let members, let from, let more):
            buffer.append(Kind.members.rawValue)
            buffer.append(more ? 1 : 0)
            buffer.append(counted: from)
            buffer.append(littleEndian: UInt32(members.count))
            for member in members { buffer.append(member) }
        case .left(let key, let placement, let isForgotten):
            buffer.append(Kind.left.rawValue)
            buffer.append(counted: key)
            buffer.append(littleEndian: placement)
            buffer.append(isForgotten ? 1 : 0)
        case .retell(let key):
            buffer.append(Kind.retell.rawValue)
            buffer.append(counted: key)
        }
    }

    init(_ bytes: UnsafeRawBufferPointer) throws(SketchError) {
        var reader = unsafe SketchReader(bytes)
        guard let kind = Kind(rawValue: try reader.byte()) else {
            throw SketchError("a message between shards has an unknown kind")
        }
        switch kind {
        case .seen:
            let time = try reader.number(Int64.self)
            var others: [[UInt8]] = []
            for _ in 0..<(try reader.byte()) { others.append(try reader.counted()) }
            self = .seen(at: time, with: others)
        case .linked:
            let other = try reader.counted()
            self = .linked(to: other, in: try reader.counted())
        case .held:
            let component = try reader.counted()
            let placement = try reader.number(Placement.self)
            let version = try reader.number(Int64.self)
            self = .held(
                by: component, placement, version: version, profile: try reader.profile())
        case .told:
            let profile = try reader.profile()
            self = .told(profile, try reader.number(Placement.self))
        case .hub: self = .hub
        case .decided:
            guard let decision = IdentityNode.Decision(rawValue: try reader.byte()) else {
                throw SketchError("a message between shards has an unknown decision")
            }
            self = .decided(decision, on: try reader.counted())
        case .unlinked: self = .unlinked(from: try reader.counted())
        case .known: self = .known(by: try reader.counted())
        case .forget: self = .forget
        case .changed: self = .changed(try reader.member())
        case .join:
            let component = try reader.counted()
            self = .join(component, member: try reader.counted())
        case .members:
            let more = try reader.byte() != 0
            let from = try reader.counted()
            var members: [ShardMember] = []
            for _ in 0..<(try reader.number(UInt32.self)) { members.append(try reader.member()) }
            self = .members(members, from: from, more: more)
        case .left:
            let key = try reader.counted()
            let placement = try reader.number(Placement.self)
            self = .left(key, placement, isForgotten: try reader.byte() != 0)
        case .retell: self = .retell(try reader.counted())
        }
    }
}

extension ByteBuffer {
    mutating func append(_ member: ShardMember) {
        append(counted: member.key)
        append(littleEndian: member.version)
        append(littleEndian: member.placement)
        append(littleEndian: member.toldFirstSeen)
        var node = ByteBuffer(capacity: 256)
        member.node.write(to: &node)
        append(littleEndian: UInt32(node.count))
        append(node.span)
    }
}

extension SketchReader {
    mutating func member() throws(SketchError) -> ShardMember {
        let key = try counted()
        let version = try number(Int64.self)
        let placement = try number(Placement.self)
        let told = try number(Int64.self)
        let size = Int(try number(UInt32.self))
        let node = unsafe try IdentityNode(try take(size))
        return ShardMember(
            key: key, version: version, placement: placement, node: node, toldFirstSeen: told)
    }
}
