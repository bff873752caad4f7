internal import CSimdJSON

/// The index of one document, to be walked: plain pointers, looked up once for a whole walk.
///
/// It is valid until the arena indexes another document.
@safe
struct DocumentIndex {
    /// Where a child is, or would be.
    struct Place: BitwiseCopyable {
        /// The child's node, or -1 when there is none.
        var node: Int32

        /// How many children stand before it; all of them when there is none.
        var ordinal: Int32

        /// The child before it, the last one when there is none, or -1 without any.
        var previous: Int32
    }

    private let document: Int32
    private let nodes: UnsafePointer<csimdjson_node>
    private let range: ByteRange
    private let text: UnsafeRawPointer
    private let unescaped: UnsafeRawPointer
    private let unescapedStart: UInt32
    private let nodeCount: Int32
    private let hints: UnsafeMutablePointer<Int32>

    /// The index of the document in a slot, which must have one.
    @inline(__always)
    init(of slot: Int32, in arena: borrowing EventArena) {
        let found = unsafe arena.indexedDocument(slot).pointee
        document = slot
        unsafe nodes = UnsafePointer(arena.nodes.base + Int(found.firstNode))
        range = found.bytes
        unsafe text = arena.start(of: found.bytes)
        unescapedStart = found.unescapedStart
        nodeCount = found.nodeCount
        unsafe hints = arena.memberHints
        unsafe unescaped = UnsafeRawPointer(arena.own.base) + Int(found.unescapedStart)
    }

    func node(_ index: Int32) -> csimdjson_node { unsafe nodes[Int(index)] }

    func kind(of node: Int32) -> FieldValue.Kind {
        FieldValue.Kind(rawValue: unsafe nodes[Int(node)].kind) ?? .missing
    }

    /// The members or elements of a container; of other nodes this means nothing.
    func childCount(of node: Int32) -> Int32 {
        Int32(truncatingIfNeeded: unsafe nodes[Int(node)].payload)
    }

    /// The bytes of a string's text, its escapes resolved.
    func textCount(of index: Int32) -> Int {
        let node = unsafe nodes + Int(index)
        return unsafe node.pointee.flags & UInt8(CSIMDJSON_TEXT_UNESCAPED) == 0
            ? Int(node.pointee.end - node.pointee.start) - 2
            : Int(UInt32(truncatingIfNeeded: node.pointee.payload))
    }

