internal import CSimdJSON

/// Walks the index of one document from other modules, a few loads for each value.
///
/// Where ``FieldValue`` carries all of a value, this names it by its node and reads what is asked
/// for, in place. It is valid until the arena is next written to.
///
/// It is public because only what is public is inlined into other modules, and a call for each
/// load would cost more than the load.
///
/// ```swift
/// guard let (reader, object) = arena.reader(of: value) else { return }
/// var member = object + 1
/// for _ in 0..<reader.childCount(of: object) {
///     if reader.kindCode(of: member) == stringCode { use(reader.textBytes(of: member)) }
///     member = reader.following(member)
/// }
/// ```
@safe
public struct DocumentReader {
    @usableFromInline let nodes: UnsafePointer<IndexNode>
    @usableFromInline let text: UnsafeRawPointer
    @usableFromInline let unescaped: UnsafeRawPointer

    fileprivate init(of slot: Int32, in arena: borrowing EventArena) {
        let found = unsafe arena.indexedDocument(slot).pointee
        unsafe nodes = UnsafeRawPointer(arena.nodes.base + Int(found.firstNode))
            .assumingMemoryBound(to: IndexNode.self)
        unsafe text = arena.start(of: found.bytes)
        unsafe unescaped = UnsafeRawPointer(arena.own.base) + Int(found.unescapedStart)
    }

    /// A reader of one node, a string whose text is `name`.
    fileprivate init(name: UnsafeRawBufferPointer, node: UnsafePointer<IndexNode>) {
        unsafe nodes = unsafe node
        // An empty name may have no address; nothing is read from it then.
        unsafe text = name.baseAddress ?? UnsafeRawPointer(node)
        unsafe unescaped = text
    }

    /// The kind of a value as a number: the raw value of its ``FieldValue/Kind``.
    @inlinable @inline(__always)
    public func kindCode(of node: Int32) -> UInt8 { unsafe nodes[Int(node)].kind }

    /// The members or elements of a container; of other nodes this means nothing.
    @inlinable @inline(__always)
    public func childCount(of node: Int32) -> Int32 {
        Int32(truncatingIfNeeded: unsafe nodes[Int(node)].payload)
    }

    /// The node after a value and all that is inside it.
    @inlinable @inline(__always)
    public func following(_ node: Int32) -> Int32 {
        Int32(bitPattern: unsafe nodes[Int(node)].next)
    }

    /// The nodes of a value and all that is inside it.
    @inlinable @inline(__always)
    public func nodeCount(of node: Int32) -> Int { Int(following(node) &- node) }

    /// The bits of a number or boolean.
    @inlinable @inline(__always)
    public func payload(of node: Int32) -> UInt64 { unsafe nodes[Int(node)].payload }

    /// Whether a string has no escapes: then the parser has seen that its text is UTF-8.
    @inlinable @inline(__always)
    public func isPlainText(_ node: Int32) -> Bool {
        unsafe nodes[Int(node)].flags & IndexNode.textUnescaped == 0
    }

    /// The bytes of a string's text, its escapes resolved.
    @inlinable @inline(__always)
    public func textCount(of node: Int32) -> Int {
        let found = unsafe nodes + Int(node)
        return isPlainText(node)
            ? unsafe Int(found.pointee.end &- found.pointee.start) &- 2
            : unsafe Int(UInt32(truncatingIfNeeded: found.pointee.payload))
    }

    /// A string's text, its escapes resolved.
    @inlinable @inline(__always)
    public func textBytes(of node: Int32) -> UnsafeRawBufferPointer {
        let found = unsafe nodes + Int(node)
        let start =
            isPlainText(node)
            ? unsafe text + Int(found.pointee.start) + 1
            : unsafe unescaped + Int(truncatingIfNeeded: found.pointee.payload >> 32)
        return unsafe UnsafeRawBufferPointer(start: start, count: textCount(of: node))
    }

    /// A value's JSON text.
    @inlinable @inline(__always)
    public func rawBytes(of node: Int32) -> UnsafeRawBufferPointer {
        let found = unsafe nodes + Int(node)
        return unsafe UnsafeRawBufferPointer(
            start: text + Int(found.pointee.start),
            count: Int(found.pointee.end &- found.pointee.start))
    }

    /// ``hash(of:)`` of a member's name.
    @inlinable @inline(__always)
    public func nameHash(of node: Int32) -> UInt16 { unsafe nodes[Int(node)].nameHash }

    /// The length of a member's name, its escapes resolved.
    @inlinable @inline(__always)
    public func nameCount(of node: Int32) -> UInt32 { unsafe nodes[Int(node)].nameLength }

