internal import Events
internal import Sketches
internal import StreamCore

/// The part of the ledger of identifiers that one task has, when identifiers of one person come to
/// different tasks.
///
/// Each identifier is at home in one task, by its key, and so is each component: what hangs together,
/// under the smallest of its identifiers' keys.
///
///     event ──▶ its strongest identifier ── seen ──▶ the others
///     identifier ── changed ──▶ its component ── linked ──▶ what its members are linked to outside
///     linked identifier ── join ──▶ its own component, which, when it has the greater name,
///                                   gives all its members to the other ── members ──▶
///     component ── held, told ──▶ its members: who has them, and whose they are
///
/// A component works out the profiles of its members as one task alone would, and falls apart where
/// links no longer count. So names of components spread along the links until nothing changes, and
/// what is worked out then is a function of the links. A message that comes twice, or late, does
/// nothing: nodes have versions, and an identifier counts its placements.
struct ShardedGraph: ~Copyable {
    struct Outgoing {
        let receiver: [UInt8]
        let message: ShardMessage
    }

    /// What other tasks must be told.
    private var outgoing: [Outgoing] = []
    /// What became of profiles.
    var outcomes: [IdentityGraph.Outcome] = []
    /// Profiles that are no more.
    private var forgotten: [ProfileID] = []
    /// Identifiers that were made hubs since too much hung together.
    var refusedCount = 0

    var store: ShardStore
    let settings: LinkSettings
    let resolver: ProfileResolver
    /// Whose message is being taken.
    private(set) var receiver: [UInt8] = []
    /// What the receiver tells itself.
    private var toReceiver: [ShardMessage] = []

    init(_ store: any KeyValueStore, _ settings: LinkSettings) {
        self.store = ShardStore(store, name: settings.storeName)
        self.settings = settings
        resolver = ProfileResolver(types: settings.types, likeness: nil)
    }

    // MARK: In and out

    /// The profile of an event that has these identifiers, as far as it is known; the first of them
    /// is the strongest, and at home here.
    mutating func add(_ keys: [[UInt8]], at time: Int64) throws(StoreError) -> ProfileID {
        let hash = Self.hash(keys.dropFirst())
        if let known = try store.knownProfile(of: keys[0], with: hash, at: time) { return known }
        receiver = keys[0]
        let others = Array(keys.dropFirst())
        let identity = try observe(at: time, with: others, remembering: hash)
        for key in others {
            send(.seen(at: time, with: keys.filter { $0 != key }), to: key)
        }
        try takeOwn()
        return try store.identity(keys[0])?.member.node.profile ?? identity.member.node.profile
    }

    /// Takes what another task, or this one, told an identifier or a component.
    mutating func take(_ message: ShardMessage, for receiver: [UInt8]) throws(StoreError) {
        self.receiver = receiver
        try obey(message)
        try takeOwn()
    }

    /// A steward's decision goes to both identifiers.
    mutating func decide(
        _ decision: IdentityNode.Decision, _ left: [UInt8], _ right: [UInt8]
    ) {
        receiver = []
        send(.decided(decision, on: right), to: left)
        send(.decided(decision, on: left), to: right)
    }

    /// What other tasks must be told, and what became of profiles, since the last call.
    mutating func takeOutput() -> (
        outgoing: [Outgoing], forgotten: [ProfileID], outcomes: [IdentityGraph.Outcome]
    ) {
        defer {
            outgoing.removeAll()
            forgotten.removeAll()
            outcomes.removeAll()
        }
        return (outgoing, forgotten, outcomes)
    }

    mutating func send(_ message: ShardMessage, to other: [UInt8]) {
        if other == receiver {
            toReceiver.append(message)
        } else {
            outgoing.append(Outgoing(receiver: other, message: message))
        }
    }

    private mutating func takeOwn() throws(StoreError) {
        while !toReceiver.isEmpty { try obey(toReceiver.removeFirst()) }
    }

