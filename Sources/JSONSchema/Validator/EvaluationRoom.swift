internal import Events

/// What evaluations need beside the program, kept from one event to the next so that validating
/// allocates nothing; used by one thread.
@safe
final class EvaluationRoom {
    /// Schemas within schemas and values within values, all together. A frame of the stack takes
    /// a few hundred bytes.
    static let deepest = 1_000
    /// Rules that one value may have applied to it, without those that its size allows for.
    private static let fewestSteps = 1_000_000
    private static let stepsPerNode = 64

    let matcher = PatternMatcher()
    let nameNode = NameNode()

    /// The resources that the evaluation has gone into, the outermost first.
    ///
    /// One thread uses a room and none of its methods calls back out, so accesses can't overlap.
    @safe @exclusivity(unchecked) private(set) var scope: [Int32] = []

    /// The bits of all frames, one after the other.
    @safe @exclusivity(unchecked) private var words: UnsafeMutablePointer<UInt64>
    @safe @exclusivity(unchecked) private var wordCount = 0
    @safe @exclusivity(unchecked) private var wordCapacity = 64

    init() {
        words = .allocate(capacity: wordCapacity)
    }

    deinit {
        unsafe words.deallocate()
    }

    static func steps(forNodes count: Int) -> Int { fewestSteps + stepsPerNode * count }

    @inline(__always)
    func begin(byteCount: Int) {
        matcher.begin(byteCount: byteCount)
        if !scope.isEmpty { scope.removeAll(keepingCapacity: true) }
        wordCount = 0
    }

    // MARK: The dynamic scope

    /// Goes into a resource; returns whether it is another one than before.
    func enter(_ resource: Int32) -> Bool {
        if scope.last == resource { return false }
        scope.append(resource)
        return true
    }

    func leave() { scope.removeLast() }

    // MARK: What was looked at

    /// A frame without marks for the children of a value.
    func pushFrame(childCount: Int32) -> EvaluatedFrame {
        let needed = (Int(childCount) + 63) / 64
        if wordCount + needed > wordCapacity { grow(to: wordCount + needed) }
        unsafe (words + wordCount).initialize(repeating: 0, count: needed)
        let frame = EvaluatedFrame(start: Int32(wordCount), count: Int32(needed))
        wordCount += needed
        return frame
    }

    /// Takes the newest frame away.
    func popFrame(_ frame: EvaluatedFrame) { wordCount = Int(frame.start) }

    /// Marks in a frame what is marked in another one of the same value.
    func merge(_ frame: EvaluatedFrame, into other: EvaluatedFrame) {
        for index in 0..<Int(min(frame.count, other.count)) {
            words[Int(other.start) + index] |= words[Int(frame.start) + index]
        }
    }

    func mark(_ child: Int32, in frame: EvaluatedFrame) {
        words[Int(frame.start) + Int(child >> 6)] |= 1 << UInt64(child & 63)
    }

    func markAll(in frame: EvaluatedFrame) {
        for index in 0..<Int(frame.count) { words[Int(frame.start) + index] = .max }
    }

    func isMarked(_ child: Int32, in frame: EvaluatedFrame) -> Bool {
        words[Int(frame.start) + Int(child >> 6)] >> UInt64(child & 63) & 1 == 1
    }

    private func grow(to count: Int) {
        let capacity = max(count, wordCapacity * 2)
        let larger = UnsafeMutablePointer<UInt64>.allocate(capacity: capacity)
        unsafe larger.initialize(from: words, count: wordCount)
        unsafe words.deallocate()
        words = unsafe larger
        wordCapacity = capacity
    }
}

/// Which members or elements of a value some keyword has looked at: bits of ``EvaluationRoom``,
/// one for each child. There is one only inside a schema with `unevaluatedProperties` or
/// `unevaluatedItems`; everywhere else nothing is marked.
struct EvaluatedFrame: BitwiseCopyable {
    let start: Int32
    let count: Int32

    /// Nobody asks.
    static let none = EvaluatedFrame(start: -1, count: 0)

    var isWanted: Bool { start >= 0 }
}
