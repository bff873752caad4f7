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

    static let layoutVersion = 2
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

    /// Reads the list; its sessions point into `bytes`. False for bytes that are no list.
    mutating func read(_ bytes: UnsafeRawBufferPointer) -> Bool {
        sessions.removeAll(keepingCapacity: true)
        var reader = unsafe Reader(bytes: bytes)
        timer = reader.number(or: 0)
        let count: UInt32 = reader.number(or: 0)
        var rest = count
        while rest > 0, let session = reader.session() {
            sessions.append(session)
            rest -= 1
        }
        return !reader.isDamaged && rest == 0
    }

    /// The session that is written at `offset` of a list.
    static func session(in bytes: UnsafeRawBufferPointer, at offset: Int) -> Session {
        var reader = unsafe Reader(bytes: bytes)
        reader.position = offset
        guard let session = reader.session() else {
            preconditionFailure("a session that was just written can't be read")
        }
        return session
    }

    @safe private struct Reader {
        let bytes: UnsafeRawBufferPointer
        var position = 0
        /// Whether something was cut short; what was read then means nothing.
        var isDamaged = false

        init(bytes: UnsafeRawBufferPointer) { unsafe self.bytes = unsafe bytes }

        private mutating func load<Value: BitwiseCopyable>() -> Value? {
            let size = MemoryLayout<Value>.size
            guard unsafe position + size <= bytes.count else {
                isDamaged = true
                return nil
            }
            defer { position += size }
            return unsafe bytes.loadUnaligned(fromByteOffset: position, as: Value.self)
        }

        /// `other`: what is given when the bytes are cut short.
        mutating func number<Value: BitwiseCopyable>(or other: Value) -> Value { load() ?? other }

        private mutating func take(_ count: Int) -> UnsafeRawBufferPointer {
            guard unsafe position + count <= bytes.count else {
                isDamaged = true
                return unsafe UnsafeRawBufferPointer(start: nil, count: 0)
            }
            defer { position += count }
            return unsafe UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
        }

        private mutating func text() -> UnsafeRawBufferPointer? {
            let count = number(or: SessionList.absent)
            return unsafe count == SessionList.absent ? nil : take(Int(count))
        }

        private mutating func block() -> Block {
            let count: UInt16 = number(or: 0)
            let size: UInt32 = number(or: 0)
            return unsafe Block(count: count, bytes: take(Int(size)))
        }

        /// `nil` when the bytes are cut short, or are no session.
        mutating func session() -> Session? {
            guard let numbers: StoredNumbers = load(), numbers.arePossible else { return nil }
            var session = Session(numbers)
            unsafe session.campaign = unsafe text()
            unsafe session.entry = unsafe text()
            unsafe session.exit = unsafe text()
            session.channels = block()
            session.steps = block()
            return isDamaged ? nil : session
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
            guard rest > 0, unsafe position + 8 <= block.bytes.count else { return nil }
            rest -= 1
            let time = unsafe block.bytes.loadUnaligned(
                fromByteOffset: position, as: Int64.self)
            position += 8
            guard let text = unsafe block.text(at: &position) else { return nil }
            return unsafe (time, text)
        }
    }
}

extension SessionList.Block {
    /// `nil` when the bytes are cut short.
    fileprivate func text(at position: inout Int) -> UnsafeRawBufferPointer? {
        guard unsafe position + 2 <= bytes.count else { return nil }
        let size = unsafe Int(bytes.loadUnaligned(fromByteOffset: position, as: UInt16.self))
        let start = position + 2
        guard unsafe start + size <= bytes.count else { return nil }
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
