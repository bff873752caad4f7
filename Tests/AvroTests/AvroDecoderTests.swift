import Avro
import Testing

@Suite("Avro to JSON")
struct AvroDecoderTests {
    @Test(
        "scalars become what JSON has for them",
        arguments: [
            (#""null""#, "", "null"), (#""boolean""#, "01", "true"),
            (#""int""#, "ffffffff0f", "-2147483648"),
            (#""long""#, "ffffffffffffffffff01", "-9223372036854775808"),
            (#""float""#, "cdcccc3d", "0.1"), (#""double""#, "9a9999999999b93f", "0.1"),
            (#""double""#, "000000000000f87f", #""NaN""#),
            (#""double""#, "000000000000f0ff", #""-Infinity""#),
            (#""string""#, "06c3a422", #""ä\"""#), (#""bytes""#, "06ff00aa", #""/wCq""#),
            (#"{"type":"fixed","name":"F","size":2}"#, "ff00", #""/wA=""#),
            (#"{"type":"enum","name":"E","symbols":["A","B"]}"#, "02", #""B""#),
            // Two blocks, of which the first or the second says its size.
            (#"{"type":"array","items":"int"}"#, "040204020200", "[1,2,1]"),
            (#"{"type":"array","items":"int"}"#, "03040204020600", "[1,2,3]"),
            (#"{"type":"map","values":"boolean"}"#, "02026b0100", #"{"k":true}"#),
            (#"["null","string"]"#, "00", "null"), (#"["null","string"]"#, "020261", #""a""#),
        ])
    func values(type: String, hexadecimal: String, json: String) throws {
        let rig = try AvroRig.field(type)
        #expect(try rig.json(bytes(hexadecimal: hexadecimal)) == #"{"v":\#(json)}"#)
    }

    @Test(
        "logical types become what people write",
        arguments: [
            (#"{"type":"int","logicalType":"date"}"#, #""2026-11-26""#, 20783),
            (#"{"type":"int","logicalType":"time-millis"}"#, #""00:00:01.500""#, 1_500),
            (#"{"type":"long","logicalType":"time-micros"}"#, #""00:00:00.001500""#, 1_500),
            (
                #"{"type":"long","logicalType":"timestamp-millis"}"#,
                #""1969-12-31T23:59:59.999Z""#, -1
            ),
            (
                #"{"type":"long","logicalType":"timestamp-micros"}"#,
                #""1970-01-01T00:00:00.000001Z""#, 1
            ),
            (
                #"{"type":"long","logicalType":"local-timestamp-millis"}"#,
                #""1970-01-01T00:00:00.001""#, 1
            ),
            (
                #"{"type":"long","logicalType":"timestamp-nanos"}"#,
                #""1970-01-01T00:00:00.000000001Z""#, 1
            ),
        ])
    func times(type: String, json: String, number: Int64) throws {
        let rig = try AvroRig.field(type)
        let encoded = try rig.avro(#"{"v":\#(number)}"#)
        #expect(try rig.json(encoded) == #"{"v":\#(json)}"#)
        #expect(try rig.avro(#"{"v":\#(json)}"#) == encoded)
    }

    @Test("decimals keep every digit, beyond 64 bits and beyond 128")
    func decimals() throws {
        let rig = try AvroRig.field(
            #"{"type":"bytes","logicalType":"decimal","precision":40,"scale":2}"#)
        #expect(try rig.json(bytes(hexadecimal: "0407c6")) == #"{"v":19.90}"#)
        #expect(try rig.json(bytes(hexadecimal: "02ff")) == #"{"v":-0.01}"#)
        #expect(try rig.json(bytes(hexadecimal: "00")) == #"{"v":0.00}"#)
        let long = "2a" + "01" + String(repeating: "00", count: 20)
        #expect(
            try rig.json(bytes(hexadecimal: long))
                == #"{"v":14615016373309029182036848327162830196559325429.76}"#)
        let whole = try AvroRig.field(
            #"{"type":"bytes","logicalType":"decimal","precision":30}"#)
        #expect(
            try whole.json(bytes(hexadecimal: "14" + "01000000000000000000"))
                == #"{"v":4722366482869645213696.0}"#)
    }

    @Test(
        "bytes that are no value are refused, with the field, the reason and the byte",
        arguments: [
            (#""boolean""#, "02", "v: a boolean is 0 or 1, not 2 at byte 0"),
            (#""int""#, "8080808010", "v: 2147483648 does not fit in an int at byte 0"),
            (
                #""long""#, "ffffffffffffffffffff01",
                "v: a number has more than 64 bits at byte 0"
            ),
            (#""long""#, "80", "v: the bytes end inside a number at byte 1"),
            (#""string""#, "0861", "v: 4 bytes do not fit in the 1 that are left at byte 0"),
            (#""string""#, "01", "v: -1 bytes do not fit in the 0 that are left at byte 0"),
            (#""string""#, "0461ff", "v: a string is not UTF-8 at byte 2"),
            (#""int""#, "0000", "1 bytes are left behind the value at byte 1"),
            (#"["null","int"]"#, "04", "v: a union of 2 types has none of index 2 at byte 0"),
            (
                #"{"type":"enum","name":"E","symbols":["A"]}"#, "01",
                "v: an enum of 1 symbols has none of index -1 at byte 0"
            ),
            (
                #"{"type":"array","items":"long"}"#, "feffffff0f00",
                "v: 2147483647 items do not fit in the 1 bytes that are left at byte 0"
            ),
            (
                #"{"type":"array","items":"int"}"#, "ffffffffffffffffff01",
                "v: a block has no count at byte 0"
            ),
        ])
    func refusals(type: String, hexadecimal: String, reason: String) throws {
        let rig = try AvroRig.field(type)
        let failure = #expect(throws: AvroFailure.self) {
            try rig.json(bytes(hexadecimal: hexadecimal))
        }
        #expect(failure?.reason == reason)
    }

    @Test("a count of nothing ends at the limit of the text, and is skipped at once")
    func arraysOfNothing() throws {
        let count = "feffffffffffffffff01"
        let rig = try AvroRig.field(#"{"type":"array","items":"null"}"#)
        let failure = #expect(throws: AvroFailure.self) {
            try rig.json(bytes(hexadecimal: count + "00"), maximumBytes: 1000)
        }
        #expect(failure?.code == .tooLarge)
        let reader = try AvroRig(#"{"type":"record","name":"R","fields":[]}"#)
        #expect(try rig.json(bytes(hexadecimal: count + "00"), reader: reader) == "{}")
    }

    @Test("what is nested deeper than the limit is refused, also where it is skipped")
    func depth() throws {
        let tree = #"{"type":"record","name":"T","fields":[{"name":"t","type":["null","T"]}]}"#
        let rig = try AvroRig(tree)
        let deep = String(repeating: "02", count: 100) + "00"
        #expect(throws: Never.self) { try rig.json(bytes(hexadecimal: deep)) }
        let failure = #expect(throws: AvroFailure.self) {
            try rig.json(bytes(hexadecimal: deep), maximumDepth: 20)
        }
        #expect(failure?.code == .tooDeep)
        let endless = try AvroRig(
            #"{"type":"record","name":"A","fields":[{"name":"a","type":"A"}]}"#)
        #expect(throws: AvroFailure.self) { try endless.json([]) }
        let reader = try AvroRig(#"{"type":"record","name":"A","fields":[]}"#)
        #expect(throws: AvroFailure.self) { try endless.json([], reader: reader) }
    }
}