    /// The bytes of a member's name, its escapes resolved.
    @inlinable @inline(__always)
    public func nameBytes(of node: Int32) -> UnsafeRawBufferPointer {
        let found = unsafe nodes + Int(node)
        return unsafe UnsafeRawBufferPointer(
            start: (isPlainName(node) ? text : unescaped) + Int(found.pointee.nameStart),
            count: Int(found.pointee.nameLength))
    }

    /// Whether a member's name has no escapes: then the parser has seen that it is UTF-8.
    @inlinable @inline(__always)
    public func isPlainName(_ node: Int32) -> Bool {
        unsafe nodes[Int(node)].flags & IndexNode.nameUnescaped == 0
    }

    /// The member of an object with a name, or -1.
    package func member(named name: UnsafeRawBufferPointer, of object: Int32) -> Int32 {
        let hash = unsafe Self.hash(of: name)
        var member = object + 1
        for _ in 0..<childCount(of: object) {
            if nameHash(of: member) == hash, Int(nameCount(of: member)) == name.count,
                unsafe csimdjson_equal(
                    nameBytes(of: member).baseAddress, name.baseAddress, name.count)
            {
                return member
            }
            member = following(member)
        }
        return -1
    }

    /// A number that equal names share and most different names do not.
    package static func hash(of name: UnsafeRawBufferPointer) -> UInt16 {
        unsafe csimdjson_hash(name.baseAddress, UInt32(name.count))
    }
}

extension EventArena {
    /// A reader of the document that a value is in, and the value's node. A value that an operator
    /// set alone is indexed first; `nil` when there is no value.
    package func reader(of value: FieldValue) -> (reader: DocumentReader, node: Int32)? {
        guard !value.isMissing else { return nil }
        if value.node >= 0 {
            return (DocumentReader(of: value.document, in: self), value.node)
        }
        documents.append(Document(raw: value.raw, bytes: value.raw, key: .absent, origin: 0))
        let slot = documents.count - 1
        guard index(slot, limits: .standard) == nil else { return nil }
        return (DocumentReader(of: Int32(slot), in: self), 0)
    }

    /// A reader of an event's whole value, whose node is 0; `nil` when it can't be parsed.
    package func reader(of event: Event) -> DocumentReader? {
        guard isIndexed(event.slot) else { return nil }
        let slot = fieldCount(of: event) == 0 ? event.slot : view(of: event)
        return slot < 0 ? nil : DocumentReader(of: slot, in: self)
    }
}

/// A node of the index as the C header declares it: `csimdjson_node`, which says what each part
/// means. Code that is inlined into other modules can't name types of C.
@frozen @usableFromInline
struct IndexNode: BitwiseCopyable {
    @usableFromInline var nameStart: UInt32 = 0
    @usableFromInline var nameLength: UInt32 = 0
    @usableFromInline var start: UInt32 = 0
    @usableFromInline var end: UInt32 = 0
    @usableFromInline var next: UInt32 = 0
    @usableFromInline var kind: UInt8 = 0
    @usableFromInline var flags: UInt8 = 0
    @usableFromInline var nameHash: UInt16 = 0
    @usableFromInline var payload: UInt64 = 0

    @inlinable static var nameUnescaped: UInt8 { 1 }
    @inlinable static var textUnescaped: UInt8 { 2 }
}

/// Room for one node, to look at a member's name as if it were a value.
@safe
package struct NameNode: ~Copyable {
    private let node: UnsafeMutablePointer<IndexNode>

    package init() {
        precondition(
            MemoryLayout<IndexNode>.size == MemoryLayout<csimdjson_node>.size
                && IndexNode.nameUnescaped == CSIMDJSON_KEY_UNESCAPED
                && IndexNode.textUnescaped == CSIMDJSON_TEXT_UNESCAPED,
            "the nodes of the index are not what their readers take them for")
        unsafe node = .allocate(capacity: 1)
        unsafe node.initialize(to: IndexNode())
    }

    deinit {
        unsafe node.deallocate()
    }

    /// A reader of which node 0 is a string: the name of a member. It is valid until the next one.
    package borrowing func reader(
        ofName member: Int32, in reader: DocumentReader
    ) -> DocumentReader {
        let name = unsafe reader.nameBytes(of: member)
        unsafe node.pointee.kind = UInt8(CSIMDJSON_STRING)
        unsafe node.pointee.flags = IndexNode.textUnescaped
        unsafe node.pointee.payload = UInt64(name.count)
        unsafe node.pointee.next = 1
        return unsafe DocumentReader(name: name, node: node)
    }
}
