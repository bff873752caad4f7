/// The memory of a cache: a queue of segments, filled one after the other and emptied oldest
/// first, so that entries of any size come and go without fragmentation.
///
/// An entry larger than a segment gets a segment of its own. A few emptied segments are kept as
/// spares: in steady state no memory is asked from the system.
@safe struct EntryMemory: ~Copyable {
    @safe private struct Segment {
        var base: UnsafeMutableRawPointer?
        var capacity = 0
        var used = 0
        /// The segment filled next after this one.
        var following = EntryMemory.noSegment
    }

    private static let noSegment = -1
    private static let spareLimit = 2
    private static let alignment = 16

    let segmentByteCount: Int
    private let offsetBitCount: Int
    /// Not an array: every use of an entry comes by here, and would retain and release it.
    private var segments: UnsafeMutablePointer<Segment>
    private var segmentCapacity = 64
    private var usedSegmentCount = 0
    private var oldest = noSegment
    private var newest = noSegment
    private var spares: [Int] = []
    /// Segments without memory, to be used again before new ones are made.
    private var vacant: [Int] = []

    /// What is taken from the system, spares included.
    private(set) var allocatedByteCount = 0

    /// - Parameter segmentByteCount: A power of two, at least 64.
    init(segmentByteCount: Int) {
        precondition(segmentByteCount >= 64 && segmentByteCount & (segmentByteCount - 1) == 0)
        self.segmentByteCount = segmentByteCount
        offsetBitCount = (segmentByteCount >> 3).trailingZeroBitCount
        unsafe segments = .allocate(capacity: segmentCapacity)
    }

    deinit {
        for index in 0..<usedSegmentCount { unsafe segments[index].base?.deallocate() }
        unsafe segments.deallocate()
    }

    var segmentCount: Int { usedSegmentCount - vacant.count }

    @inline(__always)
    func pointer(_ reference: EntryReference) -> UnsafeMutableRawPointer {
        let segment = Int(reference.rawValue >> UInt32(offsetBitCount))
        let offset = Int(reference.rawValue & (1 << UInt32(offsetBitCount) - 1)) << 3
        return unsafe segments[segment].base.unsafelyUnwrapped + offset
    }

    /// The bytes that must be taken from the system to append an entry of `footprint` bytes.
    func byteCountNeeded(for footprint: Int) -> Int {
        if footprint > segmentByteCount { return footprint }
        return fitsInNewest(footprint) || !spares.isEmpty ? 0 : segmentByteCount
    }

    mutating func append(_ footprint: Int) -> EntryReference {
        if footprint > segmentByteCount {
            enqueue(makeSegment(footprint))
        } else if !fitsInNewest(footprint) {
            enqueue(spares.popLast() ?? makeSegment(segmentByteCount))
        }
        let offset = unsafe segments[newest].used
        unsafe segments[newest].used += footprint
        return reference(segment: newest, offset: offset)
    }

    /// Takes the oldest segment out of the queue; `nil` when there is none.
    mutating func takeOldest() -> (segment: Int, used: Int, isOversized: Bool)? {
        guard oldest != Self.noSegment else { return nil }
        let taken = oldest
        oldest = unsafe segments[taken].following
        if oldest == Self.noSegment { newest = Self.noSegment }
        let isOversized = unsafe segments[taken].capacity > segmentByteCount
        return unsafe (taken, segments[taken].used, isOversized)
    }

    func reference(segment: Int, offset: Int) -> EntryReference {
        EntryReference(rawValue: UInt32(segment << offsetBitCount | offset >> 3))
    }

    /// Puts a segment that was taken out at the end of the queue, as it is.
    mutating func enqueue(_ segment: Int) {
        unsafe segments[segment].following = Self.noSegment
        if newest == Self.noSegment {
            oldest = segment
        } else {
            unsafe segments[newest].following = segment
        }
        newest = segment
    }

    /// Gives up the content of a segment that was taken out.
    mutating func release(_ segment: Int) {
        if unsafe segments[segment].capacity == segmentByteCount, spares.count < Self.spareLimit {
            unsafe segments[segment].used = 0
            spares.append(segment)
            return
        }
        unsafe segments[segment].base?.deallocate()
        unsafe allocatedByteCount -= segments[segment].capacity
        unsafe segments[segment] = Segment()
        vacant.append(segment)
    }

    private func fitsInNewest(_ footprint: Int) -> Bool {
        guard newest != Self.noSegment else { return false }
        return unsafe segments[newest].used + footprint <= segments[newest].capacity
    }

    private mutating func makeSegment(_ capacity: Int) -> Int {
        let base = unsafe LargeMemory.allocate(byteCount: capacity, alignment: Self.alignment)
        allocatedByteCount += capacity
        let segment = unsafe Segment(base: base, capacity: capacity)
        let index = vacant.popLast() ?? nextIndex()
        unsafe (segments + index).initialize(to: segment)
        return index
    }

    private mutating func nextIndex() -> Int {
        precondition(usedSegmentCount + 1 < 1 << (32 - offsetBitCount), "the cache is too large")
        if usedSegmentCount == segmentCapacity {
            let larger = UnsafeMutablePointer<Segment>.allocate(
                capacity: segmentCapacity * 2)
            unsafe larger.moveInitialize(from: segments, count: usedSegmentCount)
            unsafe segments.deallocate()
            unsafe segments = larger
            segmentCapacity *= 2
        }
        usedSegmentCount += 1
        return usedSegmentCount - 1
    }
}