    /// A part of the document's text.
    func text(_ part: Range<Int>) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: text + part.lowerBound, count: part.count)
    }

    func value(of index: Int32) -> FieldValue {
        let node = node(index)
        let raw = range.part(Int(node.start), Int(node.end - node.start))
        var content = ByteRange.absent
        if node.kind == UInt8(CSIMDJSON_STRING) {
            content =
                node.flags & UInt8(CSIMDJSON_TEXT_UNESCAPED) == 0
                ? raw.part(1, raw.count - 2)
                : .own(
                    Int(unescapedStart) + Int(node.payload >> 32),
                    Int(UInt32(truncatingIfNeeded: node.payload)))
        }
        return FieldValue(
            kind: FieldValue.Kind(rawValue: node.kind) ?? .missing, raw: raw, text: content,
            payload: node.payload, document: document, node: index)
    }

    func key(of index: Int32) -> ByteRange {
        let node = node(index)
        return node.flags & UInt8(CSIMDJSON_KEY_UNESCAPED) == 0
            ? range.part(Int(node.key_start), Int(node.key_length))
            : .own(Int(unescapedStart) + Int(node.key_start), Int(node.key_length))
    }

    /// The bytes of a member's name, its escapes resolved.
    func keyBytes(of index: Int32) -> UnsafeRawBufferPointer {
        let node = unsafe nodes + Int(index)
        let isPlain = unsafe node.pointee.flags & UInt8(CSIMDJSON_KEY_UNESCAPED) == 0
        return unsafe UnsafeRawBufferPointer(
            start: (isPlain ? text : unescaped) + Int(node.pointee.key_start),
            count: Int(node.pointee.key_length))
    }

    /// The node after a node and all that is inside it.
    func following(_ index: Int32) -> Int32 { Int32(bitPattern: unsafe nodes[Int(index)].next) }

    // MARK: Looking up

    /// The node that an encoded path leads to from `start`, or -1.
    func find(_ path: UnsafeRawBufferPointer, below start: Int32) -> Int32 {
        var node = start
        var position = 0
        while position < path.count {
            let step = unsafe PathStep(path.baseAddress! + position)
            node =
                step.isIndex ? place(of: step, in: node).node : member(step, of: node)
            if node < 0 { return -1 }
            position += step.encodedCount
        }
        return node
    }

    /// The member that a step names, or -1.
    @inline(__always)
    private func member(_ step: PathStep, of node: Int32) -> Int32 {
        node == 0 ? memberOfRoot(step) : walk(step, of: node)
    }

    /// Events of one kind have their members in one order: a member is looked for first where the
    /// last one with such a hash was.
    @inline(__always)
    private func memberOfRoot(_ step: PathStep) -> Int32 {
        let hash = step.hash
        let hint = unsafe hints + Int(hash % EventArena.memberHintCount)
        let guess = unsafe hint.pointee
        if guess < nodeCount {
            let member = unsafe nodes + Int(guess)
            if unsafe member.pointee.key_hash == hash,
                unsafe member.pointee.flags & UInt8(CSIMDJSON_OF_ROOT) != 0,
                unsafe isNamed(step.name, member)
            {
                return guess
            }
        }
        let found = walk(step, of: 0)
        if found >= 0 { unsafe hint.pointee = found }
        return found
    }

    /// Whether an object may have a member whose name has this hash.
    @inline(__always)
    private func mayHave(_ hash: UInt16, _ object: Int32) -> Bool {
        unsafe nodes[Int(object)].payload >> (32 + UInt64(hash & 31)) & 1 != 0
    }

    private func walk(_ step: PathStep, of node: Int32) -> Int32 {
        let object = unsafe nodes + Int(node)
        let hash = step.hash
        guard unsafe object.pointee.kind == UInt8(CSIMDJSON_OBJECT), mayHave(hash, node) else {
            return -1
        }
        let name = unsafe step.name
        var member = unsafe object + 1
        let count = unsafe UInt32(truncatingIfNeeded: object.pointee.payload)
        for _ in 0..<count {
            if unsafe member.pointee.key_hash == hash, unsafe isNamed(name, member) {
                return unsafe Int32(truncatingIfNeeded: member - nodes)
            }
            unsafe member = nodes + Int(member.pointee.next)
        }
        return -1
    }

    /// Where the child that a step leads to is. In a node of another kind there is none.
    func place(of step: PathStep, in node: Int32) -> Place {
        if step.isIndex {
            return kind(of: node) == .array
                ? place(of: step.index, in: node) : Place(node: -1, ordinal: 0, previous: -1)
        }
        return kind(of: node) == .object
            ? unsafe place(of: step.name, hash: step.hash, in: node)
            : Place(node: -1, ordinal: 0, previous: -1)
    }

    /// Where the element of an array is.
    func place(of index: Int, in node: Int32) -> Place {
        let count = Int(childCount(of: node))
        var previous: Int32 = -1
        var child = node + 1
        for _ in 0..<min(max(index, 0), count) {
            previous = child
            child = Int32(bitPattern: unsafe nodes[Int(child)].next)
        }
        guard index >= 0, index < count else {
            return Place(node: -1, ordinal: Int32(count), previous: previous)
        }
        return Place(node: child, ordinal: Int32(index), previous: previous)
    }

    /// Where the member of an object is.
    func place(of name: UnsafeRawBufferPointer, hash: UInt16, in node: Int32) -> Place {
        var previous: Int32 = -1
        var child = node + 1
        let count = childCount(of: node)
        if !mayHave(hash, node) {
            for _ in 0..<count {
                previous = child
                child = Int32(bitPattern: unsafe nodes[Int(child)].next)
            }
            return Place(node: -1, ordinal: count, previous: previous)
        }
        for ordinal in 0..<count {
            let member = unsafe nodes + Int(child)
            if unsafe member.pointee.key_hash == hash, unsafe isNamed(name, member) {
                return Place(node: child, ordinal: ordinal, previous: previous)
            }
            previous = child
            child = Int32(bitPattern: unsafe member.pointee.next)
        }
        return Place(node: -1, ordinal: count, previous: previous)
    }

    private func isNamed(
        _ name: UnsafeRawBufferPointer, _ member: UnsafePointer<csimdjson_node>
    ) -> Bool {
        guard unsafe Int(member.pointee.key_length) == name.count else { return false }
        let isPlain = unsafe member.pointee.flags & UInt8(CSIMDJSON_KEY_UNESCAPED) == 0
        let key = unsafe (isPlain ? text : unescaped) + Int(member.pointee.key_start)
        return unsafe csimdjson_equal(key, name.baseAddress, name.count)
    }
}
