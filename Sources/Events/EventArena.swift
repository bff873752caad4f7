internal import CSimdJSON

/// The memory of one run of events: their bytes, the indexes of what was parsed, and what
/// operators changed.
///
/// An arena belongs to one task, or to one partition's input, and is used by one thread. After
/// `reset()` it is filled again without allocating. Everything in it is addressed by offsets, so
/// an ``Event`` is a small plain value; it must not be used with another arena, nor after a reset.
///
/// ```swift
/// arena.attach(batch)
/// for index in 0..<batch.count {
///     var event = arena.addEvent(record: index)
///     if let failure = arena.parse(event, limits: .standard) { ... }
///     let user = arena.value(of: event, at: userPath)
///     arena.set(flagPath, of: &event, to: true)
///     arena.render(event, into: &buffer)
/// }
/// ```
///
/// A field that an operator sets becomes an entry of the event's *overlay*: entries are linked,
/// newest first, and never change, so copies of an event can go different ways. The original
/// bytes are never touched.
@safe
public final class EventArena {
    // One thread uses an arena and none of its methods calls back out, so accesses cannot overlap.
    // Checking that at run time cost a quarter of the time of a whole event.
    @safe @exclusivity(unchecked) var own = ByteBuffer(capacity: 4096, keepsOutgrown: true)
    /// How often it was emptied: events of before are not those of now.
    @safe @exclusivity(unchecked) private var resetCount = 0

    package var generation: Int { resetCount }

    @safe @exclusivity(unchecked) var input = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
    @safe @exclusivity(unchecked) var batch: RecordBatch?

    @safe @exclusivity(unchecked) var origins = Pool<Origin>(capacity: 64)
    @safe @exclusivity(unchecked) var documents = Pool<Document>(capacity: 64)
    @safe @exclusivity(unchecked) var nodes = Pool<csimdjson_node>(capacity: 1024)
    @safe @exclusivity(unchecked) var entries = Pool<OverlayEntry>(capacity: 64)

    /// The changes that one rendering makes, arranged.
    @safe @exclusivity(unchecked) var edits = Pool<Edit>(capacity: 64)
    @safe @exclusivity(unchecked) var scratch = ByteBuffer()

    /// The last event that was rendered and indexed only to be read; see `view(of:)`.
    @safe @exclusivity(unchecked) var lastView = View(slot: -1, overlay: -1, document: -1)

    /// Why events could not be decoded, by slot; empty but for bad records.
    @safe @exclusivity(unchecked) var failures: [Int32: EventFailure] = [:]

    let parser: OpaquePointer

    /// By hash, the node where the last member of an event with such a name was.
    let memberHints: UnsafeMutablePointer<Int32>
    static let memberHintCount: UInt16 = 256

    /// An empty arena.
    public init() {
        guard let parser = unsafe csimdjson_parser_create() else {
            fatalError("no memory for a JSON parser")
        }
        unsafe self.parser = unsafe parser
        unsafe memberHints = .allocate(capacity: Int(Self.memberHintCount))
        unsafe memberHints.initialize(repeating: 0, count: Int(Self.memberHintCount))
    }

    deinit {
        unsafe memberHints.deallocate()
        unsafe csimdjson_parser_destroy(parser)
    }

    /// Forgets all events and the attached batch; keeps the memory.
    ///
    /// What single large documents needed beyond ``keptParserCapacity`` is given back.
    public func reset() {
        resetCount &+= 1
        own.removeAll()
        own.releaseOutgrown()
        unsafe input = UnsafeRawBufferPointer(start: nil, count: 0)
        batch = nil
        origins.removeAll()
        documents.removeAll()
        nodes.removeAll()
        entries.removeAll()
        lastView = View(slot: -1, overlay: -1, document: -1)
        if !failures.isEmpty { failures.removeAll() }
        unsafe csimdjson_parser_shrink(parser, Self.keptParserCapacity)
    }

    /// The document size for which a parser keeps its memory. A parser needs about 15 times the
    /// bytes of its largest document.
    static let keptParserCapacity = 256 << 10

    /// The bytes that the arena holds of its own: what was added, set and unescaped.
    ///
    /// A run should end long before the 2 GiB that an arena can address.
    public var byteCount: Int { own.count }

    /// The bytes of a range. Empty when the range is absent.
    ///
    /// Valid until the arena is reset: what is in an arena never changes, and when it grows, the
    /// memory that it moves away from is kept.
    public func bytes(_ range: ByteRange) -> UnsafeRawBufferPointer {
        guard !range.isAbsent else { return unsafe UnsafeRawBufferPointer(start: nil, count: 0) }
        let region = unsafe range.isOwn ? own.bytes : input
        return unsafe UnsafeRawBufferPointer(
            rebasing: region[range.offset..<range.offset + range.count])
    }

    /// Copies bytes into the arena's own memory.
    public func copy(_ bytes: UnsafeRawBufferPointer) -> ByteRange {
        let start = own.count
        unsafe own.append(bytes)
        return ownBytes(from: start)
    }

    /// Where the bytes of a range start, which is not absent.
    @inline(__always)
    func start(of range: ByteRange) -> UnsafeRawPointer {
        unsafe (range.isOwn ? UnsafeRawPointer(own.base) : input.baseAddress!) + range.offset
    }

    /// The range from `start` to the end of the arena's own memory.
    func ownBytes(from start: Int) -> ByteRange {
        precondition(
            own.count <= ByteRange.largestOffset,
            "an arena holds at most 2 GiB; end the run before \(own.count) bytes")
        return .own(start, own.count - start)
    }
}

/// Where a record came from; shared by the events that were derived from it.
struct Origin: BitwiseCopyable {
    var topic: Int32
    var partition: Int32
    var offset: Int64
    var timestamp: Int64
    var headers: ByteRange
}

/// A JSON text, and its index once it was parsed.
struct Document: BitwiseCopyable {
    static let notParsed: Int32 = -1
    static let unparseable: Int32 = -2

    /// The value as it came.
    var raw: ByteRange

    /// The text that reads and writes start from: `raw`, or what a settled event was written as.
    var bytes: ByteRange

    /// The key as it came.
    var key: ByteRange

    var origin: Int32

    /// The index of the root's node, or one of the marks above.
    var firstNode = notParsed

    var nodeCount: Int32 = 0

    /// Where the document's unescaped strings start in the arena's own memory.
    var unescapedStart: UInt32 = 0

    var unescapedCount: UInt32 = 0

    init(raw: ByteRange, bytes: ByteRange, key: ByteRange, origin: Int32) {
        self.raw = raw
        self.bytes = bytes
        self.key = key
        self.origin = origin
    }
}

/// One change of an event.
struct OverlayEntry: BitwiseCopyable {
    enum Kind: UInt8, BitwiseCopyable {
        case set
        case remove
        case header
    }

    var kind: Kind

    /// The next older entry, or -1.
    var previous: Int32

    /// The entries from this one on that are not headers.
    var fieldCount: Int32

    /// Of the fields from this entry on, a bit of each first step: see ``OverlayEntry/mark(of:)``.
    var marks: UInt64

    /// The encoded path of a field, or the name of a header.
    var name: ByteRange

    /// The field's new value; a header has the raw bytes only.
    var value: FieldValue

    /// The bit of an encoded path's first step. Paths of which one contains the other have the same.
    static func mark(of path: UnsafeRawBufferPointer) -> UInt64 {
        unsafe 1 << UInt64(PathStep(path.baseAddress!).hash & 63)
    }
}

/// An event that was rendered and indexed to be read.
struct View: BitwiseCopyable {
    var slot: Int32
    var overlay: Int32
    var document: Int32
}
