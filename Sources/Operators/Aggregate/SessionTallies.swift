internal import Events
internal import Sketches

/// The open session windows of one group, in the bytes that the state keeps.
///
/// Layout, numbers with the least significant byte first: version (1), time of the pending timer
/// (8), number of windows, the windows in the order of their starts. A window: first and last event
/// (8 each), reach (8), size of its tally, the tally.
struct SessionTallies: ~Copyable {
    struct Window: MergingWindow {
        var start: Int64
        /// Event time of the last event.
        var end: Int64
        var reach: Int64
        /// Where its tally lies in the bytes of the list.
        var content = 0..<0

        func isContinued(by later: Window, maximumLength: Int64) -> Bool {
            guard later.start <= reach else { return false }
            let length = Timestamp(milliseconds: max(end, later.end))
                .milliseconds(since: Timestamp(milliseconds: min(start, later.start)))
            return length <= maximumLength
        }

        mutating func widen(by part: Window) {
            start = min(start, part.start)
            end = max(end, part.end)
            reach = max(reach, part.reach)
        }
    }

    static let layoutVersion = 1

    private(set) var windows: [Window] = []
    /// The earliest timer that is set for the group; `Int64.max` for none.
    private(set) var timer = Int64.max
    private var bytes = ByteBuffer(capacity: 4096)

    mutating func removeAll() {
        windows.removeAll(keepingCapacity: true)
        timer = .max
    }

    // MARK: Reading

    /// Becomes what was written; keeps a copy of the bytes.
    mutating func read(_ stored: RawSpan) throws(SketchError) {
        removeAll()
        bytes.removeAll()
        bytes.append(stored)
        var reader = unsafe SketchReader(bytes.bytes)
        let version = try reader.byte()
        guard version == Self.layoutVersion else {
            throw SketchError("windows have layout \(version), not \(Self.layoutVersion)")
        }
        timer = try reader.number(Int64.self)
        let count = try reader.count(ofSize: 25, atMost: .max)
        for _ in 0..<count {
            var window = Window(
                start: try reader.number(Int64.self), end: try reader.number(Int64.self),
                reach: try reader.number(Int64.self))
            guard window.start <= window.end, window.end <= window.reach else {
                throw SketchError("a window ends before it starts")
            }
            let size = try reader.count(ofSize: 1, atMost: .max)
            window.content = reader.position..<reader.position + size
            _ = unsafe try reader.take(size)
            windows.append(window)
        }
    }

    /// The bytes of a window's tally, valid until the list changes.
    func content(of index: Int) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: bytes.bytes[windows[index].content])
    }

    // MARK: Writing

    /// Begins a list; `count` windows follow.
    static func writeHeader(timer: Int64, count: Int, to buffer: inout ByteBuffer) {
        buffer.append(UInt8(layoutVersion))
        buffer.append(littleEndian: timer)
        buffer.append(variable: UInt64(count))
    }

    /// Writes a window as it was read.
    func write(_ index: Int, to buffer: inout ByteBuffer) {
        unsafe Self.write(windows[index], content(of: index), to: &buffer)
    }

    /// Writes a window with the bytes of its tally.
    static func write(
        _ window: Window, _ content: UnsafeRawBufferPointer, to buffer: inout ByteBuffer
    ) {
        buffer.append(littleEndian: window.start)
        buffer.append(littleEndian: window.end)
        buffer.append(littleEndian: window.reach)
        buffer.append(variable: UInt64(content.count))
        unsafe buffer.append(content)
    }
}
