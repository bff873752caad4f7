internal import Events
internal import Sketches
internal import StreamCore

/// The ledger of identifiers and their links in a store, and the part of it that is being changed.
struct IdentityGraph: ~Copyable {
    /// What a change did to the profiles.
    struct Outcome {
        /// Each changed identifier with the profile that it had, `nil` for a new one.
        var moves: [(key: [UInt8], from: ProfileID?, to: ProfileID)] = []
        /// Profiles with an identifier that is older than was known.
        var older: Set<ProfileID> = []
        /// All that hangs together with what was changed.
        var members: [ProfileResolver.Member] = []
        /// Whether not all of it was taken, since too many identifiers would hang together.
        var isRefused = false
        /// What people are asked, and no more asked, from now on.
        var opened: [ProfileResolver.Review] = []
        var closed: [(left: [UInt8], right: [UInt8])] = []

        var isSilent: Bool {
            moves.isEmpty && older.isEmpty && opened.isEmpty && closed.isEmpty
        }
    }

    let store: any KeyValueStore
    let settings: LinkSettings
    private let resolver: ProfileResolver
    /// `nil` when profiles are linked by identifiers alone.
    var likeness: LikenessLedger?

    /// The nodes that were read for this change, and which of them changed.
    private var nodes: [HashedKey: IdentityNode] = [:]
    private var changed: Set<HashedKey> = []
    private var value: [UInt8] = []
    /// The stored bytes of an event's identifiers.
    private var known: [[UInt8]] = []
    private var keyBytes = ByteBuffer(capacity: 256)
    private var nodeBytes = ByteBuffer(capacity: 1024)

    init(
        _ store: any KeyValueStore, likeness: (any KeyValueStore)? = nil, _ settings: LinkSettings
    ) {
        self.store = store
        self.settings = settings
        resolver = ProfileResolver(types: settings.types, likeness: settings.likeness)
        if let store = likeness, let settings = settings.likeness {
            self.likeness = LikenessLedger(store, settings)
        }
    }

    /// How often an identifier was not compared with all that it shares something with.
    private(set) var fullBlockCount = 0

    // MARK: Events

    /// The profile of an event whose identifiers, links and description are all known, and when the one
    /// that was noted longest ago was; `nil` when something is new. The first of the keys is the
    /// strongest; the description is empty when there is none.
    ///
    /// Looks at the stored bytes, and allocates nothing: most events bring nothing new.
    mutating func known(
        _ list: borrowing KeyList, _ keys: Range<Int>, described description: [UInt8],
        at time: Int64
    ) throws(StoreError) -> (profile: ProfileID, noted: Int64)? {
        if !description.isEmpty,
            try unsafe likeness?.knows(description, of: Array(list[keys.lowerBound])) == false
        {
            return nil
        }
        while known.count < keys.count { known.append([]) }
        var profile: ProfileID?
        var noted = Int64.max
        var hubs: UInt32 = 0
        for (place, key) in keys.enumerated() {
            guard try unsafe store.get(list[key], into: &known[place]) else { return nil }
            let head = try record(known[place])
            guard head.firstSeen <= time else { return nil }
            if place == 0 { profile = head.profile }
            if head.isHub { hubs |= 1 << UInt32(place) }
            noted = min(noted, head.noted)
        }
        // A hub takes no more links; what is not one must know all that it was seen with.
        for place in 0..<keys.count where hubs & 1 << UInt32(place) == 0 {
            for (other, key) in keys.enumerated() where other != place {
                guard try unsafe hasLink(known[place], to: list[key], at: time) else { return nil }
            }
        }
        return profile.map { ($0, noted) }
    }

    /// Takes over when known identifiers were noted.
    mutating func note(_ keys: [[UInt8]], at times: [Int64]) throws(StoreError) {
        begin()
        for (key, time) in zip(keys, times) {
            guard var node = try node(key), node.noted != time else { continue }
            node.noted = time
            try write(key, node)
        }
    }

    private func record(_ bytes: [UInt8]) throws(StoreError) -> IdentityRecord {
        guard let record = unsafe bytes.withUnsafeBytes({ unsafe IdentityRecord($0) }) else {
            throw StoreError.damaged(settings.storeName, SketchError("an identity is cut short"))
        }
        return record
    }

    private func hasLink(
        _ bytes: [UInt8], to key: UnsafeRawBufferPointer, at time: Int64
    ) throws(StoreError) -> Bool {
        let found = unsafe bytes.withUnsafeBytes { bytes in
            unsafe IdentityRecord.timeOfLink(to: key, in: bytes)
        }
        guard let found else {
            throw StoreError.damaged(settings.storeName, SketchError("an identity is cut short"))
        }
        return found <= time
    }