    private mutating func obey(_ message: ShardMessage) throws(StoreError) {
        switch message {
        case .seen(let time, let others): _ = try observe(at: time, with: others)
        case .linked(let other, let component): try noteLink(to: other, in: component)
        case .held(let component, let placement, let version, let profile):
            try noteHolder(component, placement, version: version, profile)
        case .told(let profile, let placement): try noteProfile(profile, placement)
        case .hub:
            try change { $0.member.node.isHub = true }
        case .decided(let decision, let other): try note(decision, on: other)
        case .unlinked(let other):
            try change {
                $0.member.node.remove(other)
                $0.forgetGroups()
            }
        case .known(let other): try noteKnown(by: other)
        case .forget: try forget()
        case .changed(let member): try update(member)
        case .join(let name, let member): try join(name, member: member)
        case .members(let members, let from, let more):
            try take(members, from: from, more: more)
        case .left(let key, let placement, let isForgotten):
            if isForgotten {
                try forgetProfile(of: key)
            } else {
                try drop(key, placedElsewhere: placement)
            }
        case .retell(let key): try retell(key)
        }
    }

    /// Identifiers as a set, whose order is that of their types.
    private static func hash(_ keys: some Sequence<[UInt8]>) -> UInt64 {
        var hash: UInt64 = 0
        for key in keys {
            let own = unsafe key.withUnsafeBytes { unsafe Murmur3.hash($0).low }
            hash = (hash ^ own) &* 0x9E37_79B9_7F4A_7C15
        }
        return hash
    }

    // MARK: Components

    /// A member has changed, or an identifier that is new is a component of its own.
    private mutating func update(_ member: ShardMember) throws(StoreError) {
        var component = try store.component(receiver)
        var taken = member
        if let known = component[member.key] {
            guard member.placement == known.placement, member.version > known.version
            else { return }
            taken.node.profile = known.node.profile
            taken.node.isHub = taken.node.isHub || known.node.isHub
            taken.toldFirstSeen = known.toldFirstSeen
            component[member.key] = taken
            try settle(&component, news: [member.key: known.node])
        } else if member.key == receiver, member.version == 1 {
            component[member.key] = taken
            try settle(&component, news: [member.key: nil])
        }
        // What is no member any more hears from who has it, and tells that one.
    }

    private mutating func join(_ name: ComponentName, member: [UInt8]) throws(StoreError) {
        var component = try store.component(receiver)
        guard component[member] != nil else {
            // The member does not know yet who has it. What the component that it is to join has
            // given away does not hang together with it.
            if name != receiver, let other = component.receiver(of: member) {
                send(.join(name, member: member), to: other)
            }
            return
        }
        guard name.lexicographicallyPrecedes(receiver) else { return }
        give(component.members.map(\.key), of: &component, to: name)
        try store.set(component, receiver)
    }

    /// About as many bytes of members are sent at a time.
    private static let chunkBytes = 256 << 10

    /// Gives members to another component.
    mutating func give(
        _ keys: [[UInt8]], of component: inout ShardComponent, to name: ComponentName
    ) {
        var chunk: [ShardMember] = []
        var size = 0
        for (place, key) in keys.enumerated() {
            guard let member = component.give(key, to: name) else { continue }
            chunk.append(member)
            size += member.approximateSize
            let isLast = place == keys.count - 1
            if isLast || size > Self.chunkBytes {
                send(.members(chunk, from: receiver, more: !isLast), to: name)
                (chunk, size) = ([], 0)
            }
        }
    }

    private mutating func take(
        _ members: [ShardMember], from: ComponentName, more: Bool
    ) throws(StoreError) {
        var component = try store.component(receiver)
        var news: [[UInt8]: IdentityNode?] = [:]
        for member in members {
            if component.isOutdated(member) { continue }
            component.take(member)
            news.updateValue(nil, forKey: member.key)
            send(
                .held(
                    by: receiver, member.placement, version: member.version,
                    profile: member.node.profile), to: member.key)
        }
        if more {
            component.arriving.insert(from)
        } else {
            component.arriving.remove(from)
        }
        try settle(&component, news: news)
    }

