internal import Events
internal import Linkage
internal import Sketches
internal import StreamCore

/// The descriptions in a store, what identifiers are found by that are described alike, and the part
/// of both that is being changed.
///
/// Under `n` and an identifier's key lies its ``LikenessNode``; under `b` and what records have in
/// common lie the keys of the identifiers that have it.
struct LikenessLedger: ~Copyable {
    /// What more identifiers than this have in common says too little to compare them all.
    static let largestBlock = 150

    private let store: any KeyValueStore
    private let settings: LikenessSettings
    private var nodes: [[UInt8]: LikenessNode] = [:]
    private var changed: Set<[UInt8]> = []
    private var blocks: [[UInt8]: [[UInt8]]] = [:]
    private var value: [UInt8] = []
    private var keyBytes = ByteBuffer(capacity: 256)
    private var bytes = ByteBuffer(capacity: 1024)

    init(_ store: any KeyValueStore, _ settings: LikenessSettings) {
        self.store = store
        self.settings = settings
    }

    /// Forgets what is not stored.
    mutating func begin() {
        nodes.removeAll(keepingCapacity: true)
        changed.removeAll(keepingCapacity: true)
        blocks.removeAll(keepingCapacity: true)
    }

    /// Whether an identifier has this description already, so that it brings nothing new.
    mutating func knows(_ description: [UInt8], of key: [UInt8]) throws(StoreError) -> Bool {
        put("n", key)
        guard try unsafe store.get(keyBytes.bytes, into: &value) else { return false }
        let isKnown = unsafe value.withUnsafeBytes {
            unsafe LikenessNode.knows(description, in: $0)
        }
        guard let isKnown else { throw damage(SketchError("a likeness is cut short")) }
        return isKnown
    }

    mutating func node(_ key: [UInt8]) throws(StoreError) -> LikenessNode? {
        if let node = nodes[key] { return node }
        put("n", key)
        guard try unsafe store.get(keyBytes.bytes, into: &value) else { return nil }
        let node = try unsafe value.decoded(from: settings.storeName) { bytes throws(SketchError) in
            try unsafe LikenessNode(bytes)
        }
        nodes[key] = node
        return node
    }

    // MARK: Changes

