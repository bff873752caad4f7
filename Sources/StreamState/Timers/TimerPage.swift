/// A timer's place in the order: by time, then by the bytes of its key.
@safe struct TimerPoint {
    let time: Int64
    let key: UnsafeRawBufferPointer

    init(_ time: Int64, _ key: UnsafeRawBufferPointer) {
        self.time = time
        unsafe self.key = key
    }

    /// Negative, zero or positive as this comes before, is, or comes after `other`.
    @inline(__always)
    func compare(_ other: TimerPoint) -> Int {
        if time != other.time { return time < other.time ? -1 : 1 }
        return unsafe key.compare(other.key)
    }
}

/// Timers in order, in one piece of memory: slots of fixed size from the front, the bytes of the
/// keys from the back, as in a page of a database.
///
/// The page does not own its memory; `TimerPages` does.
@safe struct TimerPage: BitwiseCopyable {
    private struct Header: BitwiseCopyable {
        var capacity: Int32
        /// The slots in use are those from `first` up to and without `end`.
        var first: Int32 = 0
        var end: Int32 = 0
        /// Where the bytes of the keys begin.
        var keysStart: Int32
        /// Bytes of keys whose timers are in use.
        var keyByteCount: Int32 = 0
        var unwrittenCount: Int32 = 0
    }

    private struct Slot: BitwiseCopyable {
        var time: Int64
        var keyStart: UInt32
        var keyCount: UInt32
        // The slot's stride leaves room behind; a flag inside the count saves eight bytes a timer.
        static let unwritten: UInt32 = 1 << 31
    }

    private static let slotByteCount = MemoryLayout<Slot>.stride
    private static let headerByteCount = MemoryLayout<Header>.stride

    private let base: UnsafeMutableRawPointer

    /// Makes an empty page of memory that is aligned to 16 bytes.
    init(_ memory: UnsafeMutableRawBufferPointer) {
        unsafe base = memory.baseAddress!
        let count = Int32(memory.count)
        unsafe base.storeBytes(of: Header(capacity: count, keysStart: count), as: Header.self)
    }

    /// The capacity that a page needs for one timer whose key has `keyCount` bytes.
    static func capacity(keyCount: Int) -> Int { headerByteCount + slotByteCount + keyCount }

    var memory: UnsafeMutableRawBufferPointer {
        unsafe UnsafeMutableRawBufferPointer(start: base, count: capacity)
    }

    var capacity: Int { Int(header.capacity) }
    var count: Int { Int(header.end - header.first) }
    var unwrittenCount: Int { Int(header.unwrittenCount) }

    func point(_ index: Int) -> TimerPoint {
        let slot = slot(index)
        let keyCount = Int(slot.keyCount & ~Slot.unwritten)
        return unsafe TimerPoint(
            slot.time,
            UnsafeRawBufferPointer(start: base + Int(slot.keyStart), count: keyCount))
    }

    func isUnwritten(_ index: Int) -> Bool { slot(index).keyCount & Slot.unwritten != 0 }

    /// The index of the first timer that does not come before `point`.
    func lowerBound(_ point: TimerPoint) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self.point(middle).compare(point) < 0 { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func hasRoom(keyCount: Int) -> Bool {
        let slotsEnd = Self.headerByteCount + Int(header.end + 1) * Self.slotByteCount
        return slotsEnd + keyCount <= Int(header.keysStart)
    }

    /// Whether a copy of the page would have room.
    func wouldHaveRoom(keyCount: Int) -> Bool {
        Self.headerByteCount + (count + 1) * Self.slotByteCount + Int(header.keyByteCount)
            + keyCount <= capacity
    }

    /// - Precondition: there is room, and `index` is the place of the point.
    func insert(_ point: TimerPoint, at index: Int, isUnwritten: Bool) {
        var header = header
        let keyCount = unsafe point.key.count
        header.keysStart -= Int32(keyCount)
        header.keyByteCount += Int32(keyCount)
        unsafe UnsafeMutableRawBufferPointer(start: base + Int(header.keysStart), count: keyCount)
            .copyMemory(from: point.key)
        let place = unsafe slots + Int(header.first) + index
        unsafe (place + 1).update(from: place, count: count - index)
        unsafe place.initialize(
            to: Slot(
                time: point.time, keyStart: UInt32(header.keysStart),
                keyCount: UInt32(keyCount) | (isUnwritten ? Slot.unwritten : 0)))
        header.end += 1
        if isUnwritten { header.unwrittenCount += 1 }
        self.header = header
    }

    func removeFirst() {
        forget(0)
        header.first += 1
    }

    /// Removes the timers from `index` on.
    func removeSuffix(_ index: Int) {
        for removed in index..<count { forget(removed) }
        header.end = header.first + Int32(index)
    }

    /// Appends the timers from `index` on to `other`, and removes them here.
    func moveSuffix(_ index: Int, to other: TimerPage) {
        for moved in index..<count {
            other.insert(point(moved), at: other.count, isUnwritten: isUnwritten(moved))
        }
        removeSuffix(index)
    }

    func markUnwritten(_ index: Int) {
        unsafe slots[Int(header.first) + index].keyCount |= Slot.unwritten
        header.unwrittenCount += 1
    }

    func markWritten() {
        for index in Int(header.first)..<Int(header.end) {
            unsafe slots[index].keyCount &= ~Slot.unwritten
        }
        header.unwrittenCount = 0
    }

    private func forget(_ index: Int) {
        let slot = slot(index)
        header.keyByteCount -= Int32(slot.keyCount & ~Slot.unwritten)
        if slot.keyCount & Slot.unwritten != 0 { header.unwrittenCount -= 1 }
    }

    private var header: Header {
        get { unsafe base.load(as: Header.self) }
        nonmutating set { unsafe base.storeBytes(of: newValue, as: Header.self) }
    }

    private var slots: UnsafeMutablePointer<Slot> {
        unsafe (base + Self.headerByteCount).assumingMemoryBound(to: Slot.self)
    }

    private func slot(_ index: Int) -> Slot { unsafe slots[Int(header.first) + index] }
}
