internal import CSimdJSON

extension EventArena {
    /// Copies an event of another arena into this one: value, index, key, headers, origin.
    ///
    /// An event that operators changed arrives settled. Its times and sequence stay.
    public func adopt(_ event: Event, from other: EventArena) -> Event {
        if other === self { return event }
        var origin = other.origin(of: event)
        origin.headers = adopt(origin.headers, from: other)
        origins.append(origin)

        let source = other.document(of: event)
        var document = source
        document.origin = Int32(origins.count - 1)
        document.raw = adopt(source.raw, from: other)
        document.key = adopt(source.key, from: other)
        document.firstNode = Document.notParsed
        if other.fieldCount(of: event) > 0 {
            scratch.removeAll()
            other.render(event, into: &scratch)
            document.bytes = unsafe copy(scratch.bytes)
        } else {
            let isAsItCame = source.bytes == source.raw
            document.bytes = isAsItCame ? document.raw : adopt(source.bytes, from: other)
            if source.firstNode >= 0 { adoptIndex(of: source, from: other, into: &document) }
        }
        documents.append(document)

        var adopted = event
        adopted.slot = Int32(documents.count - 1)
        adopted.key = event.key == source.key ? document.key : adopt(event.key, from: other)
        adopted.overlay = -1
        other.forEachAddedHeader(from: event.overlay) { entry in
            let value = entry.value.raw
            if value.isAbsent {
                unsafe addHeader(other.bytes(entry.name), value: nil, to: &adopted)
            } else {
                unsafe addHeader(other.bytes(entry.name), value: other.bytes(value), to: &adopted)
            }
        }
        return adopted
    }

    private func adopt(_ range: ByteRange, from other: EventArena) -> ByteRange {
        range.isAbsent ? .absent : unsafe copy(other.bytes(range))
    }

    /// Offsets in an index count from the start of its document, so the index is copied as it is.
    private func adoptIndex(
        of source: Document, from other: EventArena, into document: inout Document
    ) {
        let count = Int(source.nodeCount)
        nodes.reserve(count)
        unsafe (nodes.base + nodes.count).initialize(
            from: other.nodes.base + Int(source.firstNode), count: count)
        document.firstNode = Int32(nodes.count)
        nodes.didWrite(count)
        let unescaped = ByteRange.own(
            Int(source.unescapedStart), Int(source.unescapedCount))
        document.unescapedStart = UInt32(unsafe copy(other.bytes(unescaped)).offset)
    }
}