    /// Gives an identifier a description, and notes which others are described alike; returns how
    /// often it was not compared with all that it shares something with.
    mutating func add(_ description: [UInt8], to key: [UInt8]) throws(StoreError) -> Int {
        var node = try node(key) ?? LikenessNode()
        let dropped = node.add(description)
        if dropped == description { return 0 }
        set(key, node)
        if let dropped { try leaveBlocks(of: dropped, key, node) }
        var candidates: Set<[UInt8]> = []
        var fullBlockCount = 0
        // It may be the most like one that is found by an older description.
        for block in settings.blocks(of: node.descriptions) {
            candidates.formUnion(try members(of: block))
        }
        for block in settings.comparer.blocks(of: settings.values(of: description)) {
            var members = try members(of: block)
            // In the order of the keys: what is stored does not depend on who came first.
            let (place, isThere) = members.place(of: key) { $0 }
            if isThere { continue }
            if members.count >= Self.largestBlock {
                fullBlockCount += 1
                continue
            }
            members.insert(key, at: place)
            blocks[block] = members
        }
        candidates.remove(key)
        for other in candidates.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            guard var found = try self.node(other),
                let weight = settings.weight(of: node, found)?.weight,
                weight >= settings.reviewWeight
            else { continue }
            found.add(alike: key)
            node.add(alike: other)
            set(other, found)
        }
        set(key, node)
        return fullBlockCount
    }

    /// Notes whether people are asked about two identifiers; returns whether that is new.
    mutating func setReview(
        _ left: [UInt8], _ right: [UInt8], to isInReview: Bool
    ) throws(StoreError) -> Bool {
        var isNew = false
        for (key, other) in [(left, right), (right, left)] {
            guard var node = try node(key) else { continue }
            if node.setReview(of: other, to: isInReview) {
                set(key, node)
                isNew = true
            }
        }
        return isNew
    }

    /// Forgets an identifier; returns those that were described alike, with or without a review.
    mutating func remove(_ key: [UInt8]) throws(StoreError) -> [[UInt8]] {
        guard let node = try node(key) else { return [] }
        for description in node.descriptions {
            try leaveBlocks(of: description, key, LikenessNode())
        }
        for neighbour in node.alike {
            guard var other = try self.node(neighbour.key) else { continue }
            other.remove(alike: key)
            set(neighbour.key, other)
        }
        set(key, LikenessNode())
        return node.alike.map(\.key)
    }

    /// Takes an identifier out of the blocks of a description that it has no more.
    private mutating func leaveBlocks(
        of description: [UInt8], _ key: [UInt8], _ node: LikenessNode
    ) throws(StoreError) {
        let kept = settings.blocks(of: node.descriptions)
        for block in settings.blocks(of: [description]) where !kept.contains(block) {
            var members = try members(of: block)
            members.removeAll { $0 == key }
            blocks[block] = members
        }
    }

    private mutating func set(_ key: [UInt8], _ node: LikenessNode) {
        nodes[key] = node
        changed.insert(key)
    }

    // MARK: Store

    /// Stores what was changed.
    mutating func save() throws(StoreError) {
        for key in changed.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            guard let node = nodes[key] else { continue }
            put("n", key)
            if node.isEmpty {
                try unsafe store.delete(keyBytes.bytes)
            } else {
                bytes.removeAll()
                node.write(to: &bytes)
                try unsafe store.put(keyBytes.bytes, bytes.bytes)
            }
        }
        for (block, members) in blocks.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            put("b", block)
            if members.isEmpty {
                try unsafe store.delete(keyBytes.bytes)
            } else {
                bytes.removeAll()
                for member in members { bytes.append(counted: member) }
                try unsafe store.put(keyBytes.bytes, bytes.bytes)
            }
        }
        begin()
    }

    private mutating func members(of block: [UInt8]) throws(StoreError) -> [[UInt8]] {
        if let members = blocks[block] { return members }
        put("b", block)
        guard try unsafe store.get(keyBytes.bytes, into: &value) else { return [] }
        var members: [[UInt8]] = []
        var position = 0
        while position < value.count {
            guard position + 2 <= value.count else {
                throw damage(SketchError("a block is cut short"))
            }
            let size = Int(value[position]) | Int(value[position + 1]) << 8
            guard position + 2 + size <= value.count else {
                throw damage(SketchError("a block is cut short"))
            }
            members.append(Array(value[position + 2..<position + 2 + size]))
            position += 2 + size
        }
        return members
    }

    private mutating func put(_ kind: StaticString, _ key: [UInt8]) {
        keyBytes.removeAll()
        keyBytes.append(kind)
        keyBytes.append(unsafe key.span.bytes)
    }

    private func damage(_ error: SketchError) -> StoreError {
        StoreError.damaged(settings.storeName, error)
    }
}

extension LikenessSettings {
    /// Whether two identifiers have anything in common by which they are found, in what is kept of
    /// them: what was dropped may have brought them together.
    func haveBlock(_ left: LikenessNode, _ right: LikenessNode) -> Bool {
        // Nothing was dropped of a list that is not full.
        if !left.isFull, !right.isFull { return true }
        return !blocks(of: left.descriptions).isDisjoint(with: blocks(of: right.descriptions))
    }

    /// What identifiers with these descriptions are found by.
    func blocks(of descriptions: [[UInt8]]) -> Set<[UInt8]> {
        descriptions.reduce(into: []) { found, description in
            found.formUnion(comparer.blocks(of: values(of: description)))
        }
    }

    func values(of description: [UInt8]) -> LinkageComparer.Values {
        PersonDescription.values(of: description, fieldCount: fields.count)
    }

    /// How alike two identifiers are: of their descriptions the two that are the most; `nil` when
    /// one has none.
    func weight(of left: LikenessNode, _ right: LikenessNode) -> (weight: Double, levels: [Int8])? {
        var best: (weight: Double, levels: [Int8])?
        var levels = [Int8](repeating: 0, count: fields.count)
        let others = right.descriptions.map { values(of: $0) }
        for description in left.descriptions {
            let own = values(of: description)
            for other in others {
                let weight = comparer.compare(own, other, levels: &levels)
                if weight > best?.weight ?? -.infinity { best = (weight, levels) }
            }
        }
        return best
    }
}
