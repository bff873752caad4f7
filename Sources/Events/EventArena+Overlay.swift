extension EventArena {
    /// The most fields that an overlay holds before the event is settled. It bounds the work of
    /// reading and rendering, which compare entries with each other.
    private static let maximumFields: Int32 = 64

    /// The largest text that an event is settled to, unless it came with more than half of that. A
    /// topology that copies an event into itself again and again ends here.
    private static let maximumSettledBytes = 16 << 20

    /// Limits for text that this module wrote.
    private static let settledLimits = ParseLimits(
        maximumBytes: ParseLimits.largestDocument, maximumDepth: 1024, duplicateKeys: .keepFirst)

    /// Writes what was set and removed into the event's value, so that its index shows it.
    ///
    /// The event reads and renders as before. Returns false, and changes nothing, when the value
    /// cannot be parsed, or would be deeper than 1024 levels, or larger than 16 MiB and twice its
    /// original size.
    @discardableResult
    public func settle(_ event: inout Event) -> Bool {
        guard fieldCount(of: event) > 0 else { return isIndexed(event.slot) }
        let slot = view(of: event)
        guard slot >= 0 else { return false }
        event.slot = slot
        event.overlay = headersOnly(event.overlay)
        return true
    }

    /// Makes the event's value and key, with all changes, what it came with: from here on there is
    /// nothing older that a dead letter could show. Headers that came with the record stay, and an
    /// event to which fields were added and nothing else stays as it is.
    ///
    /// Returns false, and changes nothing, when the value can't be settled.
    public func seal(_ event: inout Event) -> Bool {
        if showsAllThatCame(event) { return true }
        guard isTombstone(event) || isIndexed(event.slot) else { return false }
        var sealed = document(of: event)
        if !isTombstone(event) {
            // The index stays: with the changes it shows what the text says.
            guard let text = settledText(of: event) else { return false }
            sealed.raw = text
        }
        sealed.key = event.key
        documents.append(sealed)
        event.slot = Int32(documents.count - 1)
        return true
    }

    /// The event's value with all changes; `nil` when it is too large.
    private func settledText(of event: Event) -> ByteRange? {
        scratch.removeAll()
        render(event, into: &scratch)
        let limit = max(Self.maximumSettledBytes, 2 * document(of: event).raw.count)
        return scratch.count <= limit ? unsafe copy(scratch.bytes) : nil
    }

    /// Whether nothing that the event came with was changed or removed.
    private func showsAllThatCame(_ event: Event) -> Bool {
        let document = document(of: event)
        guard isIndexed(event.slot), document.raw == document.bytes, document.key == event.key
        else { return false }
        var index = event.overlay
        while index >= 0 {
            let entry = entries[Int(index)]
            index = entry.previous
            switch entry.kind {
            case .header: continue
            case .remove: return false
            case .set: if unsafe !adds(bytes(entry.name), to: event.slot) { return false }
            }
        }
        return true
    }

    /// Whether setting a field takes the place of nothing that a document has.
    private func adds(_ path: UnsafeRawBufferPointer, to slot: Int32) -> Bool {
        let end = unsafe endOfWay(path, in: slot)
        return end.position < path.count && end.kind == .object
    }

    /// How far a path leads in a document: the kind of the last value that is there, and where the steps
    /// begin that are not.
    private func endOfWay(
        _ path: UnsafeRawBufferPointer, in slot: Int32
    ) -> (kind: FieldValue.Kind, position: Int) {
        let index = DocumentIndex(of: slot, in: self)
        var node: Int32 = 0
        var position = 0
        while position < path.count {
            let step = unsafe PathStep(path.baseAddress! + position)
            let child = index.place(of: step, in: node).node
            if child < 0 { break }
            node = child
            position += step.encodedCount
        }
        return (index.kind(of: node), position)
    }

    /// A document that holds the event's value with all changes, or -1 when there can be none.
    func view(of event: Event) -> Int32 {
        if lastView.slot == event.slot, lastView.overlay == event.overlay {
            return lastView.document
        }
        var document = Int32(-1)
        if let text = settledText(of: event) {
            var settled = self.document(of: event)
            settled.bytes = text
            settled.firstNode = Document.notParsed
            documents.append(settled)
            if index(documents.count - 1, limits: Self.settledLimits) == nil {
                document = Int32(documents.count - 1)
            }
        }
        lastView = View(slot: event.slot, overlay: event.overlay, document: document)
        return document
    }

    func fieldCount(of event: Event) -> Int32 {
        event.overlay < 0 ? 0 : entries[Int(event.overlay)].fieldCount
    }

    func marks(of event: Event) -> UInt64 {
        event.overlay < 0 ? 0 : entries[Int(event.overlay)].marks
    }

    /// The newest field entry whose path is, contains or lies in `path`.
    func newestEntry(
        of event: Event, touching path: UnsafeRawBufferPointer
    ) -> OverlayEntry? {
        var index = event.overlay
        if index < 0 { return nil }
        let mark = unsafe OverlayEntry.mark(of: path)
        while index >= 0 {
            // Most entries are read here for every field, so they are not copied.
            let entry = unsafe entries.pointer(at: Int(index))
            if unsafe entry.pointee.marks & mark == 0 { return nil }
            if unsafe entry.pointee.kind != .header,
                unsafe PathRelation(of: bytes(entry.pointee.name), to: path) != .apart
            {
                return unsafe entry.pointee
            }
            index = unsafe entry.pointee.previous
        }
        return nil
    }

    /// Adds a field entry. Returns false when there can be no such field.
    ///
    /// Two things hold in every overlay, and rendering relies on them: no entry lies below an
    /// older one, and a removal's field is in the indexed document. Where a change would break
    /// them, the event is settled first.
    func change(
        _ event: inout Event, at path: FieldPath, _ kind: OverlayEntry.Kind, _ value: FieldValue
    ) -> Bool {
        guard isIndexed(event.slot) else { return false }
        return unsafe path.encoded.withUnsafeBytes { encoded in
            if event.overlay >= 0, unsafe mustSettle(event, before: kind, at: encoded),
                !settle(&event)
            {
                return false
            }
            if path.count > 1, unsafe !canReach(encoded, in: event.slot) { return false }
            let fields = fieldCount(of: event) + 1
            let marks = unsafe marks(of: event) | OverlayEntry.mark(of: encoded)
            entries.append(
                OverlayEntry(
                    kind: kind, previous: event.overlay, fieldCount: fields, marks: marks,
                    name: unsafe copy(encoded), value: value))
            event.overlay = Int32(entries.count - 1)
            return true
        }
    }

    private func mustSettle(
        _ event: Event, before kind: OverlayEntry.Kind, at path: UnsafeRawBufferPointer
    ) -> Bool {
        if fieldCount(of: event) >= Self.maximumFields { return true }
        if unsafe marks(of: event) & OverlayEntry.mark(of: path) == 0 { return false }
        var index = event.overlay
        while index >= 0 {
            let entry = entries[Int(index)]
            index = entry.previous
            if entry.kind == .header { continue }
            let relation = unsafe PathRelation(of: bytes(entry.name), to: path)
            if relation == .above || (kind == .remove && relation != .apart) { return true }
        }
        return false
    }

    /// Whether a value can be set at `path`: arrays neither grow nor turn into objects, while
    /// objects that are missing are made, and scalars give way to them.
    private func canReach(_ path: UnsafeRawBufferPointer, in slot: Int32) -> Bool {
        let end = unsafe endOfWay(path, in: slot)
        if end.position == path.count { return true }
        return unsafe end.kind != .array && isNamesOnly(path, from: end.position)
    }

    private func isNamesOnly(_ path: UnsafeRawBufferPointer, from start: Int) -> Bool {
        var position = start
        while position < path.count {
            let step = unsafe PathStep(path.baseAddress! + position)
            if step.isIndex { return false }
            position += step.encodedCount
        }
        return true
    }
}
