import Events
import Foundation
import Testing

@Suite struct ByteBufferTests {
    private static func written(_ body: (inout ByteBuffer) -> Void) -> String {
        var buffer = ByteBuffer(capacity: 0)
        body(&buffer)
        return buffer.string
    }

    @Test("bytes of all kinds are appended, beyond the first capacity")
    func appends() {
        var buffer = ByteBuffer(capacity: 1)
        buffer.append("abc")
        buffer.append(UInt8(ascii: "-"))
        buffer.append(string: "ü")
        buffer.append("é")
        unsafe buffer.append(Array("12".utf8).span.bytes)
        let whole = buffer.string
        #expect(whole == "abc-üé12")
        buffer.truncate(to: 3)
        let cut = buffer.string
        #expect(cut == "abc")
        buffer.removeAll()
        let isEmpty = buffer.isEmpty && buffer.span.byteCount == 0
        #expect(isEmpty)
    }

    @Test(
        "whole numbers are written like Swift writes them",
        arguments: [
            0, 1, -1, 9, 10, 99, 100, 1_234_567_890, Int64.max, Int64.min, Int64.max - 1,
            1_000_000_000_000_000_000, 999_999_999_999_999_999,
        ])
    func writesIntegers(number: Int64) {
        #expect(Self.written { $0.append(integer: number) } == "\(number)")
        let unsigned = UInt64(bitPattern: number)
        #expect(Self.written { $0.append(unsignedInteger: unsigned) } == "\(unsigned)")
    }

    @Test("decimals read back as the same number and as decimals", arguments: 0..<10)
    func writesDecimals(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        for _ in 0..<500 {
            let number = Double(bitPattern: generator.next())
            guard number.isFinite else { continue }
            let text = Self.written { $0.append(double: number) }
            #expect(Double(text) == number)
            #expect(text.contains { ".e".contains($0) })
        }
    }

    @Test("decimals have a point, and what JSON does not have is null")
    func writesUnusualDecimals() {
        #expect(Self.written { $0.append(double: 1) } == "1.0")
        #expect(Self.written { $0.append(double: -0.0) } == "-0.0")
        #expect(Self.written { $0.append(double: 0.8125) } == "0.8125")
        #expect(Self.written { $0.append(double: 1e300) } == "1e+300")
        #expect(Self.written { $0.append(double: .infinity) } == "null")
        #expect(Self.written { $0.append(double: .nan) } == "null")
    }

    @Test("any text becomes a JSON string that Foundation reads back", arguments: 0..<20)
    func writesStrings(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let pieces = [
            "a", "\"", "\\", "\n", "\0", "\u{1f}", "é", "🛒", "\u{7f}", "/", " ", "\u{2028}",
        ]
        for _ in 0..<300 {
            let length = Int.random(in: 0...30, using: &generator)
            let text = (0..<length).map { _ in generator.pick(pieces) }.joined()
            let json = "[" + Self.written { $0.append(jsonString: text) } + "]"
            let read = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String]
            #expect(read == [text])
        }
    }

    @Test("bytes that are not UTF-8 become replacement characters", arguments: 0..<10)
    func repairsStrings(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        for _ in 0..<300 {
            let length = Int.random(in: 0...20, using: &generator)
            let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            let text = Self.written { buffer in
                unsafe bytes.withUnsafeBytes { unsafe buffer.append(jsonString: $0) }
            }
            let (arena, event) = EventArena.holding("{\"a\":\(text)}")
            #expect(try arena.text(of: event, at: "a") == String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test("only what must be escaped is escaped")
    func escapesLittle() {
        let text = "a/b\u{7f}é\u{2028}'\"\\\u{8}\u{c}\n\r\t\u{1}"
        #expect(
            Self.written { $0.append(jsonString: text) }
                == "\"a/b\u{7f}é\u{2028}'\\\"\\\\\\u0008\\u000c\\n\\r\\t\\u0001\"")
    }

    @Test("a single character is escaped at every place of a word", arguments: 0..<17)
    func escapesAnywhere(position: Int) {
        for special in ["\"", "\\", "\u{1f}"] {
            let text = "x".repeated(position) + special + "x".repeated(16 - position)
            let written = Self.written { $0.append(jsonString: text) }
            #expect(written.utf8.count == 17 + 2 + (special == "\u{1f}" ? 5 : 1))
        }
    }
}
