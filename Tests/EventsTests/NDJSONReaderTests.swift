import Events
import Testing

@Suite struct NDJSONReaderTests {
    private static func lines(of text: String) -> [String] {
        let bytes = Array(text.utf8)
        var reader = NDJSONReader()
        var lines: [String] = []
        unsafe bytes.withUnsafeBytes { text in
            while let line = unsafe reader.next(in: text) {
                lines.append(String(decoding: bytes[line], as: UTF8.self))
            }
        }
        return lines
    }

    @Test(
        "lines are split at LF and CR LF, and blank ones are skipped",
        arguments: [
            ("", []), ("\n", []), ("\r\n \t\n", []), ("{}", ["{}"]), ("{}\n", ["{}"]),
            ("{\"a\":1}\r\n{\"b\":2}", ["{\"a\":1}", "{\"b\":2}"]),
            ("\n\n{}\n\n\n[]\n", ["{}", "[]"]), (" {} \n", [" {}"]), ("{}\r{}", ["{}\r{}"]),
        ])
    func splits(text: String, expected: [String]) {
        #expect(Self.lines(of: text) == expected)
    }

    @Test("the line number counts blank lines")
    func countsLines() {
        let bytes = Array("\n{}\n\n[]".utf8)
        var reader = NDJSONReader()
        unsafe bytes.withUnsafeBytes { text in
            #expect(unsafe reader.next(in: text) == 1..<3)
            #expect(reader.lineNumber == 2)
            #expect(unsafe reader.next(in: text) == 5..<7)
            #expect(reader.lineNumber == 4)
            #expect(unsafe reader.next(in: text) == nil)
        }
    }
}
