internal import CSimdJSON

extension EventArena {
    /// The event's value at `path`, with what operators set or removed.
    ///
    /// An event that was not parsed yet is parsed with the standard limits; one that cannot be
    /// parsed has no values.
    public func value(of event: Event, at path: FieldPath) -> FieldValue {
        guard isIndexed(event.slot) else { return .missing }
        return unsafe path.encoded.withUnsafeBytes { path in
            guard event.overlay >= 0, let entry = unsafe newestEntry(of: event, touching: path)
            else { return unsafe find(path, below: 0, in: event.slot) }
            return unsafe value(of: event, at: path, changedBy: entry)
        }
    }

    /// The event's whole value: its top-level object, with what operators set or removed.
    public func root(of event: Event) -> FieldValue {
        guard isIndexed(event.slot) else { return .missing }
        let slot = fieldCount(of: event) == 0 ? event.slot : view(of: event)
        return slot < 0 ? .missing : DocumentIndex(of: slot, in: self).value(of: 0)
    }

    /// The first member of an object or element of an array; missing when it is empty, or when
    /// the value is neither.
    public func firstChild(of value: FieldValue) -> FieldValue {
        guard childCount(of: value) > 0 else { return .missing }
        return DocumentIndex(of: value.document, in: self).value(of: value.node + 1)
    }

    /// The member or element after `value` in its container; missing after the last one.
    public func nextSibling(of value: FieldValue) -> FieldValue {
        guard value.node > 0 else { return .missing }
        let index = DocumentIndex(of: value.document, in: self)
        let node = index.node(value.node)
        guard node.flags & UInt8(CSIMDJSON_LAST_CHILD) == 0 else { return .missing }
        return index.value(of: Int32(bitPattern: node.next))
    }

    /// The members of an object or elements of an array; 0 for other values.
    public func childCount(of value: FieldValue) -> Int {
        guard value.node >= 0, value.kind == .object || value.kind == .array else { return 0 }
        return Int(DocumentIndex(of: value.document, in: self).childCount(of: value.node))
    }

    /// The name of a member, its escapes resolved; empty for what is not a member.
    public func key(of value: FieldValue) -> ByteRange {
        guard value.node >= 0 else { return .empty }
        return DocumentIndex(of: value.document, in: self).key(of: value.node)
    }

    /// The member of an object called `name`; missing when there is none.
    public func member(named name: UnsafeRawBufferPointer, of value: FieldValue) -> FieldValue {
        guard value.kind == .object, value.node >= 0 else { return .missing }
        let hash = unsafe csimdjson_hash(name.baseAddress, UInt32(name.count))
        let index = DocumentIndex(of: value.document, in: self)
        let child = unsafe index.place(of: name, hash: hash, in: value.node).node
        return child < 0 ? .missing : index.value(of: child)
    }

    /// The element of an array at `position`; missing when there is none.
    public func element(at position: Int, of value: FieldValue) -> FieldValue {
        guard value.kind == .array, value.node >= 0 else { return .missing }
        let index = DocumentIndex(of: value.document, in: self)
        let child = index.place(of: position, in: value.node).node
        return child < 0 ? .missing : index.value(of: child)
    }

    private func find(
        _ path: UnsafeRawBufferPointer, below node: Int32, in slot: Int32
    ) -> FieldValue {
        let index = DocumentIndex(of: slot, in: self)
        let found = unsafe index.find(path, below: node)
        return found < 0 ? .missing : index.value(of: found)
    }

    /// Whether an operator wrote the value and nobody has looked into it yet.
    private func isWritten(_ value: FieldValue) -> Bool {
        value.node == 0
            && documents[Int(value.document)].firstNode == Document.notParsed
    }

    private func value(
        of event: Event, at path: UnsafeRawBufferPointer, changedBy entry: OverlayEntry
    ) -> FieldValue {
        switch unsafe PathRelation(of: bytes(entry.name), to: path) {
        case .below:
            let document = view(of: event)
            return document < 0 ? .missing : unsafe find(path, below: 0, in: document)
        case _ where entry.kind == .remove:
            return .missing
        case .equal:
            return entry.value
        case .above, .apart:
            guard entry.value.node >= 0 else { return .missing }
            let rest = unsafe UnsafeRawBufferPointer(rebasing: path[entry.name.count...])
            if isWritten(entry.value),
                let found = unsafe WrittenObject(entry.value.raw, in: self).value(at: rest)
            {
                return found
            }
            return unsafe find(rest, below: entry.value.node, in: entry.value.document)
        }
    }
}
