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

    /// Backtracking steps from one starting position in a short string, uncounted.
    private static let stepLimit: UInt32 = 500
    /// Steps and characters passed over for one long string; some 50 ms at the very worst.
    fileprivate static let workLimit = 10_000_000
    /// For the interpreter, in KiB.
    private static let heapLimit: UInt32 = 4 << 10
    private static let jitStackStart = 32 << 10
    private static let jitStackLimit = 1 << 20

    private let data: OpaquePointer
    private let plainContext: OpaquePointer
    private let countingContext: OpaquePointer
    private let jitStack: OpaquePointer?
    private let work: UnsafeMutablePointer<MatchingWork>

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
        unsafe work.initialize(to: MatchingWork())
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

    /// Whether the pattern matches anywhere in `text`. Text that is not UTF-8 matches nothing.
    func match(_ pattern: Pattern, in text: UnsafeRawBufferPointer) -> Outcome {
        unsafe work.pointee = MatchingWork()
        if text.count <= Pattern.countedFrom {
            let outcome = unsafe match(pattern.plain, plainContext, in: text)
            if outcome != .limitExceeded { return outcome }
        }
        return unsafe match(pattern.counting, countingContext, in: text)
    }

    /// The steps and characters that the last match went through, when they were counted.
    var lastWork: Int { unsafe work.pointee.spent }

    private func match(
        _ code: OpaquePointer, _ context: OpaquePointer, in text: UnsafeRawBufferPointer
    ) -> Outcome {
        // An empty string may have no address, which PCRE2 would take for an error.
        let bytes = unsafe text.baseAddress ?? UnsafeRawPointer(work)
        let result = unsafe pcre2_match_8(
            code, bytes.assumingMemoryBound(to: UInt8.self), text.count, 0, 0, data, context)
        if result >= 0 { return .match }
        let isNoMatch =
            result == PCRE2_ERROR_NOMATCH
            || (PCRE2_ERROR_UTF8_ERR21...PCRE2_ERROR_UTF8_ERR1).contains(result)
        return isNoMatch ? .noMatch : .limitExceeded
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
    return unsafe work.pointee.spent > PatternMatcher.workLimit ? PCRE2_ERROR_MATCHLIMIT : 0
}
