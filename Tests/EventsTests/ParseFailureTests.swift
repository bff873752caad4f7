import Events
import Testing

@Suite struct ParseFailureTests {
    struct Sample: CustomTestStringConvertible, Sendable {
        let bytes: [UInt8]
        let code: ParseFailure.Code
        let position: Int
        var testDescription: String {
            "\(code): \(String(decoding: bytes.prefix(40), as: UTF8.self))"
        }

        init(_ text: String, _ code: ParseFailure.Code, _ position: Int) {
            self.init(bytes: Array(text.utf8), code, position)
        }

        init(bytes: [UInt8], _ code: ParseFailure.Code, _ position: Int) {
            self.bytes = bytes
            self.code = code
            self.position = position
        }
    }

    static let corpus = [
        Sample("", .emptyValue, -1),
        Sample(" \n\t ", .emptyValue, -1),
        Sample("{", .truncated, 1),
        Sample(#"{"a""#, .truncated, 4),
        Sample(#"{"a":"#, .truncated, 5),
        Sample(#"{"a":1"#, .truncated, 6),
        Sample(#"{"a":1,"#, .truncated, 7),
        Sample(#"{"a":tru"#, .truncated, 8),
        Sample(#"{"a":"text"#, .truncated, 10),
        Sample(#"{"a":"text\"#, .truncated, 11),
        Sample(#"{"a":"\u00"#, .truncated, 10),
        Sample(#"{"a":-"#, .truncated, 6),
        Sample(#"{"a":[1,[2"#, .truncated, 10),
        Sample(#"{"a":1}x"#, .trailingContent, 7),
        Sample(#"{"a":1} {"b":2}"#, .trailingContent, 8),
        Sample(#"{"a":1}]"#, .trailingContent, 7),
        Sample(#"{"a":1]"#, .unexpectedByte, 6),
        Sample(#"{"a":1,}"#, .unexpectedByte, 7),
        Sample(#"{"a":[1,]}"#, .unexpectedByte, 8),
        Sample(#"{"a":[1 2]}"#, .unexpectedByte, 8),
        Sample(#"{"a" 1}"#, .unexpectedByte, 5),
        Sample(#"{"a"}"#, .unexpectedByte, 4),
        Sample(#"{a:1}"#, .unexpectedByte, 1),
        Sample(#"{1:1}"#, .unexpectedByte, 1),
        Sample(#"{'a':1}"#, .unexpectedByte, 1),
        Sample(#"{"a":nul}"#, .unexpectedByte, 8),
        Sample(#"{"a":truest}"#, .unexpectedByte, 9),
        Sample(#"{"a":NaN}"#, .unexpectedByte, 5),
        Sample(#"{"a":+1}"#, .unexpectedByte, 5),
        Sample("\u{FEFF}{}", .unexpectedByte, 0),
        Sample("not json", .unexpectedByte, 1),
        Sample(#"{"a":01}"#, .invalidNumber, 5),
        Sample(#"{"a":1.}"#, .invalidNumber, 7),
        Sample(#"{"a":.5}"#, .unexpectedByte, 5),
        Sample(#"{"a":1e}"#, .invalidNumber, 7),
        Sample(#"{"a":1e+}"#, .invalidNumber, 8),
        Sample(#"{"a":-x}"#, .invalidNumber, 6),
        Sample(#"{"a":1x}"#, .invalidNumber, 6),
        Sample(#"{"a":0x10}"#, .invalidNumber, 6),
        Sample(#"{"a":18446744073709551616}"#, .numberOutOfRange, 5),
        Sample(#"{"a":-9223372036854775809}"#, .numberOutOfRange, 5),
        Sample(#"{"a":123456789012345678901234567890}"#, .numberOutOfRange, 5),
        Sample(#"{"a":1e400}"#, .numberOutOfRange, 5),
        Sample(#"{"a":-1e400}"#, .numberOutOfRange, 5),
        Sample(#"{"a":"\x"}"#, .invalidEscape, 6),
        Sample(#"{"a":"\u12g4"}"#, .invalidEscape, 6),
        Sample(#"{"a":"\ud800"}"#, .invalidEscape, 6),
        Sample(#"{"a":"\udc00"}"#, .invalidEscape, 6),
        Sample(#"{"a":"\ud800\u0041"}"#, .invalidEscape, 6),
        Sample(#"{"\ud800":1}"#, .invalidEscape, 2),
        Sample("{\"a\":\"\u{1}\"}", .controlCharacter, 6),
        Sample("{\"a\":\"line\nbreak\"}", .controlCharacter, 10),
        Sample("{\"a\":\"\0\"}", .nulByte, 6),
        Sample("{\"a\":\0}", .nulByte, 5),
        Sample("{\"a\":1}\0", .nulByte, 7),
        Sample("\0", .nulByte, 0),
        Sample(bytes: [0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D], .invalidUTF8, 2),
        Sample(bytes: [0x7B, 0x22, 0xC3, 0x22, 0x3A, 0x31, 0x7D], .invalidUTF8, 2),
        Sample(bytes: [0x7B, 0x22, 0xED, 0xA0, 0x80, 0x22, 0x3A, 0x31, 0x7D], .invalidUTF8, 2),
        Sample(bytes: [0xFF, 0xFE, 0x7B, 0x00], .invalidUTF8, 0),
        Sample("[1,2]", .notAnObject, 0),
        Sample(" 42 ", .notAnObject, 1),
        Sample(#""text""#, .notAnObject, 0),
        Sample("null", .notAnObject, 0),
        Sample(#"{"a":1,"a":2}"#, .duplicateKey, 7),
        Sample(#"{"a":1,"b":{"x":1,"y":2, "x":3}}"#, .duplicateKey, 25),
        Sample(#"{"a":1,"\u0061":2}"#, .duplicateKey, 7),
    ]

    @Test("every malformed value is told apart, by code and byte", arguments: corpus)
    func tellsApart(sample: Sample) {
        // given
        let (arena, event) = EventArena.holding(bytes: sample.bytes)
        // when
        let failure = arena.parse(event, limits: .standard)
        // then
        #expect(failure?.code == sample.code)
        #expect(failure?.position == sample.position)
        #expect(arena.renderedBytes(event) == sample.bytes)
        #expect(arena.root(of: event).isMissing)
    }

    @Test(
        "valid values that are near the malformed ones pass",
        arguments: [
            "{}", " {} ", #"{"a":1e-400}"#, #"{"a":18446744073709551615}"#,
            #"{"a":"\ud83d\uDE00"}"#,
            #"{"a":{"a":{"a":1}}}"#, #"{"":{"":[]}}"#, "{\"a\":\"\u{7F}\"}",
            #"{"a":1.7976931348623157e308}"#,
            #"{"a":[{"x":1},{"x":1}]}"#,
            #"{"a":0.00000000000000000000000000000000000000000000000001}"#,
        ])
    func accepts(text: String) {
        let (arena, event) = EventArena.holding(text)
        #expect(arena.parse(event, limits: .standard) == nil)
        #expect(arena.rendered(event) == text)
    }

    @Test("depth counts objects and arrays, and is refused one beyond the limit")
    func limitsDepth() {
        func nested(_ depth: Int, _ inside: String) -> String {
            "{\"a\":" + "[".repeated(depth - 1) + inside + "]".repeated(depth - 1) + "}"
        }
        for inside in ["", "1"] {
            let (arena, events) = EventArena.holding([
                nested(128, inside), nested(129, inside), nested(10_000, inside),
            ])
            #expect(arena.parse(events[0], limits: .standard) == nil)
            #expect(
                arena.parse(events[1], limits: .standard)
                    == ParseFailure(code: .tooDeep, position: 5 + 127))
            #expect(arena.parse(events[2], limits: .standard)?.code == .tooDeep)
            #expect(arena.parse(events[2], limits: ParseLimits(maximumDepth: 10_000)) == nil)
            #expect(arena.rendered(events[2]) == nested(10_000, inside))
        }
    }

    @Test("size is refused one byte beyond the limit")
    func limitsSize() {
        let text = #"{"a":"12345"}"#
        let (arena, event) = EventArena.holding(text)
        let tight = ParseLimits(maximumBytes: text.utf8.count - 1)
        #expect(arena.parse(event, limits: tight) == ParseFailure(code: .tooLarge))
        #expect(arena.parse(event, limits: ParseLimits(maximumBytes: text.utf8.count)) == nil)
        // then: what is indexed stays indexed
        #expect(arena.parse(event, limits: tight) == nil)
    }

    @Test("strings of a megabyte are read, with and without escapes")
    func readsLargeStrings() throws {
        let plain = "x".repeated(1 << 20)
        let escaped = #"\n"#.repeated(1 << 20)
        let (arena, event) = EventArena.holding("{\"a\":\"\(plain)\",\"b\":\"\(escaped)\"}")
        #expect(arena.parse(event, limits: .standard) == nil)
        #expect(try arena.text(of: event, at: "a") == plain)
        #expect(try arena.text(of: event, at: "b") == "\n".repeated(1 << 20))
        // then: an arena that met them serves small events again
        arena.reset()
        let batch = RecordBatch()
        batch.append(Array(#"{"a":1}"#.utf8))
        arena.attach(batch)
        #expect(arena.parse(arena.addEvent(record: 0), limits: .standard) == nil)
    }

    @Test("repeated names are found among many", arguments: [2, 63, 64, 65, 66, 200, 5_000])
    func findsDuplicatesAmongMany(count: Int) {
        let names = (0..<count).map { "\"name\($0)\":\($0)" }
        let unique = "{" + names.joined(separator: ",") + "}"
        let last = "{" + (names + [names[count / 2]]).joined(separator: ",") + "}"
        let first = "{" + ([names[count - 1]] + names).joined(separator: ",") + "}"
        let (arena, events) = EventArena.holding([unique, last, first])
        #expect(arena.parse(events[0], limits: .standard) == nil)
        #expect(
            arena.parse(events[1], limits: .standard)
                == ParseFailure(code: .duplicateKey, position: unique.utf8.count))
        #expect(arena.parse(events[2], limits: .standard)?.code == .duplicateKey)
    }

    @Test("an object of 100,000 members is checked in a moment, also when hashes collide")
    func survivesManyMembers() {
        // Names that agree in their first and last eight bytes have one hash.
        let names = (0..<100_000).map { "\"aaaaaaaa\(String($0 + 1_000_000))zzzzzzzz\":0" }
        let (arena, event) = EventArena.holding("{" + names.joined(separator: ",") + "}")
        #expect(arena.parse(event, limits: .standard) == nil)
    }

    @Test("with keepFirst the first member of a name stays and the others are left out")
    func keepsFirst() throws {
        let json = #"{"a":1, "b":{"x":[1],"x":{"x":2}} , "\u0061":3,"a":{"a":4,"a":5},"c":6}"#
        let (arena, event) = EventArena.holding(json)
        #expect(arena.parse(event, limits: ParseLimits(duplicateKeys: .keepFirst)) == nil)
        #expect(arena.rendered(event) == #"{"a":1, "b":{"x":[1]},"c":6}"#)
        #expect(arena.text(arena.rawValue(of: event)) == json)
        #expect(try arena.text(of: event, at: "b.x[0]") == "1")
    }

    @Test("with keepFirst repeated names are left out of large objects, too")
    func keepsFirstAmongMany() {
        let names = (0..<300).map { "\"n\($0)\":\($0)" }
        let doubled = names.flatMap { [$0, $0] } + names
        let (arena, event) = EventArena.holding("{" + doubled.joined(separator: ",") + "}")
        #expect(arena.parse(event, limits: ParseLimits(duplicateKeys: .keepFirst)) == nil)
        #expect(arena.rendered(event) == "{" + names.joined(separator: ",") + "}")
    }

    @Test("a failure reads as a sentence, with what stands at the byte")
    func readsAsSentence() {
        let (arena, events) = EventArena.holding([#"{"a":1,"a":2}"#, #"{"n": 1e999, "x": 1}"#, nil])
        let failures = events.map { arena.parse($0, limits: .standard)! }
        #expect(
            arena.describe(failures[0], of: events[0])
                == #"an object has two members of one name, the second at byte 7: "a":2}"#)
        #expect(
            arena.describe(failures[1], of: events[1])
                == #"a number that does not fit in 64 bits at byte 6: 1e999, "x": 1}"#)
        #expect(failures[2].reason == "the record has no value (a tombstone)")
        #expect(failures[0].code.name == "duplicate_key")
        #expect(
            Set(ParseFailure.Code.allCases.map(\.name)).count == ParseFailure.Code.allCases.count)
    }
}
