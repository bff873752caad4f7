internal import CPCRE2

/// Matches patterns; holds the memory that one thread needs for it, so that matching allocates
/// nothing.
@safe
final class PatternMatcher {
    enum Outcome {
        case match, noMatch
        /// The answer would have taken more steps or memory than is allowed.
        case limitExceeded
    }

    /// Backtracking steps from one starting position; with ``Pattern/countedFrom`` positions and
    /// as many characters a step this is some 40 ms at the very worst.
    private static let stepLimit: UInt32 = 5_000
    /// The bytes of short strings that one event may have matched without counting; with
    /// ``stepLimit`` a second at the very worst, and nothing near it for a real pattern.
    private static let plainLimit = 16 << 10
    /// Steps and characters passed over for the counted strings of one event; some 100 ms at the
    /// very worst, and as much again for 2 MiB of it.
    private static let workLimit = 20_000_000
    private static let workPerByte = 8
    /// For the interpreter, in KiB.
    private static let heapLimit: UInt32 = 4 << 10
    private static let jitStackStart = 32 << 10
    private static let jitStackLimit = 1 << 20

    private let data: OpaquePointer
    private let plainContext: OpaquePointer
    private let countingContext: OpaquePointer
    private let jitStack: OpaquePointer?
    private let work: UnsafeMutablePointer<MatchingWork>
    // One thread uses a matcher, and nothing calls back into it.
    @safe @exclusivity(unchecked) private var plainBytes = 0

    init() {
        guard let data = unsafe pcre2_match_data_create_8(1, nil),
            let plain = unsafe pcre2_match_context_create_8(nil),
            let counting = unsafe pcre2_match_context_create_8(nil)
        else { preconditionFailure("no memory to match patterns with") }
        unsafe self.data = unsafe data
        unsafe plainContext = unsafe plain
        unsafe countingContext = unsafe counting
        unsafe jitStack = unsafe pcre2_jit_stack_create_8(
            Self.jitStackStart, Self.jitStackLimit, nil)
        unsafe work = .allocate(capacity: 1)
        unsafe work.initialize(to: MatchingWork(limit: Self.workLimit))
        unsafe limit(plain, steps: Self.stepLimit)
        unsafe limit(counting, steps: .max)
        unsafe pcre2_set_callout_8(counting, countStep, work)
    }

    deinit {
        unsafe pcre2_match_data_free_8(data)
        unsafe pcre2_match_context_free_8(plainContext)
        unsafe pcre2_match_context_free_8(countingContext)
        unsafe pcre2_jit_stack_free_8(jitStack)
        unsafe work.deallocate()
    }

    /// Forgets what the values of one event cost; the limits are for all of them together.
    func begin(byteCount: Int) {
        plainBytes = 0
        unsafe work.pointee = MatchingWork(
            limit: Self.workLimit + Self.workPerByte * byteCount)
    }

    /// Whether the pattern matches anywhere in `text`.
    ///
    /// `isInPlace`: whether the text stands in a document, which the parser found to be UTF-8 and
    /// which has bytes to spare behind it; else PCRE2 looks first.
    @inline(__always)
    func match(
        _ pattern: CompiledPattern, in text: UnsafeRawBufferPointer, isInPlace: Bool
    ) -> Outcome {
        if isInPlace, let bytes = pattern.bytes {
            return unsafe bytes.matches(padded: text) ? .match : .noMatch
        }
        return unsafe matchWithPCRE(pattern, in: text, isValid: isInPlace)
    }

    @inline(never)
    private func matchWithPCRE(
        _ pattern: CompiledPattern, in text: UnsafeRawBufferPointer, isValid: Bool
    ) -> Outcome {
        plainBytes += text.count
        let counts = text.count > Pattern.countedFrom || plainBytes > Self.plainLimit
        unsafe work.pointee.lastPosition = 0
        // An empty string may have no address, which PCRE2 would take for an error.
        let bytes = unsafe text.baseAddress ?? UnsafeRawPointer(work)
        let start = unsafe bytes.assumingMemoryBound(to: UInt8.self)
        // The way without checks is for machine code and text that is known to be UTF-8.
        let result =
            unsafe isValid && !counts && pattern.isMachineCode
            ? pcre2_jit_match_8(pattern.plain, start, text.count, 0, 0, data, plainContext)
            : pcre2_match_8(
                counts ? pattern.counting : pattern.plain, start, text.count, 0,
                isValid ? UInt32(PCRE2_NO_UTF_CHECK) : 0, data,
                counts ? countingContext : plainContext)
        if result >= 0 { return .match }
        return isNoMatch(result) ? .noMatch : .limitExceeded
    }

    /// Text that is not UTF-8 (half of a surrogate pair behind an escape) matches nothing.
    private func isNoMatch(_ result: Int32) -> Bool {
        result == PCRE2_ERROR_NOMATCH
            || (PCRE2_ERROR_UTF8_ERR21...PCRE2_ERROR_UTF8_ERR1).contains(result)
    }

    private func limit(_ context: OpaquePointer, steps: UInt32) {
        unsafe pcre2_set_match_limit_8(context, steps)
        unsafe pcre2_set_heap_limit_8(context, Self.heapLimit)
        unsafe pcre2_set_depth_limit_8(context, steps)
        if let jitStack = unsafe jitStack {
            unsafe pcre2_jit_stack_assign_8(context, nil, UnsafeMutableRawPointer(jitStack))
        }
    }
}

/// How much one match has done so far.
private struct MatchingWork {
    let limit: Int
    var spent = 0
    var lastPosition = 0
}

/// Called by PCRE2 before each step of a long match. What lies between two steps is a loop over
/// characters inside PCRE2, so its length counts too.
private func countStep(
    _ block: UnsafeMutablePointer<pcre2_callout_block_8>?, _ data: UnsafeMutableRawPointer?
) -> Int32 {
    guard let block = unsafe block,
        let work = unsafe data?.assumingMemoryBound(to: MatchingWork.self)
    else { return 0 }
    let position = unsafe block.pointee.current_position
    unsafe work.pointee.spent += 1 + abs(position - work.pointee.lastPosition)
    unsafe work.pointee.lastPosition = position
    return unsafe work.pointee.spent > work.pointee.limit ? PCRE2_ERROR_MATCHLIMIT : 0
}
