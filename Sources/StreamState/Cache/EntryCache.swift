internal import CMemory

/// The working set of a task's key-value stores: a write-back cache bounded in bytes.
///
/// Entries lie in segments that are filled in turn. To make room the oldest segment is emptied:
/// entries that were used since, and entries that are not written yet, move to the newest one,
/// the others are forgotten. That is the CLOCK algorithm, and it compacts on the way.
///
/// The cache never writes: its owner takes the unwritten entries, writes them, and says so. Of the
/// unwritten ones it knows which are in the log of commits: they need not go there again until they
/// change.
@safe struct EntryCache: ~Copyable {
    /// What an unwritten entry costs beyond its own bytes: its share of the index.
    static let indexShare = 16
    /// So many lines of an entry are brought near; the processor itself goes on from there.
    private static let linesAhead = 4

    let byteLimit: Int
    private let seed: UInt64
    var memory: EntryMemory
    var index = EntryIndex()
    /// The entries that are not written yet, in no order; each knows its place here. Those that are
    /// in the log come first.
    var dirty: [EntryReference] = []
    /// How many of the unwritten entries are in the log as they are.
    var loggedCount = 0
    /// Where they are put in order, kept for its memory.
    var order: [OrderedEntry] = []
    /// Kept for its memory.
    private var hashesAhead: [UInt32] = []
    /// Bytes of entries that are not written yet.
    var dirtyByteCount = 0
    /// Bytes of entries that were changed since the last commit.
    var freshByteCount = 0
    /// By store: whether every entry that the store's table holds is here, so that a key that is
    /// not here is nowhere.
    var complete: [Bool]

    init(byteLimit: Int, storeCount: Int, seed: UInt64) {
        self.byteLimit = byteLimit
        self.seed = seed
        memory = EntryMemory(segmentByteCount: Self.segmentByteCount(byteLimit))
        complete = Array(repeating: false, count: storeCount)
    }

    var byteCount: Int { memory.allocatedByteCount + index.byteCount }

    /// Whether so much is unwritten that making room would find little to forget.
    var mustWrite: Bool { dirtyByteCount > byteLimit / 2 }

    /// Whether the unwritten entries should be written, since this much more may come before the next
    /// occasion.
    func isCrowded(adding more: Int) -> Bool { dirtyByteCount + more > byteLimit / 2 }

    func isComplete(_ store: Int) -> Bool { complete[store] }

    mutating func setComplete(_ store: Int, _ isComplete: Bool) { complete[store] = isComplete }

    /// What the cache knows about a key.
    enum Knowledge {
        case present
        case absent
        case unknown
    }

    /// Looks a key up; when it is present, replaces the content of `value`. The entry counts as
    /// used.
    func read(
        _ key: UnsafeRawBufferPointer, store: Int, into value: inout [UInt8]
    ) -> Knowledge {
        let reference = unsafe find(key, hash(key, store), store)
        if reference == .none { return complete[store] ? .absent : .unknown }
        let header = unsafe header(reference)
        unsafe header.pointee.isReferenced = true
        if unsafe header.pointee.isAbsent { return .absent }
        unsafe value.assign(valueBytes(header))
        return .present
    }

    /// Brings the entries of keys near. One that is looked for alone costs two or three reads of memory
    /// that is far, each after the other; those of many keys overlap.
    mutating func prefetch(_ keys: [UnsafeRawBufferPointer], store: Int) {
        hashesAhead.removeAll(keepingCapacity: true)
        for number in unsafe keys.indices {
            let hash = unsafe hash(keys[number], store)
            index.prefetch(hash)
            hashesAhead.append(hash)
        }
        for hash in hashesAhead {
            var candidates = index.candidates(hash)
            let reference = index.next(&candidates)
            if reference == .none { continue }
            let entry = unsafe memory.pointer(reference)
            for line in 0..<Self.linesAhead { unsafe cmemory_prefetch(entry + line * 64) }
        }
    }

    /// Remembers what a table holds, or with `nil` that it holds nothing, under a key that is
    /// unknown here.
    mutating func insertClean(
        _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?, store: Int
    ) {
        let valueCount = unsafe value?.count ?? 0
        makeRoom(EntryHeader.footprint(keyCount: key.count, valueCapacity: valueCount))
        unsafe insert(key, value, capacity: valueCount, hash(key, store), store)
    }

    /// Stores a value, as not written yet.
    mutating func put(
        _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, store: Int
    ) {
        let hash = unsafe hash(key, store)
        let reference = unsafe find(key, hash, store)
        if reference != .none, unsafe header(reference).pointee.valueCapacity >= value.count {
            unsafe overwrite(reference, value)
        } else {
            // A value that grows will likely grow again: leave it a half.
            let capacity = reference == .none ? value.count : value.count + value.count / 2
            unsafe putElsewhere(key, value, capacity: capacity, hash, store)
        }
    }

    /// Stores that there is no value, as not written yet.
    mutating func delete(_ key: UnsafeRawBufferPointer, store: Int) {
        let hash = unsafe hash(key, store)
        let reference = unsafe find(key, hash, store)
        if reference != .none {
            if unsafe !header(reference).pointee.isAbsent { unsafe overwrite(reference, nil) }
        } else if !complete[store] {
            unsafe putElsewhere(key, nil, capacity: 0, hash, store)
        }
    }

    /// Forgets everything.
    mutating func removeAll() {
        forgetAllDirty()
        index.removeAll()
        while let (segment, _, _) = memory.takeOldest() { memory.release(segment) }
        for store in complete.indices { complete[store] = false }
    }

