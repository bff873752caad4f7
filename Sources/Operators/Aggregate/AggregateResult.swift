internal import Events
internal import Sketches
internal import StreamCore

/// Writes results as JSON and sends them on.
struct AggregateResult: ~Copyable {
    /// Where and when a result stands among the events of the task.
    struct Moment {
        /// The time of the record that carries it.
        let timestamp: Timestamp
        let streamTime: Timestamp
        let sequence: Int64
    }

    private let settings: AggregateSettings
    private var document = ByteBuffer(capacity: 2048)
    private var recordKey = ByteBuffer(capacity: 256)

    init(_ settings: AggregateSettings) { self.settings = settings }

    /// Says what a window holds.
    mutating func emit(
        _ tally: Tally, start: Int64, end: Int64, group: UnsafeRawBufferPointer,
        _ status: WindowStatus,
        _ moment: Moment, in context: OperatorContext
    ) throws(SketchError) {
        guard context.isConnected(AggregateOutput.main) else { return }
        unsafe begin(start: start, group: group, status)
        document.append(",\"start\":\"")
        document.append(iso8601: Timestamp(milliseconds: start))
        document.append("\",\"end\":\"")
        document.append(iso8601: Timestamp(milliseconds: end))
        document.append("\",")
        try unsafe settings.group.writeMembers(of: group, to: &document)
        document.append(UInt8(ascii: ","))
        tally.writeMembers(to: &document)
        try unsafe send(group, moment, in: context)
    }

    /// Says that a window is no longer true, and which one takes its place.
    mutating func emitRetraction(
        ofStart start: Int64, replacedByStart newStart: Int64, group: UnsafeRawBufferPointer,
        _ moment: Moment, in context: OperatorContext
    ) throws(SketchError) {
        guard context.isConnected(AggregateOutput.main) else { return }
        unsafe begin(start: start, group: group, .retracted)
        document.append(",\"replaced_by\":\"")
        unsafe WindowIdentifier.write(start: newStart, key: group, to: &document)
        document.append("\",")
        try unsafe settings.group.writeMembers(of: group, to: &document)
        try unsafe send(group, moment, in: context)
    }

    private mutating func begin(start: Int64, group: UnsafeRawBufferPointer, _ status: WindowStatus)
    {
        document.removeAll()
        document.append("{\"window_id\":\"")
        unsafe WindowIdentifier.write(start: start, key: group, to: &document)
        document.append("\",\"status\":\"")
        document.append(status.text)
        document.append(UInt8(ascii: "\""))
    }

    private mutating func send(
        _ group: UnsafeRawBufferPointer, _ moment: Moment, in context: OperatorContext
    ) throws(SketchError) {
        document.append(",\"operator\":")
        document.append(jsonString: settings.name)
        document.append(",\"version\":\"")
        document.append(string: settings.version)
        document.append("\"}")
        recordKey.removeAll()
        try unsafe settings.group.writeRecordKey(of: group, to: &recordKey)
        var event = unsafe context.arena.addEvent(
            json: document.bytes, key: recordKey.bytes, timestamp: moment.timestamp)
        event.streamTime = moment.streamTime
        event.sequence = moment.sequence
        context.emit(event, to: AggregateOutput.main)
    }
}
