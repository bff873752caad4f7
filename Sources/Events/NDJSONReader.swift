internal import CSimdJSON

/// Splits newline-delimited JSON into lines.
///
/// A line ends with LF or CR LF, the last one also with the text. Lines of white space are
/// skipped. The text is passed to every call, because it may move while events are added to the
/// arena that it lies in.
///
/// ```swift
/// var lines = NDJSONReader()
/// while let line = lines.next(in: text) { ... }
/// ```
public struct NDJSONReader: Sendable {
    /// The number of the last line that was returned, from 1; blank lines count.
    public private(set) var lineNumber = 0

    private var position = 0

    /// A reader at the first line.
    public init() {}

    /// The bytes of the next line that is not blank, without its end; `nil` after the last one.
    public mutating func next(in text: UnsafeRawBufferPointer) -> Range<Int>? {
        while position < text.count {
            let start = position
            let rest = unsafe UnsafeRawBufferPointer(rebasing: text[start...])
            let length = unsafe csimdjson_find(rest.baseAddress, rest.count, UInt8(ascii: "\n"))
            position = start + length + 1
            lineNumber += 1
            let line = unsafe Self.trimmed(start..<start + length, in: text)
            if !line.isEmpty { return line }
        }
        return nil
    }

    private static func trimmed(
        _ line: Range<Int>, in text: UnsafeRawBufferPointer
    ) -> Range<Int> {
        var end = line.upperBound
        while end > line.lowerBound, unsafe JSONDiagnosis.isWhiteSpace(text[end - 1]) { end -= 1 }
        return line.lowerBound..<end
    }
}
