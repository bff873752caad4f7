internal import CPCRE2

/// A regular expression of RE2, compiled by PCRE2 and to machine code where PCRE2 can.
///
/// It is compiled twice. Strings of up to ``countedFrom`` bytes run on plain code first, with a low
/// limit on the number of steps. Longer ones, and those that go beyond that limit, run on code that
/// calls back before every step and so counts how far each step went; that bounds the time whatever
/// the pattern and the string are, and costs little next to the length of such a string.
///
/// Compiled code is never written to, so threads may share it; what matching writes to is
/// ``PatternMatcher``'s.
@safe
final class Pattern: @unchecked Sendable {
    /// The longest string, in bytes, that is matched without counting.
    static let countedFrom = 128
    private static let largestCount = 4 << 10

    let plain: OpaquePointer
    let counting: OpaquePointer

    /// - Throws: what is wrong with the pattern.
    init(_ source: String) throws(PatternError) {
        guard source.utf8.count <= Self.largestCount else {
            throw PatternError("a pattern has at most \(Self.largestCount) bytes")
        }
        let translated = try PatternTranslator.translate(source)
        unsafe plain = try Self.compile(translated, options: 0)
        do {
            unsafe counting = try Self.compile(translated, options: UInt32(PCRE2_AUTO_CALLOUT))
        } catch {
            unsafe pcre2_code_free_8(plain)
            throw error
        }
    }

    deinit {
        unsafe pcre2_code_free_8(plain)
        unsafe pcre2_code_free_8(counting)
    }

    private static func compile(
        _ pattern: String, options: UInt32
    ) throws(PatternError) -> OpaquePointer {
        // RE2 takes `$` for the end of the text only, not for a line feed before it.
        let all =
            UInt32(PCRE2_UTF) | UInt32(PCRE2_DOLLAR_ENDONLY) | UInt32(PCRE2_NEVER_BACKSLASH_C)
            | UInt32(PCRE2_NEVER_UCP) | options
        var code: Int32 = 0
        var offset = 0
        var pattern = pattern
        let compiled = pattern.withUTF8 { bytes in
            unsafe pcre2_compile_8(bytes.baseAddress, bytes.count, all, &code, &offset, nil)
        }
        guard let compiled = unsafe compiled else { throw PatternError(message(of: code)) }
        // Where there is no compiler for this machine, the code is interpreted.
        unsafe pcre2_jit_compile_8(compiled, UInt32(PCRE2_JIT_COMPLETE))
        return unsafe compiled
    }

    private static func message(of code: Int32) -> String {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { buffer in
            let length = unsafe pcre2_get_error_message_8(code, buffer.baseAddress, buffer.count)
            guard length > 0 else { return "the pattern is refused with error \(code)" }
            let text = unsafe String(decoding: buffer.prefix(Int(length)), as: UTF8.self)
            return "the pattern is not valid: \(text)"
        }
    }
}
