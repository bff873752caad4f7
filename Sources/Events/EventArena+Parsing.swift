internal import CSimdJSON

extension EventArena {
    /// Indexes the event's value. Returns `nil` when it could be, else why not.
    ///
    /// A value that was indexed already is not parsed again, whatever the limits are.
    public func parse(_ event: Event, limits: ParseLimits) -> ParseFailure? {
        let slot = Int(event.slot)
        if documents[slot].firstNode >= 0 { return nil }
        if let failure = index(slot, limits: limits) { return failure }
        let root = unsafe nodes.base[Int(documents[slot].firstNode)]
        if root.kind == UInt8(CSIMDJSON_OBJECT) { return nil }
        documents[slot].firstNode = Document.unparseable
        return ParseFailure(code: .notAnObject, position: Int(root.start))
    }

    /// Why an event could not be parsed, with the bytes around the place or the repeated name.
    public func describe(_ failure: ParseFailure, of event: Event) -> String {
        unsafe failure.reason(in: bytes(rawValue(of: event)))
    }

    /// Whether the document is indexed; one that was not parsed yet is parsed now.
    @inline(__always)
    func isIndexed(_ slot: Int32) -> Bool {
        unsafe documents.pointer(at: Int(slot)).pointee.firstNode >= 0 || becomesIndexed(slot)
    }

    @inline(never)
    private func becomesIndexed(_ slot: Int32) -> Bool {
        if documents[Int(slot)].firstNode == Document.unparseable { return false }
        let event = Event(slot: slot, timestamp: .distantPast, key: .absent)
        return parse(event, limits: .standard) == nil
    }

    /// A document that can be walked; what an operator wrote is indexed now.
    ///
    /// - Precondition: it is indexed, or valid.
    @inline(__always)
    func indexedDocument(_ slot: Int32) -> UnsafePointer<Document> {
        if unsafe documents.pointer(at: Int(slot)).pointee.firstNode < 0 { indexWritten(slot) }
        return unsafe documents.pointer(at: Int(slot))
    }

    @inline(never)
    private func indexWritten(_ slot: Int32) {
        if documents[Int(slot)].firstNode == Document.notParsed {
            _ = index(Int(slot), limits: .standard)
        }
        precondition(documents[Int(slot)].firstNode >= 0, "document \(slot) can't be walked")
    }

    /// Indexes a document of any kind.
    func index(_ slot: Int, limits: ParseLimits) -> ParseFailure? {
        let document = documents[slot]
        documents[slot].firstNode = Document.unparseable
        guard !document.bytes.isAbsent else { return ParseFailure(code: .tombstone) }
        guard document.bytes.count > 0 else { return ParseFailure(code: .emptyValue) }
        guard document.bytes.count <= limits.maximumBytes else {
            return ParseFailure(code: .tooLarge)
        }
        let text = unsafe bytes(document.bytes)
        let result = unsafe csimdjson_parse(
            parser, text.baseAddress?.assumingMemoryBound(to: UInt8.self), text.count,
            limits.maximumDepth)
        guard result == CSIMDJSON_OK else {
            return unsafe failure(of: result, in: text, limits: limits)
        }
        return writeIndex(slot, limits: limits)
    }

    /// Writes the index of the document that the parser has just found valid.
    private func writeIndex(_ slot: Int, limits: ParseLimits) -> ParseFailure? {
        unsafe nodes.reserve(csimdjson_node_bound(parser))
        own.reserve(documents[slot].bytes.count)
        var summary = csimdjson_summary()
        let result = unsafe csimdjson_index(
            parser, nodes.base + nodes.count,
            (own.base + own.count).assumingMemoryBound(to: UInt8.self),
            limits.duplicateKeys == .reject, &summary)
        switch result {
        case CSIMDJSON_OK: break
        case CSIMDJSON_DUPLICATE_KEY:
            return ParseFailure(code: .duplicateKey, position: Int(summary.error_position))
        default:
            return ParseFailure(code: .tooDeep, position: Int(summary.error_position))
        }
        if summary.has_duplicates {
            leaveOutDuplicates(slot, nodeCount: Int(summary.node_count))
            return index(slot, limits: limits)
        }
        documents[slot].firstNode = Int32(nodes.count)
        documents[slot].nodeCount = Int32(summary.node_count)
        documents[slot].unescapedStart = UInt32(own.count)
        documents[slot].unescapedCount = summary.unescaped_count
        nodes.didWrite(Int(summary.node_count))
        own.didWrite(Int(summary.unescaped_count))
        return nil
    }

    /// Replaces the document's text by one without the members that are marked as duplicates.
    private func leaveOutDuplicates(_ slot: Int, nodeCount: Int) {
        let text = unsafe bytes(documents[slot].bytes)
        scratch.removeAll()
        var copied = 0
        var node = 0
        while node < nodeCount {
            let member = unsafe nodes.base[nodes.count + node]
            guard member.flags & UInt8(CSIMDJSON_DUPLICATE) != 0 else {
                node += 1
                continue
            }
            unsafe scratch.append(
                UnsafeRawBufferPointer(rebasing: text[copied..<Int(member.key_start)]))
            copied = Int(member.end)
            node = Int(member.next)
        }
        unsafe scratch.append(UnsafeRawBufferPointer(rebasing: text[copied...]))
        documents[slot].bytes = unsafe copy(scratch.bytes)
    }

    private func failure(
        of result: csimdjson_result, in text: UnsafeRawBufferPointer, limits: ParseLimits
    ) -> ParseFailure {
        if result == CSIMDJSON_NO_MEMORY { return ParseFailure(code: .outOfMemory) }
        return unsafe JSONDiagnosis.failure(of: text, maximumDepth: limits.maximumDepth)
    }
}