    /// Takes an event with these identifiers and this description, which is empty when there is none.
    ///
    /// `noted`: the times that are written of the identifiers; empty when nothing is forgotten.
    mutating func add(
        _ keys: [[UInt8]], noted: [Int64], described description: [UInt8], at time: Int64
    ) throws(StoreError) -> Outcome {
        begin()
        for (place, key) in keys.enumerated() {
            var node = try node(key) ?? IdentityNode()
            node.firstSeen = min(node.firstSeen, time)
            if !noted.isEmpty { node.noted = noted[place] }
            set(key, node)
        }
        let withoutLinks = nodes
        if let all = try take(keys, hubs: 0, described: description, at: time) { return all }
        // Too much would hang together. Without what likeness says, if that is enough; else the
        // weakest identifiers say nothing from now on, so that this is not tried again with every
        // event.
        var refused: Outcome?
        if !description.isEmpty {
            nodes = withoutLinks
            refused = try take(keys, hubs: 0, described: [], at: time)
        }
        for hubs in 1..<max(keys.count, 1) where refused == nil {
            nodes = withoutLinks
            refused = try take(keys, hubs: hubs, described: description, at: time)
        }
        if refused == nil {
            // What the strongest hung together with before was too much already.
            nodes = withoutLinks
            refused = try take(
                keys, hubs: keys.count - 1, described: [], at: time, isLimited: false)
        }
        refused?.isRefused = true
        return refused ?? Outcome(isRefused: true)
    }

    /// Takes the links and the description of an event, of whose identifiers so many, the weakest, are
    /// to be hubs; `nil`, and nothing stored, when too much would hang together.
    private mutating func take(
        _ keys: [[UInt8]], hubs: Int, described description: [UInt8], at time: Int64,
        isLimited: Bool = true
    ) throws(StoreError) -> Outcome? {
        for key in keys.suffix(hubs) {
            guard var node = nodes[HashedKey(key)] else { continue }
            node.isHub = true
            set(key, node)
        }
        for key in keys {
            guard var node = nodes[HashedKey(key)] else { continue }
            node.see(keys.filter { $0 != key }, at: time, mostLinks: settings.mostLinks)
            set(key, node)
        }
        likeness?.begin()
        if !description.isEmpty {
            fullBlockCount += try likeness?.add(description, to: keys[0]) ?? 0
        }
        return try resolve(from: keys, isLimited: isLimited)
    }

    /// Takes an event with one identifier that is new: a profile of its own, which needs no graph to be
    /// worked out. `nil`, and nothing taken, when there is more to it.
    mutating func addLone(
        _ keys: [[UInt8]], noted: [Int64], at time: Int64
    ) throws(StoreError) -> ProfileID? {
        guard keys.count == 1, likeness == nil else { return nil }
        put(keys[0])
        if try unsafe store.get(keyBytes.bytes, into: &value) { return nil }
        var node = IdentityNode()
        node.firstSeen = time
        node.noted = noted.first ?? .min
        node.profile = ProfileID(of: keys[0])
        try write(keys[0], node)
        return node.profile
    }

    // MARK: Decisions

    /// Takes a steward's decision on two identifiers, whether they were seen yet or not; `nil` when
    /// one of them has no room for it. Only what brings identifiers together can be refused.
    mutating func decide(
        _ decision: IdentityNode.Decision, _ left: [UInt8], _ right: [UInt8]
    ) throws(StoreError) -> Outcome? {
        begin()
        var mayJoin = decision == .mustLink
        for (key, other) in [(left, right), (right, left)] {
            var node = try node(key) ?? IdentityNode()
            if node[other]?.decision == .cannotLink, decision == .none { mayJoin = true }
            node.change(other) { $0.decision = decision }
            if node.links.count > IdentityNode.mostLinks { return nil }
            set(key, node)
        }
        return try resolve(from: [left, right], isLimited: mayJoin) ?? Outcome(isRefused: true)
    }

    // MARK: Profiles

    /// Works the profiles out anew of all that hangs together with some identifiers, and stores what
    /// changed; `nil`, and nothing stored, when more of them hang together than may. Not limited, it
    /// takes what was so already.
    mutating func resolve(
        from keys: [[UInt8]], isLimited: Bool
    ) throws(StoreError) -> Outcome? {
        let members = try together(with: keys)
        if isLimited, members.count > settings.mostTogether,
            resolver.largestPart(of: members) > settings.mostTogether
        {
            return nil
        }
        var outcome = Outcome(members: members)
        let resolution = resolver.resolve(members)
        for (index, member) in members.enumerated() {
            let profile = resolution.profiles[index]
            let before = try stored(member.key)
            let old = before.flatMap { $0.isSeen ? $0.profile : nil }
            if old != profile {
                outcome.moves.append((member.key, old, profile))
            } else if before?.firstSeen != member.node.firstSeen {
                outcome.older.insert(profile)
            }
            var node = member.node
            node.profile = profile
            outcome.members[index] = ProfileResolver.Member(
                key: member.key, type: member.type, node: node, likeness: member.likeness)
            set(member.key, node)
        }
        try noteReviews(resolution.reviews, of: members, in: &outcome)
        let keys = changed.map(\.bytes).sorted { $0.lexicographicallyPrecedes($1) }
        for key in keys {
            guard let node = nodes[HashedKey(key)] else { continue }
            if node.isEmpty { try delete(key) } else { try write(key, node) }
        }
        try likeness?.save()
        return outcome
    }

