internal import Events
internal import Sketches
internal import StreamCore

/// Where a task keeps its identifiers and its components: in one store, by a letter and the key.
struct ShardStore: ~Copyable {
    private enum Place: UInt8 {
        case identity = 0x69
        case component = 0x63
    }

    private let store: any KeyValueStore
    private let name: String
    private var key = ByteBuffer(capacity: 256)
    private var buffer = ByteBuffer(capacity: 1024)
    private var value: [UInt8] = []

    init(_ store: any KeyValueStore, name: String) {
        self.store = store
        self.name = name
    }

    // MARK: Identifiers

    /// See ``ShardIdentity/knownProfile(_:with:at:)``.
    mutating func knownProfile(
        of identifier: [UInt8], with hash: UInt64, at time: Int64
    ) throws(StoreError) -> ProfileID? {
        guard try read(.identity, identifier) else { return nil }
        return try unsafe value.decoded(from: name) { bytes throws(SketchError) in
            try unsafe ShardIdentity.knownProfile(bytes, with: hash, at: time)
        }
    }

    mutating func identity(_ identifier: [UInt8]) throws(StoreError) -> ShardIdentity? {
        guard try read(.identity, identifier) else { return nil }
        return try unsafe value.decoded(from: name) { bytes throws(SketchError) in
            try unsafe ShardIdentity(bytes)
        }
    }

    /// Stores an identifier, or deletes one of which there is nothing to remember.
    mutating func set(_ identity: ShardIdentity) throws(StoreError) {
        if identity.member.node.isEmpty { return try removeIdentity(identity.member.key) }
        buffer.removeAll()
        identity.write(to: &buffer)
        put(.identity, identity.member.key)
        try unsafe store.put(key.bytes, buffer.bytes)
    }

    mutating func removeIdentity(_ identifier: [UInt8]) throws(StoreError) {
        put(.identity, identifier)
        try unsafe store.delete(key.bytes)
    }

    // MARK: Components

    /// A component; an empty one when there is none.
    mutating func component(_ name: ComponentName) throws(StoreError) -> ShardComponent {
        guard try read(.component, name) else { return ShardComponent() }
        return try unsafe value.decoded(from: self.name) { bytes throws(SketchError) in
            try unsafe ShardComponent(bytes)
        }
    }

    /// Stores a component, or deletes an empty one.
    mutating func set(_ component: ShardComponent, _ name: ComponentName) throws(StoreError) {
        put(.component, name)
        if component.isEmpty { return try unsafe store.delete(key.bytes) }
        buffer.removeAll()
        component.write(to: &buffer)
        try unsafe store.put(key.bytes, buffer.bytes)
    }

    // MARK: All

    /// All that is stored, read through.
    func all() throws(StoreError) -> (
        identities: [ShardIdentity], components: [(name: ComponentName, ShardComponent)]
    ) {
        var identities: [ShardIdentity] = []
        var components: [(name: ComponentName, ShardComponent)] = []
        var damage: SketchError?
        try unsafe store.forEach { key, value in
            do throws(SketchError) {
                switch unsafe key.first.flatMap(Place.init(rawValue:)) {
                case .identity: identities.append(try unsafe ShardIdentity(value))
                case .component:
                    let name = unsafe Array(key.dropFirst())
                    components.append((name, try unsafe ShardComponent(value)))
                case nil: throw SketchError("an entry is neither an identity nor a component")
                }
            } catch {
                damage = error
            }
        }
        if let damage { throw StoreError.damaged(name, damage) }
        return (identities, components)
    }

    // MARK: Bytes

    private mutating func put(_ place: Place, _ name: [UInt8]) {
        key.removeAll()
        key.append(place.rawValue)
        key.append(unsafe name.span.bytes)
    }

    private mutating func read(_ place: Place, _ name: [UInt8]) throws(StoreError) -> Bool {
        put(place, name)
        return try unsafe store.get(key.bytes, into: &value)
    }
}