    /// What another component has is none of the receiver's, and neither is what it said of it.
    private mutating func drop(
        _ key: [UInt8], placedElsewhere placement: Placement
    ) throws(StoreError) {
        var component = try store.component(receiver)
        component.noteArrival(of: key, placement)
        // Nothing is kept under the name of what was forgotten.
        if try store.identity(receiver) == nil { component.forgetGiven() }
        guard let known = component[key], known.placement < placement else {
            return try store.set(component, receiver)
        }
        component[key] = nil
        try settle(&component, news: [:])
        guard known.isTold else { return }
        if !component.members.contains(where: { $0.node.profile == known.node.profile }) {
            forgotten.append(known.node.profile)
        }
        send(.retell(key), to: key)
    }

    private mutating func retell(_ key: [UInt8]) throws(StoreError) {
        if key == receiver, let identity = try store.identity(receiver) {
            // To itself as a component it would be the same message.
            if identity.component != receiver {
                return send(.retell(key), to: identity.component)
            }
        }
        var component = try store.component(receiver)
        guard component[key] != nil else { return }
        // It is told as if it were older than was said.
        component[key]?.toldFirstSeen = IdentityNode.unseen - 1
        try settle(&component, news: [:])
    }

    private mutating func forgetProfile(of key: [UInt8]) throws(StoreError) {
        if try forgetProfiles(where: { $0.key == key }) > 0 { return }
        if let other = try store.component(receiver).receiver(of: key) {
            send(.left(key, .max, isForgotten: true), to: other)
        } else {
            send(.forget, to: key)
        }
    }

    /// Forgets the profiles of members, whole; returns how many identifiers those have.
    private mutating func forgetProfiles(
        where isMeant: (ShardMember) -> Bool
    ) throws(StoreError) -> Int {
        var component = try store.component(receiver)
        let profiles = Set(component.members.filter(isMeant).map(\.node.profile))
        let keys = component.members.filter { profiles.contains($0.node.profile) }.map(\.key)
        if keys.isEmpty { return 0 }
        for key in keys {
            component[key] = nil
            send(.forget, to: key)
        }
        forgotten += profiles.sorted()
        try settle(&component, news: [:])
        return keys.count
    }
}

extension ShardedGraph {
    /// Deletes the profiles that are called `name`, or that have an identifier with this text, as
    /// far as their components or identifiers are at home here; returns how many entries those were.
    mutating func erase(_ name: UnsafeRawBufferPointer) throws(StoreError) -> Int {
        let name = unsafe String(decoding: name, as: UTF8.self)
        let wanted = IdentifierKeys.keys(called: name, settings)
        func isMeant(_ member: ShardMember) -> Bool {
            member.node.profile.text == name || wanted.contains(member.key)
        }
        let (identities, components) = try store.all()
        var count = 0
        for (place, component) in components where component.members.contains(where: isMeant) {
            receiver = place
            count += try forgetProfiles(where: isMeant)
            try takeOwn()
        }
        // Where a component is elsewhere, it says who else belongs to the profile.
        for identity in identities where isMeant(identity.member) {
            receiver = identity.member.key
            guard try store.identity(receiver) != nil else { continue }
            send(.left(receiver, .max, isForgotten: true), to: identity.component)
            try takeOwn()
            count += 1
        }
        // A hub does not know all that know of it.
        for identity in identities where !isMeant(identity.member) {
            receiver = identity.member.key
            for link in identity.member.node.links where wanted.contains(link.key) {
                send(.known(by: receiver), to: link.key)
            }
        }
        return count
    }
}

extension ShardMember {
    var approximateSize: Int {
        node.links.reduce(64 + 2 * key.count) { $0 + 11 + $1.key.count }
    }
}
