import Events
import Testing

@Suite struct CSVReaderTests {
    /// Everything that a reader makes of a text: rows as JSON, and failures.
    private static func read(
        _ text: [UInt8], delimiter: Character = ","
    ) -> (rows: [String], failures: [CSVFailure]) {
        var reader = CSVReader(delimiter: delimiter.asciiValue!)
        return read(text, with: &reader)
    }

    private static func read(
        _ text: [UInt8], with reader: inout CSVReader
    ) -> (rows: [String], failures: [CSVFailure]) {
        var buffer = ByteBuffer()
        var rows: [String] = []
        var failures: [CSVFailure] = []
        unsafe text.withUnsafeBytes { bytes in
            while let outcome = unsafe reader.next(in: bytes, into: &buffer) {
                switch outcome {
                case .row: rows.append(buffer.string)
                case .failure(let failure, _): failures.append(failure)
                }
                buffer.removeAll()
            }
        }
        return (rows, failures)
    }

    private static func read(_ text: String) -> (rows: [String], failures: [CSVFailure]) {
        read(Array(text.utf8))
    }

    @Test("rows are those that Python's strict csv module reads", arguments: PythonCSV.samples)
    func agreesWithPython(sample: PythonCSV.Sample) throws {
        // when
        let (rows, failures) = Self.read("x,y\n" + sample.text)
        // then
        let fitting = sample.rows.filter { $0.count == 2 }
        let read = try rows.map { row in
            let (arena, event) = EventArena.holding(row)
            return [
                try arena.text(of: event, at: "x") ?? "", try arena.text(of: event, at: "y") ?? "",
            ]
        }
        if sample.fails {
            #expect(Array(read.prefix(fitting.count)) == fitting)
            #expect(failures.contains { $0.code == .unclosedQuote || $0.code == .textAfterQuote })
        } else {
            #expect(read == fitting)
            #expect(failures.count == sample.rows.count - fitting.count)
        }
    }

    @Test("columns are named by the header, whatever characters are in it")
    func namesColumns() {
        let (rows, failures) = Self.read("id,\"two \"\"words\"\"\",a.b\r\n1,2,\"3\n4\"\r\n")
        #expect(rows == [#"{"id":"1","two \"words\"":"2","a.b":"3\n4"}"#])
        #expect(failures.isEmpty)
    }

    @Test("a row with too few or too many fields fails, the others are read")
    func reportsColumnCount() {
        let (rows, failures) = Self.read("a,b\n1\n2,3\n4,5,6\n7,8")
        #expect(rows == [#"{"a":"2","b":"3"}"#, #"{"a":"7","b":"8"}"#])
        #expect(
            failures == [
                CSVFailure(code: .wrongColumnCount(expected: 2, found: 1), row: 2, position: 4),
                CSVFailure(code: .wrongColumnCount(expected: 2, found: 3), row: 4, position: 10),
            ])
        #expect(failures[1].reason == "3 fields where the header has 2 in row 4 at byte 10")
    }

    @Test("a quote without end fails at the quote and takes the rest of the text")
    func reportsUnclosedQuote() {
        let (rows, failures) = Self.read("a,b\n1,2\n3,\"x\n5,6\n")
        #expect(rows == [#"{"a":"1","b":"2"}"#])
        #expect(failures == [CSVFailure(code: .unclosedQuote, row: 3, position: 10)])
    }

    @Test("text after a quoted field fails, and reading goes on in the next line")
    func reportsTextAfterQuote() {
        let (rows, failures) = Self.read("a,b\n\"1\"x,2\n3,4\n")
        #expect(rows == [#"{"a":"3","b":"4"}"#])
        #expect(failures == [CSVFailure(code: .textAfterQuote, row: 2, position: 7)])
    }

    @Test("a row that is not UTF-8 fails at the byte")
    func reportsInvalidUTF8() {
        let (rows, failures) = Self.read(
            Array("a,b\n1,".utf8) + [0xC3, 0x28] + Array("\n3,4".utf8))
        #expect(rows == [#"{"a":"3","b":"4"}"#])
        #expect(failures == [CSVFailure(code: .invalidUTF8, row: 2, position: 6)])
    }

    @Test(
        "a header that cannot name columns fails, and there are no rows",
        arguments: [
            ("a,a\n1,2\n", CSVFailure.Code.duplicateColumn, 2), ("a,\n1,2\n", .unnamedColumn, 2),
            ("\"a\n1,2\n", .unclosedQuote, 0),
        ])
    func reportsHeader(text: String, code: CSVFailure.Code, position: Int) {
        let (rows, failures) = Self.read(text)
        #expect(rows.isEmpty)
        #expect(failures == [CSVFailure(code: code, row: 1, position: position)])
    }

    @Test("other delimiters, a byte order mark and texts without rows are read")
    func readsVariants() {
        #expect(
            Self.read(Array("\u{FEFF}a;b\n1,5;2".utf8), delimiter: ";").rows
                == [#"{"a":"1,5","b":"2"}"#])
        #expect(Self.read(Array("a\tb\n1\t\"2\t3\"".utf8), delimiter: "\t").rows.count == 1)
        for text in ["", "\n\n", "a,b", "a,b\n", "\u{FEFF}"] {
            let (rows, failures) = Self.read(text)
            #expect(rows.isEmpty && failures.isEmpty)
        }
    }

    @Test("a reader that is restarted reads another text with another header")
    func restarts() {
        var reader = CSVReader()
        #expect(Self.read(Array("a,b\n1,2".utf8), with: &reader).rows == [#"{"a":"1","b":"2"}"#])
        reader.restart()
        let columns = reader.columnCount
        #expect(columns == 0)
        #expect(Self.read(Array("c\n3".utf8), with: &reader).rows == [#"{"c":"3"}"#])
    }

    @Test("random bytes never trap, and each row is a valid object", arguments: 0..<10)
    func survivesRandomBytes(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let alphabet = Array("ab,;\"\"\n\r \0\\".utf8) + [0xC3, 0xA9, 0xFF]
        for _ in 0..<300 {
            let length = Int.random(in: 0...60, using: &generator)
            let text = (0..<length).map { _ in generator.pick(alphabet) }
            for row in Self.read(text).rows {
                let (arena, event) = EventArena.holding(row)
                #expect(arena.parse(event, limits: .standard) == nil)
            }
        }
    }
}