    /// Notes which pairs people are asked about, and tells the difference.
    private mutating func noteReviews(
        _ reviews: [ProfileResolver.Review], of members: [ProfileResolver.Member],
        in outcome: inout Outcome
    ) throws(StoreError) {
        guard likeness != nil else { return }
        var wanted: [[UInt8]: Set<[UInt8]>] = [:]
        for review in reviews {
            wanted[review.left.key, default: []].insert(review.right.key)
            wanted[review.right.key, default: []].insert(review.left.key)
            if try likeness?.setReview(review.left.key, review.right.key, to: true) == true {
                outcome.opened.append(review)
            }
        }
        for member in members {
            for neighbour in member.likeness?.alike ?? []
            where neighbour.isInReview && wanted[member.key]?.contains(neighbour.key) != true {
                // Each pair stands in both.
                if try likeness?.setReview(member.key, neighbour.key, to: false) == true {
                    let pair = [member.key, neighbour.key]
                        .sorted { $0.lexicographicallyPrecedes($1) }
                    outcome.closed.append((pair[0], pair[1]))
                }
            }
        }
    }

    /// The identifiers that hang together with some, through links that count. What is of nobody
    /// ends a path, but for those that a path begins with and that were somebody's until now.
    mutating func together(
        with keys: [[UInt8]]
    ) throws(StoreError) -> [ProfileResolver.Member] {
        var found: [ProfileResolver.Member] = []
        var seen = Set(keys.map { HashedKey($0) })
        var open = keys
        var place = 0
        while place < open.count {
            let key = open[place]
            let isFirst = place < keys.count
            place += 1
            guard let node = try node(key),
                let type = settings.types.firstIndex(where: { IdentifierKey.hasType($0, key) })
            else { continue }
            let alike = try likeness?.node(key)
            if node.isSeen {
                found.append(
                    ProfileResolver.Member(key: key, type: type, node: node, likeness: alike))
            }
            var leadsOn = !resolver.isOfNobody(node, type: type)
            if !leadsOn, isFirst, let before = try stored(key) {
                leadsOn = before.isSeen && !resolver.isOfNobody(before, type: type)
            }
            for link in node.links {
                guard link.decision == .mustLink || leadsOn && link.isEvidence else { continue }
                if seen.insert(HashedKey(link.key)).inserted { open.append(link.key) }
            }
            for neighbour in alike?.alike ?? [] where leadsOn {
                if seen.insert(HashedKey(neighbour.key)).inserted { open.append(neighbour.key) }
            }
        }
        return found
    }

    // MARK: Store

    mutating func begin() {
        nodes.removeAll(keepingCapacity: true)
        changed.removeAll(keepingCapacity: true)
        likeness?.begin()
    }

    private mutating func set(_ key: [UInt8], _ node: IdentityNode) {
        let hashed = HashedKey(key)
        nodes[hashed] = node
        changed.insert(hashed)
    }

    mutating func node(_ key: [UInt8]) throws(StoreError) -> IdentityNode? {
        let hashed = HashedKey(key)
        if let node = nodes[hashed] { return node }
        guard let node = try stored(key) else { return nil }
        nodes[hashed] = node
        return node
    }

    mutating func stored(_ key: [UInt8]) throws(StoreError) -> IdentityNode? {
        put(key)
        guard try unsafe store.get(keyBytes.bytes, into: &value) else { return nil }
        return try unsafe value.decoded(from: settings.storeName) { bytes throws(SketchError) in
            try unsafe IdentityNode(bytes)
        }
    }

    mutating func write(_ key: [UInt8], _ node: IdentityNode) throws(StoreError) {
        put(key)
        nodeBytes.removeAll()
        node.write(to: &nodeBytes)
        try unsafe store.put(keyBytes.bytes, nodeBytes.bytes)
    }

    mutating func delete(_ key: [UInt8]) throws(StoreError) {
        put(key)
        try unsafe store.delete(keyBytes.bytes)
    }

    private mutating func put(_ key: [UInt8]) {
        keyBytes.removeAll()
        keyBytes.append(unsafe key.span.bytes)
    }
}
