import Avro
import Testing

@Suite("JSON to Avro")
struct AvroEncoderTests {
    @Test(
        "a value of a union becomes the type that says most about it",
        arguments: [
            (#"["string",{"type":"int","logicalType":"date"}]"#, #""2024-03-13""#, "02"),
            (#"["string",{"type":"int","logicalType":"date"}]"#, #""2024-3-13""#, "00"),
            (#"["bytes","string"]"#, #""AAAA""#, "02"), (#"["double","long"]"#, "5", "02"),
            (#"["double","long"]"#, "5.5", "00"),
            (
                #"["string",{"type":"bytes","logicalType":"decimal","precision":9}]"#, #""0""#,
                "00"
            ), (#"["null","int"]"#, "null", "00"),
            (
                #"[{"type":"long","logicalType":"timestamp-micros"},{"type":"int","logicalType":"date"}]"#,
                #""2024-03-13""#, "02"
            ),
            (
                #"[{"type":"record","name":"A","fields":[{"name":"a","type":"int","default":1}]},"#
                    + #"{"type":"map","values":"int"}]"#,
                "{}", "02"
            ),
            (
                #"[{"type":"record","name":"A","fields":[{"name":"a","type":"int"}]},"#
                    + #"{"type":"record","name":"B","fields":[{"name":"a","type":"string"}]}]"#,
                #"{"a":"x"}"#, "02"
            ),
        ])
    func unions(type: String, json: String, index: String) throws {
        let encoded = hexadecimal(try AvroRig.field(type).avro(#"{"v":\#(json)}"#))
        #expect(encoded.hasPrefix(index))
    }

    @Test(
        "what does not fit is refused, with its place",
        arguments: [
            (#""int""#, "2147483648", "v: a whole number of 32 bits is wanted, not 2147483648"),
            (#""long""#, "1.5", "v: a whole number of 64 bits is wanted, not 1.5"),
            (#""string""#, "1", "v: a string is wanted, not 1"),
            (#""float""#, "1e300", "v: a number in the range of a float is wanted, not 1e300"),
            (#""bytes""#, #""AA=A""#, #"v: bytes in base64 is wanted, not "AA=A""#),
            (
                #"{"type":"array","items":"int"}"#, "[1,null]",
                "v.[1]: a whole number of 32 bits is wanted, not null"
            ),
            (
                #"{"type":"long","logicalType":"timestamp-millis"}"#,
                #""2024-03-13T10:00:00.0001Z""#,
                "v: a time such as 2024-03-13T10:21:14Z with at most 3 digits of a second is "
                    + #"wanted, not "2024-03-13T10:00:00.0001Z""#
            ),
            (
                #"{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}"#, "1.005",
                "v: a number of up to 4 digits, 2 of them behind the point, is wanted, not 1.005"
            ),
        ])
    func refusals(type: String, json: String, reason: String) throws {
        let rig = try AvroRig.field(type)
        let failure = #expect(throws: EncodingFailure.self) { try rig.avro(#"{"v":\#(json)}"#) }
        #expect(failure?.description == reason)
    }

    @Test("a missing field is its default, null where that is a value, or refused")
    func missingFields() throws {
        let rig = try AvroRig(
            #"{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":3},"#
                + #"{"name":"b","type":["string","null"]},{"name":"c","type":"int"}]}"#)
        #expect(try rig.json(rig.avro(#"{"c":1}"#)) == #"{"a":3,"b":null,"c":1}"#)
        let failure = #expect(throws: EncodingFailure.self) { try rig.avro(#"{"a":1}"#) }
        #expect(failure?.description == "the field 'c' is missing")
    }

    @Test("fields come in any order; those that the schema does not have are refused or left out")
    func unknownFields() throws {
        let rig = try AvroRig(
            #"{"type":"record","name":"R","fields":[{"name":"a","type":"int"},"#
                + #"{"name":"b","type":"int"}]}"#)
        #expect(try rig.avro(#"{"b":2,"a":1}"#) == [2, 4])
        let failure = #expect(throws: EncodingFailure.self) {
            try rig.avro(#"{"b":2,"x":0,"a":1}"#)
        }
        #expect(failure?.description == "record 'R' has no field 'x'")
        #expect(try rig.avro(#"{"b":2,"x":0,"a":1}"#, unknownFields: .drop) == [2, 4])
    }

    @Test("unions that hold themselves can't be tried for ever")
    func trials() throws {
        let types = (0..<4).map {
            #"{"type":"record","name":"R\#($0)","fields":[{"name":"n","type":"U"},"#
                + #"{"name":"f\#($0)","type":"int"}]}"#
        }
        // Each level can be tried as four records, and none fits in the end.
        var schema = types[0].replacing(#""U""#, with: #"["null","R0"]"#)
        for index in 1..<4 {
            schema += "," + types[index].replacing(#""U""#, with: #"["null","R0","R\#(index)"]"#)
        }
        let rig = try AvroRig.field("[\(schema)]")
        let json = String(repeating: #"{"n":"#, count: 60) + "1" + String(repeating: "}", count: 60)
        #expect(throws: EncodingFailure.self) { try rig.avro(#"{"v":\#(json)}"#) }
    }
}
