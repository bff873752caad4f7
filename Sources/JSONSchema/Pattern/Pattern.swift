internal import CPCRE2

/// A regular expression of ECMA-262, compiled by PCRE2 and to machine code where PCRE2 can.
///
/// It is compiled twice. Strings of up to ``countedFrom`` bytes run on plain code: there a limit
/// on the number of steps bounds the time well enough. Longer ones run on code that calls back
/// before every step and so counts how far each step went; that bounds the time whatever the
/// pattern and the string are, and costs little next to the length of such a string.
///
/// Most patterns of schemas are simple enough for a ``BytePattern``, which needs neither.
///
/// Compiled code is never written to, so threads may share it; what matching writes to is
/// ``PatternMatcher``'s.
@safe
final class Pattern: @unchecked Sendable {
    /// The longest string, in bytes, that is matched without counting.
    static let countedFrom = 128

    /// The pattern as the schema writes it.
    let source: String
    private let plain: OpaquePointer
    private let counting: OpaquePointer
    private let bytes: BytePattern?
    /// Whether ``plain`` is machine code. Where there is no compiler for this machine, code is
    /// interpreted.
    private let isMachineCode: Bool

    /// The pattern as plain pointers, valid as long as this is.
    var compiled: CompiledPattern {
        unsafe CompiledPattern(
            plain: plain, counting: counting, bytes: bytes, isMachineCode: isMachineCode)
    }

    /// - Throws: what is wrong with the pattern.
    init(_ source: String) throws(PatternError) {
        self.source = source
        let translated = try PatternTranslator.translate(source)
        unsafe plain = try Self.compile(translated, options: 0)
        do {
            unsafe counting = try Self.compile(translated, options: UInt32(PCRE2_AUTO_CALLOUT))
        } catch {
            unsafe pcre2_code_free_8(plain)
            throw error
        }
        bytes = BytePattern(source)
        var size = 0
        let found = unsafe pcre2_pattern_info_8(plain, UInt32(PCRE2_INFO_JITSIZE), &size)
        isMachineCode = found == 0 && size > 0
    }

    deinit {
        unsafe pcre2_code_free_8(plain)
        unsafe pcre2_code_free_8(counting)
        bytes?.deallocate()
    }

    private static func compile(
        _ pattern: String, options: UInt32
    ) throws(PatternError) -> OpaquePointer {
        let all =
            UInt32(PCRE2_UTF) | UInt32(PCRE2_MATCH_UNSET_BACKREF)
            | UInt32(PCRE2_NEVER_BACKSLASH_C) | options
        var code: Int32 = 0
        var offset = 0
        var pattern = pattern
        let compiled = pattern.withUTF8 { bytes in
            unsafe pcre2_compile_8(bytes.baseAddress, bytes.count, all, &code, &offset, nil)
        }
        guard let compiled = unsafe compiled else { throw PatternError(message(of: code)) }
        unsafe pcre2_jit_compile_8(compiled, UInt32(PCRE2_JIT_COMPLETE))
        return unsafe compiled
    }

    private static func message(of code: Int32) -> String {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { buffer in
            let length = unsafe pcre2_get_error_message_8(code, buffer.baseAddress, buffer.count)
            guard length > 0 else { return "PCRE2 refuses it with error \(code)" }
            let text = unsafe String(decoding: buffer.prefix(Int(length)), as: UTF8.self)
            return "PCRE2 can't match it: \(text)"
        }
    }
}

/// A pattern as plain pointers, which copy without touching a reference count.
@safe
struct CompiledPattern: BitwiseCopyable, @unchecked Sendable {
    let plain: OpaquePointer
    let counting: OpaquePointer
    let bytes: BytePattern?
    let isMachineCode: Bool
}
