internal import Events

/// Writes sessions as the JSON that goes out on `.closed` and `.updates`.
struct SessionDocument {
    enum Status {
        case open
        case closed
        /// The session is no longer true: a late event made another of it.
        case retracted

        var text: StaticString {
            switch self {
            case .open: "open"
            case .closed: "closed"
            case .retracted: "retracted"
            }
        }
    }

    /// The id of a session: the same for the same key, start and campaign, whenever and wherever
    /// it is computed.
    static func writeID(
        of session: Session, key: UnsafeRawBufferPointer, to buffer: inout ByteBuffer
    ) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        unsafe add(key, to: &hash)
        var start = session.start.littleEndian
        unsafe Swift.withUnsafeBytes(of: &start) { unsafe add($0, to: &hash) }
        if let campaign = unsafe session.campaign { unsafe add(campaign, to: &hash) }
        buffer.append(integer: session.start)
        buffer.append(UInt8(ascii: "-"))
        buffer.append(hexadecimal: mixed(hash))
    }

    /// FNV-1a.
    private static func add(_ bytes: UnsafeRawBufferPointer, to hash: inout UInt64) {
        for index in 0..<bytes.count {
            hash = (hash ^ UInt64(unsafe bytes[index])) &* 0x100_0000_01b3
        }
        hash = (hash ^ 0xFF) &* 0x100_0000_01b3
    }

    /// The finaliser of SplitMix64: every bit of the input reaches every bit of the output.
    private static func mixed(_ value: UInt64) -> UInt64 {
        var value = value
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }

    /// - Units: `duration_ms` is in milliseconds; `start`, `end` and the steps' `at` are UTC.
    static func write(
        _ session: Session, key: UnsafeRawBufferPointer, status: Status, operatorName: String,
        to buffer: inout ByteBuffer
    ) {
        unsafe writeHead(session, key: key, status: status, to: &buffer)
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
        of session: Session, replacedBy merged: Session, key: UnsafeRawBufferPointer,
        operatorName: String, to buffer: inout ByteBuffer
    ) {
        unsafe writeHead(session, key: key, status: .retracted, to: &buffer)
        buffer.append(",\"replaced_by\":\"")
        unsafe writeID(of: merged, key: key, to: &buffer)
        buffer.append("\",\"operator\":")
        buffer.append(jsonString: operatorName)
        buffer.append(UInt8(ascii: "}"))
    }

    private static func writeHead(
        _ session: Session, key: UnsafeRawBufferPointer, status: Status,
        to buffer: inout ByteBuffer
    ) {
        buffer.append("{\"session_id\":\"")
        unsafe writeID(of: session, key: key, to: &buffer)
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