    private static func segmentByteCount(_ byteLimit: Int) -> Int {
        let wanted = min(max(byteLimit / 64, 512), LargeMemory.pageByteCount)
        return 1 << (Int.bitWidth - 1 - wanted.leadingZeroBitCount)
    }
}

extension EntryCache {
    /// The parts of an entry; the bytes are valid until the cache is next written to.
    func key(_ reference: EntryReference) -> UnsafeRawBufferPointer {
        unsafe keyBytes(header(reference))
    }

    /// `nil` when the entry says that there is no value.
    func value(_ reference: EntryReference) -> UnsafeRawBufferPointer? {
        let header = unsafe header(reference)
        return unsafe header.pointee.isAbsent ? nil : valueBytes(header)
    }

    func store(_ reference: EntryReference) -> Int {
        unsafe Int(header(reference).pointee.store)
    }

    @inline(__always)
    private func hash(_ key: UnsafeRawBufferPointer, _ store: Int) -> UInt32 {
        let storeSeed = seed &+ UInt64(store) &* 0x9e37_79b9_7f4a_7c15
        return UInt32(truncatingIfNeeded: unsafe ByteHash.hash(key, seed: storeSeed) >> 32)
    }

    @inline(__always)
    private func find(
        _ key: UnsafeRawBufferPointer, _ hash: UInt32, _ store: Int
    ) -> EntryReference {
        var candidates = index.candidates(hash)
        while true {
            let reference = index.next(&candidates)
            if reference == .none { return .none }
            if unsafe matches(reference, key, store) { return reference }
        }
    }

    @inline(__always)
    func header(_ reference: EntryReference) -> UnsafeMutablePointer<EntryHeader> {
        unsafe memory.pointer(reference).assumingMemoryBound(to: EntryHeader.self)
    }

    private func keyBytes(_ header: UnsafeMutablePointer<EntryHeader>) -> UnsafeRawBufferPointer {
        let start = unsafe UnsafeRawPointer(header) + EntryHeader.byteCount
        return unsafe UnsafeRawBufferPointer(start: start, count: Int(header.pointee.keyCount))
    }

    private func valueBytes(_ header: UnsafeMutablePointer<EntryHeader>) -> UnsafeRawBufferPointer {
        let keyCount = unsafe Int(header.pointee.keyCount)
        let start = unsafe UnsafeRawPointer(header) + EntryHeader.byteCount + keyCount
        return unsafe UnsafeRawBufferPointer(start: start, count: Int(header.pointee.valueCount))
    }

    @inline(__always)
    private func matches(
        _ reference: EntryReference, _ key: UnsafeRawBufferPointer, _ store: Int
    ) -> Bool {
        let header = unsafe header(reference)
        return unsafe Int(header.pointee.store) == store && keyBytes(header).hasSameBytes(as: key)
    }

    @discardableResult
    private mutating func insert(
        _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?, capacity: Int,
        _ hash: UInt32, _ store: Int
    ) -> EntryReference {
        let reference = unsafe append(key, value, capacity: capacity, hash, store)
        index.insert(reference, hash: hash)
        return reference
    }

    /// Writes an entry that the index does not know yet.
    private mutating func append(
        _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?, capacity: Int,
        _ hash: UInt32, _ store: Int
    ) -> EntryReference {
        let fresh = EntryHeader(
            hash: hash, keyCount: UInt32(key.count), valueCount: -1,
            valueCapacity: UInt32(capacity), dirtyIndex: EntryHeader.clean, store: UInt16(store),
            isLive: true, isReferenced: false)
        let reference = memory.append(fresh.footprint)
        let header = unsafe header(reference)
        unsafe header.initialize(to: fresh)
        unsafe UnsafeMutableRawBufferPointer(mutating: keyBytes(header)).copyMemory(from: key)
        unsafe setValue(header, value)
        return reference
    }

    private func setValue(
        _ header: UnsafeMutablePointer<EntryHeader>, _ value: UnsafeRawBufferPointer?
    ) {
        guard let value = unsafe value else {
            unsafe header.pointee.valueCount = -1
            return
        }
        unsafe header.pointee.valueCount = Int32(value.count)
        unsafe UnsafeMutableRawBufferPointer(mutating: valueBytes(header)).copyMemory(from: value)
    }

    private mutating func overwrite(_ reference: EntryReference, _ value: UnsafeRawBufferPointer?) {
        let header = unsafe header(reference)
        unsafe header.pointee.isReferenced = true
        unsafe setValue(header, value)
        markFresh(reference)
    }

    /// Stores a value in a new place, where there may be another entry of the key.
    private mutating func putElsewhere(
        _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?, capacity: Int,
        _ hash: UInt32, _ store: Int
    ) {
        makeRoom(EntryHeader.footprint(keyCount: key.count, valueCapacity: capacity))
        // Making room may have moved or forgotten the other entry.
        let other = unsafe find(key, hash, store)
        if other != .none {
            unsafe replace(other, key, value, capacity: capacity)
        } else {
            markFresh(unsafe insert(key, value, capacity: capacity, hash, store))
        }
    }

    /// Puts a longer copy in the place of an entry.
    private mutating func replace(
        _ old: EntryReference, _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?,
        capacity: Int
    ) {
        let (hash, store) = unsafe (
            header(old).pointee.hash, Int(header(old).pointee.store)
        )
        let reference = unsafe append(key, value, capacity: capacity, hash, store)
        index.replace(old, with: reference, hash: hash)
        unsafe header(old).pointee.isLive = false
        unsafe header(reference).pointee.isReferenced = true
        if unsafe header(old).pointee.isDirty { passOn(old, to: reference) }
        markFresh(reference)
    }
}
