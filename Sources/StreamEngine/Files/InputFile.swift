internal import Events
internal import Foundation
internal import StreamCore

/// A file of lines, read in the order of their event time.
struct InputFile {
    /// Where a line lies in the file, and when it happened.
    private struct Line {
        let start: Int
        let count: Int32
        let time: Int64
    }

    let topic: String
    /// Bytes of the file, and of the lines that were given out.
    let size: Int
    private(set) var position = 0

    private let file: MappedFile
    private let lines: [Line]
    private var nextLine = 0
    private static let blockLines = 2048
    private static let blockBytes = 1 << 20

    init(topic: String, path: String, plan: TopologyPlan) throws {
        self.topic = topic
        file = try MappedFile(path: path)
        size = file.count
        lines = Self.index(file, decoder: plan.makeDecoder(topic: topic))
    }

    var isAtEnd: Bool { nextLine == lines.count }

    /// The next lines, without their ends; they lie in the mapped file.
    mutating func next() -> [UnsafeRawBufferPointer] {
        var block: [UnsafeRawBufferPointer] = unsafe []
        var bytes = 0
        while nextLine < lines.count, unsafe block.count < Self.blockLines, bytes < Self.blockBytes
        {
            let line = lines[nextLine]
            unsafe block.append(file.bytes(line.start, Int(line.count)))
            bytes += Int(line.count) + 1
            nextLine += 1
        }
        position = isAtEnd ? size : min(size, position + bytes)
        return unsafe block
    }

    // MARK: Order

    /// Finds the lines and their event times, and orders them. The sort is made stable by the
    /// lines' places.
    private static func index(_ file: MappedFile, decoder: any RecordDecoder) -> [Line] {
        var lines: [Line] = []
        var clock = EventTimes(decoder: decoder)
        var start = 0
        var pending: [(start: Int, count: Int)] = []
        func flush() {
            let times = clock.times(of: pending, in: file)
            for (line, time) in zip(pending, times) {
                lines.append(Line(start: line.start, count: Int32(line.count), time: time))
            }
            pending.removeAll(keepingCapacity: true)
        }
        while start < file.count {
            let end = file.endOfLine(from: start)
            let count = file.trimmedCount(start, end)
            if count > 0 { pending.append((start, count)) }
            if pending.count == blockLines { flush() }
            start = end + 1
        }
        flush()
        let isOrdered = zip(lines, lines.dropFirst()).allSatisfy { $0.time <= $1.time }
        return isOrdered ? lines : lines.sorted { ($0.time, $0.start) < ($1.time, $1.start) }
    }
}

/// Reads the event times of lines, with the decoder that will read them again.
private struct EventTimes {
    let decoder: any RecordDecoder
    private let batch = RecordBatch()
    private let arena = EventArena()
    private var events: [Event] = []
    private var latest = Int64.min

    init(decoder: any RecordDecoder) { self.decoder = decoder }

    /// A line that has no event time gets that of the line before it.
    mutating func times(of lines: [(start: Int, count: Int)], in file: MappedFile) -> [Int64] {
        arena.reset()
        batch.removeAll()
        for (number, line) in lines.enumerated() {
            let bytes = unsafe file.bytes(line.start, line.count)
            batch.append(
                key: nil, value: unsafe RawSpan(_unsafeBytes: bytes), headers: nil,
                offset: Int64(number), timestamp: -1)
        }
        events.removeAll(keepingCapacity: true)
        arena.attach(batch)
        decoder.decode(recordCount: lines.count, in: arena, into: &events)
        var times: [Int64?] = Array(repeating: nil, count: lines.count)
        for event in events where event.timestamp > .distantPast {
            let line = Int(arena.offset(of: event))
            if times[line] == nil { times[line] = event.timestamp.milliseconds }
        }
        return times.map { time in
            latest = time ?? latest
            return latest
        }
    }
}

/// The bytes of a file, mapped into memory for as long as this lives.
@safe private final class MappedFile {
    let count: Int
    private let base: UnsafeRawPointer?

    init(path: String) throws {
        guard FileManager.default.isReadableFile(atPath: path) else {
            throw CocoaError(.fileReadNoSuchFile, userInfo: [NSFilePathErrorKey: path])
        }
        let handle = try FileHandle(forReadingFrom: URL(filePath: path))
        count = Int(try handle.seekToEnd())
        guard count > 0 else {
            unsafe base = nil
            return
        }
        let mapped = unsafe mmap(nil, count, PROT_READ, MAP_PRIVATE, handle.fileDescriptor, 0)
        guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else {
            throw CocoaError(.fileReadUnknown, userInfo: [NSFilePathErrorKey: path])
        }
        unsafe base = UnsafeRawPointer(mapped)
    }

    deinit {
        if let base = unsafe base { unsafe munmap(UnsafeMutableRawPointer(mutating: base), count) }
    }

    func bytes(_ start: Int, _ length: Int) -> UnsafeRawBufferPointer {
        precondition(start >= 0 && length >= 0 && start + length <= count, "outside the file")
        return unsafe UnsafeRawBufferPointer(start: base.map { unsafe $0 + start }, count: length)
    }

    /// Where the line that starts at `start` ends: at a line feed, or with the file.
    func endOfLine(from start: Int) -> Int {
        guard let base = unsafe base,
            let found = unsafe memchr(base + start, 0x0A, count - start)
        else { return count }
        return unsafe UnsafeRawPointer(found) - base
    }

    /// The bytes of a line without its carriage return; 0 for a blank one.
    func trimmedCount(_ start: Int, _ end: Int) -> Int {
        let line = unsafe bytes(start, end - start)
        var length = line.count
        if length > 0, unsafe line[length - 1] == 0x0D { length -= 1 }
        for index in 0..<length where unsafe line[index] != 0x20 && line[index] != 0x09 {
            return length
        }
        return 0
    }
}
