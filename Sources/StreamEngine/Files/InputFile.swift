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
    /// The first line, where every line needs it in front of it.
    private let header: (start: Int, count: Int)?
    private let lines: [Line]
    private var nextLine = 0
    private let headed = HeadedLines()
    private static let blockLines = 2048
    private static let blockBytes = 1 << 20

    init(topic: String, path: String, plan: TopologyPlan) throws {
        self.topic = topic
        let file = try MappedFile(path: path)
        self.file = file
        size = file.count
        let decoder = plan.makeDecoder(topic: topic)
        let header = decoder.recordsBeginWithHeader ? file.nextLine(from: file.start) : nil
        let start = header.map { $0.start + $0.count } ?? file.start
        let lines = Self.index(file, header, from: start, decoder: decoder)
        // A header alone is a record that can't be read, and not passed over.
        self.header = lines.isEmpty ? nil : header
        self.lines =
            lines.isEmpty ? Self.index(file, nil, from: file.start, decoder: decoder) : lines
    }

    var isAtEnd: Bool { nextLine == lines.count }

    /// The next lines, without their ends; they lie in the mapped file, or hold until the next call.
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
        guard let header else { return unsafe block }
        return unsafe headed.put(file.bytes(header.start, header.count), before: block)
    }

    // MARK: Order

    /// Finds the lines and their event times, and orders them. The sort is made stable by the
    /// lines' places.
    private static func index(
        _ file: MappedFile, _ header: (start: Int, count: Int)?, from start: Int,
        decoder: any RecordDecoder
    ) -> [Line] {
        var lines: [Line] = []
        var clock = EventTimes(decoder: decoder)
        let headed = HeadedLines()
        var pending: [(start: Int, count: Int)] = []
        func flush() {
            var texts = unsafe pending.map { unsafe file.bytes($0.start, $0.count) }
            if let header {
                unsafe texts = headed.put(file.bytes(header.start, header.count), before: texts)
            }
            let times = unsafe clock.times(of: texts)
            for (line, time) in zip(pending, times) {
                lines.append(Line(start: line.start, count: Int32(line.count), time: time))
            }
            pending.removeAll(keepingCapacity: true)
        }
        var position = start
        while let line = file.nextLine(from: position) {
            pending.append(line)
            if pending.count == blockLines { flush() }
            position = line.start + line.count
        }
        flush()
        let isOrdered = zip(lines, lines.dropFirst()).allSatisfy { $0.time <= $1.time }
        return isOrdered ? lines : lines.sorted { ($0.time, $0.start) < ($1.time, $1.start) }
    }
}

/// Lines with a header in front of each, so that it is a record of its own.
private final class HeadedLines {
    private var buffer = ByteBuffer()

    /// They hold until the next call.
    func put(
        _ header: UnsafeRawBufferPointer, before lines: [UnsafeRawBufferPointer]
    ) -> [UnsafeRawBufferPointer] {
        buffer.removeAll()
        var ends: [Int] = []
        for index in unsafe lines.indices {
            unsafe buffer.append(header)
            buffer.append(UInt8(ascii: "\n"))
            unsafe buffer.append(lines[index])
            ends.append(buffer.count)
        }
        var start = 0
        return unsafe ends.map { end in
            defer { start = end }
            return unsafe UnsafeRawBufferPointer(rebasing: buffer.bytes[start..<end])
        }
    }
}

/// Reads the event times of lines, with the decoder that will read them again.
private struct EventTimes {
    private var reader: LineReader
    private var latest = Int64.min

    init(decoder: any RecordDecoder) { reader = LineReader(decoder: decoder) }

    /// A line that has no event time gets that of the line before it.
    mutating func times(of lines: [UnsafeRawBufferPointer]) -> [Int64] {
        var times: [Int64?] = Array(repeating: nil, count: unsafe lines.count)
        for event in unsafe reader.read(lines) where event.timestamp > .distantPast {
            let line = Int(reader.arena.offset(of: event))
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
        guard let found = FileIdentity(path: path) else {
            throw UnusableFile(path: path, reason: UnusableFile.systemReason())
        }
        guard found.isRegular else {
            let what = found.isFolder ? "it is a folder" : "it is a pipe or a device"
            throw UnusableFile(
                path: path, reason: "\(what); an input is read twice, so write it to a file first")
        }
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw UnusableFile(path: path, reason: UnusableFile.systemReason())
        }
        defer { close(descriptor) }
        count = FileIdentity(descriptor: descriptor)?.size ?? 0
        guard count > 0 else {
            unsafe base = nil
            return
        }
        let mapped = unsafe mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else {
            throw UnusableFile(path: path, reason: UnusableFile.systemReason())
        }
        unsafe base = UnsafeRawPointer(mapped)
    }

    deinit {
        if let base = unsafe base { unsafe munmap(UnsafeMutableRawPointer(mutating: base), count) }
    }

    /// Behind a byte order mark, with which some programs begin a file.
    var start: Int {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        return count >= mark.count && (unsafe bytes(0, mark.count).elementsEqual(mark))
            ? mark.count : 0
    }

    func bytes(_ start: Int, _ length: Int) -> UnsafeRawBufferPointer {
        precondition(start >= 0 && length >= 0 && start + length <= count, "outside the file")
        return unsafe UnsafeRawBufferPointer(start: base.map { unsafe $0 + start }, count: length)
    }

    /// The first line from `start` on that is not blank, without its end.
    func nextLine(from start: Int) -> (start: Int, count: Int)? {
        var start = start
        while start < count {
            let end = endOfLine(from: start)
            let length = trimmedCount(start, end)
            if length > 0 { return (start, length) }
            start = end + 1
        }
        return nil
    }

    /// Where the line that starts at `start` ends: at a line feed, or with the file.
    private func endOfLine(from start: Int) -> Int {
        guard let base = unsafe base,
            let found = unsafe memchr(base + start, 0x0A, count - start)
        else { return count }
        return unsafe UnsafeRawPointer(found) - base
    }

    /// The bytes of a line without its carriage return; 0 for a blank one.
    private func trimmedCount(_ start: Int, _ end: Int) -> Int {
        let line = unsafe bytes(start, end - start)
        var length = line.count
        if length > 0, unsafe line[length - 1] == 0x0D { length -= 1 }
        for index in 0..<length where unsafe line[index] != 0x20 && line[index] != 0x09 {
            return length
        }
        return 0
    }
}
