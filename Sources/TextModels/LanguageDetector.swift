#if canImport(CCLD2)
internal import CCLD2
#endif

/// Finds the language of a text.
///
///     let detector = try LanguageDetector()
///     detector.detect("Wo ist mein Paket?").code  // "de"
///
/// The first 16 KiB of a text are looked at. What is not UTF-8 or has no words, such as emoji, is
/// of unknown language, and so are most texts of one word, and one phrase over and over.
///
/// Source: Compact Language Detector 2, over 80 languages.
public struct LanguageDetector: Sendable {
    /// Whether this build has the library.
    public static var isAvailable: Bool {
        #if canImport(CCLD2)
        true
        #else
        false
        #endif
    }

    /// The date of the library's tables, as in `20141016`; empty when this build lacks it.
    public static let version: String = {
        #if canImport(CCLD2)
        // The library's own text has the version of its code in front: "V2.0 - 20141016".
        let text = unsafe String(cString: ccld2_version())
        return String(text.split(separator: " ").last ?? "")
        #else
        ""
        #endif
    }()

    /// Throws when this build lacks the library.
    public init() throws(TextModelError) {
        guard Self.isAvailable else { throw .missingLibrary("CLD2", package: "libcld2-dev") }
    }

    public func detect(_ text: UnsafeRawBufferPointer) -> Language {
        #if canImport(CCLD2)
        let found = unsafe ccld2_detect(text.baseAddress, text.count)
        // A code fits into the string itself.
        let code = unsafe withUnsafeBytes(of: found.code) {
            unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        return Language(
            code: code, isReliable: found.is_reliable, share: Double(found.percent) / 100)
        #else
        return .unknown
        #endif
    }

    public func detect(_ text: String) -> Language {
        var text = text
        return text.withUTF8 { unsafe detect(UnsafeRawBufferPointer($0)) }
    }
}
