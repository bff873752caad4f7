internal import StreamCore

/// What an identifier does where it is at home.
extension ShardedGraph {
    /// An event had the receiver together with others.
    mutating func observe(
        at time: Int64, with others: [[UInt8]], remembering hash: UInt64? = nil
    ) throws(StoreError) -> ShardIdentity {
        var identity = try store.identity(receiver) ?? ShardIdentity(receiver)
        let before = identity.member.node
        identity.member.node.see(others, at: time, mostLinks: settings.mostLinks)
        if let hash { identity.remember(hash, at: time) }
        if identity.member.node == before {
            try store.set(identity)
        } else {
            try storeChanged(&identity)
        }
        return identity
    }

    /// Changes the receiver, if it is known.
    mutating func change(
        _ body: (inout ShardIdentity) -> Void
    ) throws(StoreError) {
        guard var identity = try store.identity(receiver) else { return }
        let before = identity
        body(&identity)
        if identity.member.node != before.member.node {
            try storeChanged(&identity)
        } else if identity != before {
            try store.set(identity)
        }
    }

    /// Stores a changed identifier, and tells its component.
    mutating func storeChanged(_ identity: inout ShardIdentity) throws(StoreError) {
        identity.member.version += 1
        try store.set(identity)
        if identity.member.node.isEmpty {
            send(.left(receiver, .max, isForgotten: false), to: identity.component)
        } else {
            send(.changed(identity.member), to: identity.component)
        }
    }

    mutating func note(
        _ decision: IdentityNode.Decision, on other: [UInt8]
    ) throws(StoreError) {
        var identity = try store.identity(receiver) ?? ShardIdentity(receiver)
        let before = identity.member.node
        identity.member.node.change(other) { $0.decision = decision }
        // There is no room for more.
        if identity.member.node.links.count > IdentityNode.mostLinks { return }
        if identity.member.node != before { try storeChanged(&identity) }
    }

    /// Whether a link of an identifier leads on: a steward decided so, or events had both and
    /// neither the identifier nor, as far as is known, the other is of nobody.
    func leadsOn(_ link: IdentityNode.Link, of node: IdentityNode, _ key: [UInt8]) -> Bool {
        link.decision == .mustLink || link.isEvidence && !isOfNobody(node, key)
    }

    func isOfNobody(_ node: IdentityNode, _ key: [UInt8]) -> Bool {
        guard let type = type(of: key) else { return true }
        return resolver.isOfNobody(node, type: type)
    }

    func type(of key: [UInt8]) -> Int? {
        settings.types.firstIndex { IdentifierKey.hasType($0, key) }
    }

    /// What the receiver is linked to is in a component: that of the greater name joins the other.
    mutating func noteLink(
        to other: [UInt8], in component: ComponentName
    ) throws(StoreError) {
        guard let identity = try store.identity(receiver),
            let link = identity.member.node[other],
            leadsOn(link, of: identity.member.node, receiver),
            component != identity.component
        else { return }
        if component.lexicographicallyPrecedes(identity.component) {
            send(.join(component, member: receiver), to: identity.component)
        } else {
            send(.linked(to: receiver, in: identity.component), to: other)
        }
    }

    /// A component says that it has the receiver.
    mutating func noteHolder(
        _ component: ComponentName, _ placement: Placement, version: Int64, _ profile: ProfileID
    ) throws(StoreError) {
        guard var identity = try store.identity(receiver) else {
            return send(.left(receiver, .max, isForgotten: false), to: component)
        }
        let known = identity.member.placement
        if placement < known {
            return send(.left(receiver, known, isForgotten: false), to: component)
        }
        if placement == known, component != identity.component {
            // Two have it: the smaller name keeps it.
            let isSmaller = component.lexicographicallyPrecedes(identity.component)
            send(
                .left(receiver, known + 1, isForgotten: false),
                to: isSmaller ? identity.component : component)
            if !isSmaller { return }
        }
        if identity.component != component {
            send(.left(receiver, placement, isForgotten: false), to: identity.component)
        }
        identity.component = component
        identity.member.placement = placement
        identity.member.node.profile = profile
        try store.set(identity)
        if identity.member.version > version { send(.changed(identity.member), to: component) }
    }

    mutating func noteProfile(
        _ profile: ProfileID, _ placement: Placement
    ) throws(StoreError) {
        guard var identity = try store.identity(receiver),
            placement >= identity.member.placement
        else { return }
        identity.member.node.profile = profile
        try store.set(identity)
    }

    /// The receiver is to be forgotten, or is already. What it links to hears of that, and so does what
    /// it has no link to, as a hub.
    mutating func noteKnown(by other: [UInt8]) throws(StoreError) {
        if let node = try store.identity(receiver)?.member.node, !node.isHub || node[other] != nil {
            return
        }
        send(.unlinked(from: receiver), to: other)
    }

    mutating func forget() throws(StoreError) {
        guard let identity = try store.identity(receiver) else { return }
        try store.removeIdentity(receiver)
        send(.left(receiver, .max, isForgotten: false), to: receiver)
        for link in identity.member.node.links { send(.unlinked(from: receiver), to: link.key) }
    }
}
