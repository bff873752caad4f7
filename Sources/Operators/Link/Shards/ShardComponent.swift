internal import Events
internal import Sketches

/// Identifiers that hang together, where their component is at home.
///
/// As bytes: the layout (1), the components that more members are expected from, the members, and what
/// was given away, each behind their number (4). Of the last: a hash of the key (8), the placement (8),
/// and the component that has it, empty when it knows that itself.
struct ShardComponent: Equatable {
    static let layoutVersion = 1

    /// In the order of their keys.
    private(set) var members: [ShardMember] = []
    /// Components of which only some members have come yet.
    var arriving: Set<ComponentName> = []
    /// What was given away, by a hash of its key: what comes of it later, and was not placed more
    /// often, came before.
    private var given: [UInt64: Given] = [:]
    /// The most that it remembers of those.
    private static let mostGiven = 1_000

    private struct Given: Equatable {
        let placement: Placement
        /// Who has it, until it knows that itself.
        var receiver: ComponentName?
    }

    init() {}

    var isEmpty: Bool { members.isEmpty && arriving.isEmpty && given.isEmpty }

    /// Whether a member that comes is one that was given away, or is there already.
    func isOutdated(_ member: ShardMember) -> Bool {
        let known = max(
            given[Self.hash(member.key)]?.placement ?? -1, self[member.key]?.placement ?? -1)
        return member.placement <= known
    }

    /// Which component has what was given away, while that does not know it itself.
    func receiver(of key: [UInt8]) -> ComponentName? { given[Self.hash(key)]?.receiver }

    /// Takes a member, which may be one that was given away.
    mutating func take(_ member: ShardMember) {
        given[Self.hash(member.key)] = nil
        self[member.key] = member
    }

    /// Removes a member that goes to another component, and returns it as that one gets it.
    mutating func give(_ key: [UInt8], to component: ComponentName) -> ShardMember? {
        guard var member = self[key] else { return nil }
        self[key] = nil
        member.placement += 1
        if given.count == Self.mostGiven,
            let one = given.keys.first(where: { given[$0]?.receiver == nil })
        {
            given[one] = nil
        }
        given[Self.hash(key)] = Given(placement: member.placement, receiver: component)
        return member
    }

    /// A member that was given away knows it.
    mutating func noteArrival(of key: [UInt8], _ placement: Placement) {
        let hash = Self.hash(key)
        if let known = given[hash], known.placement <= placement { given[hash]?.receiver = nil }
    }

    /// Forgets what was given away, except for what does not know it yet.
    mutating func forgetGiven() { given = given.filter { $0.value.receiver != nil } }

    private static func hash(_ key: [UInt8]) -> UInt64 {
        unsafe key.withUnsafeBytes { unsafe Murmur3.hash($0).low }
    }

    subscript(key: [UInt8]) -> ShardMember? {
        get {
            let (place, isThere) = place(of: key)
            return isThere ? members[place] : nil
        }
        set {
            let (place, isThere) = place(of: key)
            switch (isThere, newValue) {
            case (true, let member?): members[place] = member
            case (false, let member?): members.insert(member, at: place)
            case (true, nil): members.remove(at: place)
            case (false, nil): break
            }
        }
    }

    private func place(of key: [UInt8]) -> (place: Int, isThere: Bool) {
        members.place(of: key, \.key)
    }

    /// What hangs together, each part in the order of its keys, by links that `areLinked` says count.
    func parts(
        _ areLinked: (_ some: ShardMember, _ link: IdentityNode.Link, _ other: ShardMember) -> Bool
    ) -> [[[UInt8]]] {
        var sets = DisjointSets(count: members.count)
        for (left, member) in members.enumerated() {
            for link in member.node.links {
                let (right, isThere) = place(of: link.key)
                guard isThere, areLinked(member, link, members[right])
                else { continue }
                let pair = (sets.root(left), sets.root(right))
                // The first member of a part is its root.
                sets.unite(min(pair.0, pair.1), max(pair.0, pair.1))
            }
        }
        var parts: [Int: [[UInt8]]] = [:]
        for (place, member) in members.enumerated() {
            parts[sets.root(place), default: []].append(member.key)
        }
        return parts.keys.sorted().map { parts[$0]! }
    }

    // MARK: Bytes

    init(_ bytes: UnsafeRawBufferPointer) throws(SketchError) {
        var reader = unsafe SketchReader(bytes)
        guard Int(try reader.byte()) == Self.layoutVersion else {
            throw SketchError("a component of identities has an unknown layout")
        }
        for _ in 0..<(try reader.number(UInt32.self)) { arriving.insert(try reader.counted()) }
        for _ in 0..<(try reader.number(UInt32.self)) { members.append(try reader.member()) }
        for _ in 0..<(try reader.number(UInt32.self)) {
            let hash = try reader.number(UInt64.self)
            let placement = try reader.number(Placement.self)
            let receiver = try reader.counted()
            given[hash] = Given(
                placement: placement, receiver: receiver.isEmpty ? nil : receiver)
        }
    }

    func write(to buffer: inout ByteBuffer) {
        buffer.append(UInt8(Self.layoutVersion))
        buffer.append(littleEndian: UInt32(arriving.count))
        for name in arriving.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            buffer.append(counted: name)
        }
        buffer.append(littleEndian: UInt32(members.count))
        for member in members { buffer.append(member) }
        buffer.append(littleEndian: UInt32(given.count))
        for (hash, given) in given.sorted(by: { $0.key < $1.key }) {
            buffer.append(littleEndian: hash)
            buffer.append(littleEndian: given.placement)
            buffer.append(counted: given.receiver ?? [])
        }
    }
}
