internal import Events

/// The open sessions of one key, in the bytes that the state keeps.
///
/// Layout, in the byte order of the machine that owns the state file: time of the
/// pending timer (8), number of sessions (4), the sessions in the order of their starts. A session:
/// its ``StoredNumbers``, then campaign, entry and exit (2 bytes of length, 0xFFFF for none, and
/// the text), then the list of channels and the list of steps (2 bytes of count, 4 of size; a step
/// is its time and a text).
@safe struct SessionList {
    /// Encoded entries that are copied as they are.
    @safe struct Block {
        var count: UInt16 = 0
        var bytes = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
    }

    static let layoutVersion = 1
    private static let absent: UInt16 = .max
    /// Texts from events are bounded, and so is the state of a session.
    static let longestText = 256

    private(set) var sessions: [Session] = []
    /// The earliest timer that is set for the key; `Int64.max` for none.
    private(set) var timer = Int64.max

    init() {}

    mutating func removeAll() {
        sessions.removeAll(keepingCapacity: true)
        timer = .max
    }

    // MARK: Reading

    /// Reads the list; its sessions point into `bytes`.
    mutating func read(_ bytes: UnsafeRawBufferPointer) {
        sessions.removeAll(keepingCapacity: true)
        var reader = unsafe Reader(bytes: bytes)
        timer = reader.load(Int64.self)
        let count = Int(reader.load(UInt32.self))
        for _ in 0..<count { sessions.append(reader.session()) }
    }

    /// The session that is written at `offset` of a list.
    static func session(in bytes: UnsafeRawBufferPointer, at offset: Int) -> Session {
        var reader = unsafe Reader(bytes: bytes)
        reader.position = offset
        return reader.session()
    }

    @safe private struct Reader {
        let bytes: UnsafeRawBufferPointer
        var position = 0

        init(bytes: UnsafeRawBufferPointer) { unsafe self.bytes = unsafe bytes }

        mutating func load<Value: BitwiseCopyable>(_: Value.Type) -> Value {
            let size = MemoryLayout<Value>.size
            unsafe precondition(position + size <= bytes.count, "session state is cut short")
            defer { position += size }
            return unsafe bytes.loadUnaligned(fromByteOffset: position, as: Value.self)
        }

        private mutating func take(_ count: Int) -> UnsafeRawBufferPointer {
            unsafe precondition(position + count <= bytes.count, "session state is cut short")
            defer { position += count }
            return unsafe UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
        }

        private mutating func text() -> UnsafeRawBufferPointer? {
            let count = load(UInt16.self)
            return unsafe count == SessionList.absent ? nil : take(Int(count))
        }

        private mutating func block() -> Block {
            let count = load(UInt16.self)
            let size = load(UInt32.self)
            return unsafe Block(count: count, bytes: take(Int(size)))
        }

        mutating func session() -> Session {
            var session = Session(load(StoredNumbers.self))
            unsafe session.campaign = unsafe text()
            unsafe session.entry = unsafe text()
            unsafe session.exit = unsafe text()
            session.channels = block()
            session.steps = block()
            return session
        }
    }

    // MARK: Writing

    /// Begins a list; `count` sessions follow.
    static func writeHeader(timer: Int64, count: Int, to buffer: inout ByteBuffer) {
        buffer.append(number: timer)
        buffer.append(number: UInt32(count))
    }

    /// Writes some of the sessions as they are.
    func write(_ indices: Range<Int>, to buffer: inout ByteBuffer) {
        for index in indices { Self.write(sessions[index], to: &buffer) }
    }

    static func write(_ session: Session, to buffer: inout ByteBuffer) {
        writeNumbers(of: session, to: &buffer)
        unsafe write(session.campaign, to: &buffer)
        unsafe write(session.entry, to: &buffer)
        unsafe write(session.exit, to: &buffer)
        write(session.channels, to: &buffer)
        write(session.steps, to: &buffer)
    }

    static func write(_ block: Block, to buffer: inout ByteBuffer) {
        buffer.append(number: block.count)
        buffer.append(number: UInt32(unsafe block.bytes.count))
        unsafe buffer.append(block.bytes)
    }

    static func writeNumbers(of session: Session, to buffer: inout ByteBuffer) {
        unsafe Swift.withUnsafeBytes(of: StoredNumbers(session)) { unsafe buffer.append($0) }
    }

    static func write(_ text: UnsafeRawBufferPointer?, to buffer: inout ByteBuffer) {
        guard let text = unsafe text else {
            buffer.append(number: absent)
            return
        }
        buffer.append(number: UInt16(text.count))
        unsafe buffer.append(text)
    }

    /// The text, cut in front of a character when it is longer than a session keeps.
    static func bounded(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard text.count > longestText else { return unsafe text }
        var end = longestText
        while end > 0, unsafe text[end] & 0xC0 == 0x80 { end -= 1 }
        return unsafe UnsafeRawBufferPointer(rebasing: text[..<end])
    }

    // MARK: Blocks

    /// Walks the texts of a list of channels.
    @safe struct Texts {
        private let block: Block
        private var rest: UInt16
        private var position = 0

        init(_ block: Block) {
            self.block = block
            rest = block.count
        }

        mutating func next() -> UnsafeRawBufferPointer? {
            guard rest > 0 else { return nil }
            rest -= 1
            return unsafe block.text(at: &position)
        }

        /// Whether one of the texts that are left is `text`.
        mutating func contains(_ text: UnsafeRawBufferPointer) -> Bool {
            while let next = unsafe next() {
                if unsafe ByteText.areEqual(next, text) { return true }
            }
            return false
        }
    }

    /// Walks the times and texts of a list of steps.
    @safe struct Steps {
        private let block: Block
        private var rest: UInt16
        private var position = 0

        init(_ block: Block) {
            self.block = block
            rest = block.count
        }

        mutating func next() -> (time: Int64, text: UnsafeRawBufferPointer)? {
            guard rest > 0 else { return nil }
            rest -= 1
            let time = unsafe block.bytes.loadUnaligned(
                fromByteOffset: position, as: Int64.self)
            position += 8
            return unsafe (time, block.text(at: &position))
        }
    }
}

extension SessionList.Block {
    fileprivate func text(at position: inout Int) -> UnsafeRawBufferPointer {
        let size = unsafe Int(bytes.loadUnaligned(fromByteOffset: position, as: UInt16.self))
        let start = position + 2
        position = start + size
        return unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<position])
    }
}

extension ByteBuffer {
    /// Appends a number in the order of the machine's bytes.
    mutating func append<Number: FixedWidthInteger & BitwiseCopyable>(number: Number) {
        append(littleEndian: Number(littleEndian: number))
    }
}
