internal import Events

/// Writes sessions as the JSON that goes out on `.closed` and `.updates`.
struct SessionDocument {
    /// The id of a session: the same for the same key, start and campaign, whenever and wherever
    /// it is computed.
    static func writeID(
        of session: Session, key: UnsafeRawBufferPointer, to buffer: inout ByteBuffer
    ) {
        unsafe WindowIdentifier.write(
            start: session.start, key: key, label: session.campaign, moment: session.startedAt,
            to: &buffer)
    }

    /// - Units: `duration_ms` is in milliseconds; `start`, `end` and the steps' `at` are UTC.
    static func write(
        _ session: Session, id: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer,
        status: WindowStatus, operatorName: String, to buffer: inout ByteBuffer
    ) {
        unsafe writeHead(id, key: key, status: status, to: &buffer)
        buffer.append(",\"start\":\"")
        buffer.append(iso8601: Timestamp(milliseconds: session.start))
        buffer.append("\",\"end\":\"")
        buffer.append(iso8601: Timestamp(milliseconds: session.end))
        buffer.append("\",\"duration_ms\":")
        buffer.append(integer: session.duration)
        buffer.append(",\"event_count\":")
        buffer.append(integer: Int64(session.eventCount))
        buffer.append(",\"view_count\":")
        buffer.append(integer: Int64(session.viewCount))
        writeChannels(session, to: &buffer)
        unsafe write("campaign", session.campaign, to: &buffer)
        unsafe write("entry", session.entry, to: &buffer)
        unsafe write("exit", session.exit, to: &buffer)
        if let revenue = session.revenue {
            buffer.append(",\"revenue\":")
            buffer.append(revenue)
        }
        write("dropped_amounts", session.droppedAmounts, to: &buffer)
        writeSteps(session, to: &buffer)
        write("dropped_steps", session.droppedSteps, to: &buffer)
        buffer.append(",\"operator\":")
        buffer.append(jsonString: operatorName)
        buffer.append(UInt8(ascii: "}"))
    }

    /// A retraction names the session that takes the place of the retracted one.
    static func writeRetraction(
        of session: Session, replacedBy merged: UnsafeRawBufferPointer,
        key: UnsafeRawBufferPointer, operatorName: String, to buffer: inout ByteBuffer
    ) {
        var id = ByteBuffer(capacity: 64)
        unsafe writeID(of: session, key: key, to: &id)
        unsafe writeHead(id.bytes, key: key, status: .retracted, to: &buffer)
        buffer.append(",\"replaced_by\":\"")
        unsafe buffer.append(merged)
        buffer.append("\",\"operator\":")
        buffer.append(jsonString: operatorName)
        buffer.append(UInt8(ascii: "}"))
    }

    private static func writeHead(
        _ id: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer, status: WindowStatus,
        to buffer: inout ByteBuffer
    ) {
        buffer.append("{\"session_id\":\"")
        unsafe buffer.append(id)
        buffer.append("\",\"key\":")
        unsafe buffer.append(jsonString: key)
        buffer.append(",\"status\":\"")
        buffer.append(status.text)
        buffer.append(UInt8(ascii: "\""))
    }

    private static func write(
        _ name: StaticString, _ text: UnsafeRawBufferPointer?, to buffer: inout ByteBuffer
    ) {
        guard let text = unsafe text else { return }
        buffer.append(",\"")
        buffer.append(name)
        buffer.append("\":")
        unsafe buffer.append(jsonString: text)
    }

    /// Writes a number of things that were left out, when there were any.
    private static func write(
        _ name: StaticString, _ count: UInt32, to buffer: inout ByteBuffer
    ) {
        guard count > 0 else { return }
        buffer.append(",\"")
        buffer.append(name)
        buffer.append("\":")
        buffer.append(integer: Int64(count))
    }

    private static func writeChannels(_ session: Session, to buffer: inout ByteBuffer) {
        buffer.append(",\"channels\":[")
        let start = buffer.count
        var channels = SessionList.Texts(session.channels)
        while let channel = unsafe channels.next() {
            if buffer.count > start { buffer.append(UInt8(ascii: ",")) }
            unsafe buffer.append(jsonString: channel)
        }
        buffer.append(UInt8(ascii: "]"))
    }

    private static func writeSteps(_ session: Session, to buffer: inout ByteBuffer) {
        guard session.steps.count > 0 else { return }
        buffer.append(",\"steps\":[")
        let start = buffer.count
        var steps = SessionList.Steps(session.steps)
        while let (time, text) = unsafe steps.next() {
            if buffer.count > start { buffer.append(UInt8(ascii: ",")) }
            buffer.append("{\"at\":\"")
            buffer.append(iso8601: Timestamp(milliseconds: time))
            buffer.append("\",\"step\":")
            unsafe buffer.append(jsonString: text)
            buffer.append(UInt8(ascii: "}"))
        }
        buffer.append(UInt8(ascii: "]"))
    }
}
