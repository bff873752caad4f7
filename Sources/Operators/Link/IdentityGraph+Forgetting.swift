internal import Events
internal import Sketches
internal import StreamCore

/// How profiles are forgotten: on command, and since nothing was seen of them.
extension IdentityGraph {
    struct Erased {
        /// The identifiers that are no more.
        var keys: [[UInt8]] = []
        /// The profiles that are no more, under each name that they may have had.
        var profiles: [ProfileID] = []
        /// Pairs that people were asked about, or may have been.
        var reviews: [(left: [UInt8], right: [UInt8])] = []
        /// What became of others that were linked to them.
        var outcomes: [Outcome] = []
    }

    /// Deletes the profiles that are called `name`, or that have an identifier with this text.
    mutating func erase(_ name: UnsafeRawBufferPointer) throws(StoreError) -> Erased {
        begin()
        let name = unsafe String(decoding: name, as: UTF8.self)
        let wanted = IdentifierKeys.keys(called: name, settings)
        var all: [[UInt8]: IdentityNode] = [:]
        var damage: SketchError?
        try unsafe store.forEach { key, value in
            do throws(SketchError) {
                unsafe all[Array(key)] = try IdentityNode(value)
            } catch {
                damage = error
            }
        }
        // Whose it is that can't be read, nobody knows: it may be this one's.
        if let damage { throw StoreError.damaged(settings.storeName, damage) }
        var profiles: Set<ProfileID> = []
        for (key, node) in all where node.isSeen {
            if node.profile.text == name || wanted.contains(key) { profiles.insert(node.profile) }
        }
        let erased = all.filter { key, node in
            // What was not seen here is known by the decisions that every task reads.
            node.isSeen ? profiles.contains(node.profile) : wanted.contains(key)
        }
        // A hub does not know all that know of it.
        let linked = all.filter { key, node in
            erased[key] == nil && node.links.contains { erased[$0.key] != nil }
        }
        return try erase(Set(erased.keys), of: profiles, linkedTo: Set(linked.keys))
    }

    /// The identifiers of the profile to which one belongs. Empty for one that was not seen, and for a
    /// profile with a hub: it stays known that this one says nothing.
    mutating func members(with key: [UInt8]) throws(StoreError) -> [[UInt8]] {
        begin()
        guard let node = try node(key), node.isSeen else { return [] }
        let members = try together(with: [key]).filter { $0.node.profile == node.profile }
        return members.contains(where: \.node.isHub) ? [] : members.map(\.key)
    }

    /// Deletes a profile, whose identifiers are these; none of them is a hub.
    mutating func erase(_ members: [[UInt8]]) throws(StoreError) -> Erased {
        begin()
        let erased = Set(members)
        var profiles: Set<ProfileID> = []
        var linked: Set<[UInt8]> = []
        for key in members {
            guard let node = try node(key) else { continue }
            profiles.insert(node.profile)
            for link in node.links where !erased.contains(link.key) { linked.insert(link.key) }
        }
        return try erase(erased, of: profiles, linkedTo: linked)
    }

    private mutating func erase(
        _ erased: Set<[UInt8]>, of profiles: Set<ProfileID>, linkedTo linked: Set<[UInt8]>
    ) throws(StoreError) -> Erased {
        begin()
        let names = profiles.union(erased.map { ProfileID(of: $0) })
        var result = Erased(keys: Self.sorted(erased), profiles: names.sorted())
        var neighbours = linked
        for key in result.keys {
            try delete(key)
            for other in try likeness?.remove(key) ?? [] {
                let pair = [key, other].sorted { $0.lexicographicallyPrecedes($1) }
                result.reviews.append((pair[0], pair[1]))
                if !erased.contains(other) { neighbours.insert(other) }
            }
        }
        for key in Self.sorted(linked) {
            guard var node = try stored(key) else { continue }
            for link in node.links where erased.contains(link.key) { node.remove(link.key) }
            if node.isEmpty { try delete(key) } else { try write(key, node) }
        }
        try likeness?.save()
        // What was shared with the erased ones may be somebody's now.
        for key in Self.sorted(neighbours) {
            begin()
            if let outcome = try resolve(from: [key], isLimited: false), !outcome.isSilent {
                result.outcomes.append(outcome)
            }
        }
        return result
    }

    private static func sorted(_ keys: Set<[UInt8]>) -> [[UInt8]] {
        keys.sorted { $0.lexicographicallyPrecedes($1) }
    }
}
