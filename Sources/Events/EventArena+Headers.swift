extension EventArena {
    /// Adds a header behind those that the event has; `nil` adds one with a null value.
    public func addHeader(
        _ name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?, to event: inout Event
    ) {
        let nameRange = unsafe copy(name)
        var valueRange = ByteRange.absent
        if let value = unsafe value { valueRange = unsafe copy(value) }
        addHeader(nameRange, value: valueRange, to: &event)
    }

    /// Adds a header behind those that the event has; `nil` adds one with a null value.
    public func addHeader(
        _ name: StaticString, value: UnsafeRawBufferPointer?, to event: inout Event
    ) {
        unsafe addHeader(
            UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount),
            value: value, to: &event)
    }

    /// Adds a header behind those that the event has.
    public func addHeader(_ name: StaticString, value: String, to event: inout Event) {
        var value = value
        value.withUTF8 {
            unsafe addHeader(name, value: UnsafeRawBufferPointer($0), to: &event)
        }
    }

    /// Appends the event's headers in the form of ``RecordHeaders``: those of the record, then
    /// those that were added, in the order in which they were.
    ///
    /// `skippedBytes` leaves out whole headers at the start of the record's.
    public func renderHeaders(
        of event: Event, skippingBytes skippedBytes: Int = 0, into output: inout ByteBuffer
    ) {
        unsafe output.append(
            UnsafeRawBufferPointer(rebasing: bytes(headers(of: event))[skippedBytes...]))
        forEachAddedHeader(from: event.overlay) { entry in
            let value = entry.value.raw
            if value.isAbsent {
                unsafe output.append(headerName: bytes(entry.name), value: nil)
            } else {
                unsafe output.append(headerName: bytes(entry.name), value: bytes(value))
            }
        }
    }

    /// An overlay that has only the headers of `overlay`, in the same order.
    func headersOnly(_ overlay: Int32) -> Int32 {
        var newest: Int32 = -1
        forEachAddedHeader(from: overlay) { entry in
            newest = appendHeader(
                entry.name, entry.value.raw, after: newest, fieldCount: 0, marks: 0)
        }
        return newest
    }

    /// Visits the header entries from the oldest to the newest.
    func forEachAddedHeader(from overlay: Int32, _ body: (OverlayEntry) -> Void) {
        let depth = edits.count
        var index = overlay
        while index >= 0 {
            if entries[Int(index)].kind == .header {
                edits.append(Edit(entry: index, step: 0, end: 0))
            }
            index = entries[Int(index)].previous
        }
        for position in (depth..<edits.count).reversed() {
            body(entries[Int(edits[position].entry)])
        }
        edits.removeLast(edits.count - depth)
    }

    private func addHeader(_ name: ByteRange, value: ByteRange, to event: inout Event) {
        event.overlay = appendHeader(
            name, value, after: event.overlay, fieldCount: fieldCount(of: event),
            marks: marks(of: event))
    }

    private func appendHeader(
        _ name: ByteRange, _ value: ByteRange, after previous: Int32, fieldCount: Int32,
        marks: UInt64
    ) -> Int32 {
        entries.append(
            OverlayEntry(
                kind: .header, previous: previous, fieldCount: fieldCount, marks: marks, name: name,
                value: FieldValue(kind: .missing, raw: value)))
        return Int32(entries.count - 1)
    }
}
