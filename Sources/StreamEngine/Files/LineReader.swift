internal import Events
internal import StreamCore

/// Reads lines of a file as the task will, to know before what has to be known before: their times,
/// their keys.
struct LineReader {
    let arena = EventArena()
    private let decoder: any RecordDecoder
    private let batch = RecordBatch()
    private var events: [Event] = []

    init(decoder: any RecordDecoder) { self.decoder = decoder }

    /// The events of the lines; the offset of each is the place of its line. They hold until the next
    /// call.
    mutating func read(_ lines: [UnsafeRawBufferPointer]) -> [Event] {
        arena.reset()
        batch.removeAll()
        for number in unsafe lines.indices {
            batch.append(
                key: nil, value: unsafe RawSpan(_unsafeBytes: lines[number]), headers: nil,
                offset: Int64(number), timestamp: -1)
        }
        events.removeAll(keepingCapacity: true)
        arena.attach(batch)
        decoder.decode(recordCount: unsafe lines.count, in: arena, into: &events)
        return events
    }
}
