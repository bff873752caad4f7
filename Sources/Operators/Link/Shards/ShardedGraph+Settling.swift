internal import StreamCore

/// How a component comes to the profiles of its members.
extension ShardedGraph {
    /// Works out the profiles of a component, tells what changed, gives away what does not hang
    /// together with its name, and stores the rest.
    ///
    /// `news`: members that came, with `nil`, or changed, with what they were.
    mutating func settle(
        _ component: inout ShardComponent, news: [[UInt8]: IdentityNode?]
    ) throws(StoreError) {
        if component.arriving.isEmpty {
            let parts = limitedParts(of: &component)
            resolve(&component)
            for part in parts where part[0] != receiver {
                give(part, of: &component, to: part[0])
            }
        }
        for (key, before) in news.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            if let member = component[key] { announce(member, before, in: component) }
        }
        try store.set(component, receiver)
    }

    /// Tells those that a member is linked to, and that are not here, where it is; only of links
    /// that did not lead on before.
    mutating func announce(
        _ member: ShardMember, _ before: IdentityNode?, in component: ShardComponent
    ) {
        for link in member.node.links where component[link.key] == nil {
            guard leadsOn(link, of: member.node, member.key) else { continue }
            if let before, let old = before[link.key], leadsOn(old, of: before, member.key) {
                continue
            }
            send(.linked(to: member.key, in: receiver), to: link.key)
        }
    }

    /// What hangs together. Where that is too much, identifiers are made hubs, the weakest and most
    /// linked first, until it falls apart.
    mutating func limitedParts(of component: inout ShardComponent) -> [[[UInt8]]] {
        while true {
            let ofNobody = Set(
                component.members.filter { isOfNobody($0.node, $0.key) }.map(\.key))
            let parts = component.parts { member, link, other in
                link.decision == .mustLink
                    || link.isEvidence && other.node[member.key]?.decision != .cannotLink
                        && !ofNobody.contains(member.key) && !ofNobody.contains(other.key)
            }
            guard let large = parts.first(where: { $0.count > settings.mostTogether }),
                let hub = weakest(of: large.filter { !ofNobody.contains($0) }, in: component)
            else { return parts }
            component[hub]?.node.isHub = true
            refusedCount += 1
            send(.hub, to: hub)
        }
    }

    func weakest(of keys: [[UInt8]], in component: ShardComponent) -> [UInt8]? {
        func rank(_ key: [UInt8]) -> (Int, Int) {
            (type(of: key) ?? 0, component[key]?.node.neighbourCount ?? 0)
        }
        return keys.max { rank($0) < rank($1) }
    }

    mutating func resolve(_ component: inout ShardComponent) {
        let seen = component.members.compactMap { member in
            type(of: member.key).map {
                ProfileResolver.Member(key: member.key, type: $0, node: member.node)
            }
        }
        .filter(\.node.isSeen)
        var outcome = IdentityGraph.Outcome(members: seen)
        let profiles = resolver.resolve(seen).profiles
        for (place, seen) in seen.enumerated() {
            guard var member = component[seen.key] else { continue }
            let profile = profiles[place]
            let old = member.isTold ? member.node.profile : nil
            if old != profile {
                outcome.moves.append((seen.key, old, profile))
            } else if member.toldFirstSeen != member.node.firstSeen {
                outcome.older.insert(profile)
            }
            if member.node.profile != profile {
                member.node.profile = profile
                send(.told(profile, member.placement), to: seen.key)
            }
            member.toldFirstSeen = member.node.firstSeen
            component[seen.key] = member
            outcome.members[place] = ProfileResolver.Member(
                key: seen.key, type: seen.type, node: member.node)
        }
        if !outcome.isSilent { outcomes.append(outcome) }
    }
}
