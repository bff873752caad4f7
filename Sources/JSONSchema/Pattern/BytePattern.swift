/// A pattern that is simple enough to be matched byte by byte, without going back.
///
/// It starts with `^` and is a row of characters and classes, each with a repetition at most:
/// `^evt_[0-9a-f]+$`, `^[A-Z]{3}$`, `^[^@]+@[^@]+$`. What is repeated an open number of times must
/// not be what may follow it, so taking all there is is always right.
///
/// The first bytes, as far as their number is fixed, are compared sixteen at a time with the one
/// or two ranges that each of them must lie in. The rest is looked up byte by byte.
///
/// It belongs to the ``Pattern`` that made it, which frees it.
@safe
struct BytePattern: BitwiseCopyable {
    /// So many times one of a class of bytes.
    struct Step: BitwiseCopyable, Equatable {
        /// The class: a bit of ``classes``.
        var mask: UInt16
        var least: UInt32
        var most: UInt32
    }

    /// What sixteen bytes must be: each in one of two ranges.
    struct Block: BitwiseCopyable {
        var low = SIMD16<UInt8>(repeating: 0)
        var span = SIMD16<UInt8>(repeating: 255)
        var secondLow = SIMD16<UInt8>(repeating: 0)
        var secondSpan = SIMD16<UInt8>(repeating: 255)

        @inline(__always)
        func holds(_ bytes: SIMD16<UInt8>) -> Bool {
            let isOutside = ((bytes &- low) .> span) .& ((bytes &- secondLow) .> secondSpan)
            return !any(isOutside)
        }
    }

    private let blocks: UnsafeMutablePointer<Block>
    private let blockCount: Int
    /// The bytes that the blocks look at.
    private let fixedCount: Int
    private let steps: UnsafeMutablePointer<Step>
    private let stepCount: Int
    /// For each byte: the classes that have it.
    private let classes: UnsafeMutablePointer<UInt16>
    private let endsAtEnd: Bool

    /// The pattern as bytes; `nil` when it is not simple enough.
    init?(_ source: String) {
        var reader = BytePatternReader(source)
        guard reader.read() else { return nil }
        let (fixed, open) = reader.divided()
        fixedCount = fixed.count
        blockCount = (fixed.count + 15) / 16
        stepCount = open.count
        endsAtEnd = reader.endsAtEnd
        unsafe blocks = .allocate(capacity: blockCount)
        unsafe blocks.initialize(repeating: Block(), count: blockCount)
        unsafe steps = .allocate(capacity: stepCount)
        for (index, step) in open.enumerated() { unsafe (steps + index).initialize(to: step) }
        unsafe classes = .allocate(capacity: 256)
        for byte in 0..<256 {
            unsafe (classes + byte).initialize(to: reader.classes(of: UInt8(byte)))
        }
        for (index, ranges) in fixed.enumerated() {
            let (block, lane) = unsafe (blocks + index / 16, index % 16)
            unsafe block.pointee.low[lane] = ranges[0].lowerBound
            unsafe block.pointee.span[lane] = ranges[0].upperBound - ranges[0].lowerBound
            let second = ranges.count > 1 ? ranges[1] : ranges[0]
            unsafe block.pointee.secondLow[lane] = second.lowerBound
            unsafe block.pointee.secondSpan[lane] = second.upperBound - second.lowerBound
        }
    }

    /// Frees the memory. No copy may be used after.
    func deallocate() {
        unsafe blocks.deallocate()
        unsafe steps.deallocate()
        unsafe classes.deallocate()
    }

    /// Whether the pattern matches a text of UTF-8, behind which sixteen bytes can be read.
    func matches(padded text: UnsafeRawBufferPointer) -> Bool {
        guard text.count >= fixedCount else { return false }
        for index in 0..<blockCount {
            let bytes = unsafe text.baseAddress.unsafelyUnwrapped.loadUnaligned(
                fromByteOffset: index &* 16, as: SIMD16<UInt8>.self)
            guard unsafe blocks[index].holds(bytes) else { return false }
        }
        var position = fixedCount
        for index in 0..<stepCount {
            guard unsafe take(steps[index], in: text, &position) else { return false }
        }
        return !endsAtEnd || position == text.count
    }

    @inline(__always)
    private func take(
        _ step: Step, in text: UnsafeRawBufferPointer, _ position: inout Int
    ) -> Bool {
        let least = Int(step.least)
        guard text.count &- position >= least else { return false }
        let limit = min(text.count &- position, Int(step.most))
        var taken = 0
        while taken < limit {
            let byte = unsafe text[position &+ taken]
            if unsafe classes[Int(byte)] & step.mask == 0 { break }
            taken &+= 1
        }
        position &+= taken
        return taken >= least
    }
}
