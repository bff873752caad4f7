import Events
import Operators
import StreamCore
import Testing

@Suite("map")
struct MapOperatorTests {
    private func mapped(_ settings: Setting, _ json: String) throws -> [String] {
        try OperatorRig(MapOperator.spec, settings).values(json)
    }

    @Test("constants of every kind are set, also where objects are missing on the way")
    func set() throws {
        let settings: Setting = [
            "set": [
                "a": "x\"y", "b.c": true, "d": nil, "e": .number("1.50"), "f": ["g": [1, "h"]],
                "i": 7,
            ]
        ]
        #expect(
            try mapped(settings, #"{"a":1,"z":[0]}"#) == [
                #"out {"a":"x\"y","z":[0],"b":{"c":true},"d":null,"e":1.50,"f":{"g":[1,"h"]},"i":7}"#
            ])
    }

    @Test("copies are byte for byte, renamed fields move, removed ones go")
    func moves() throws {
        let json = #"{"price":19.90,"user":{"id":"\u00e9","x":1},"list":[ 1,2 ]}"#
        let settings: Setting = [
            "copy": ["p": "price", "first": "list[0]", "none": "missing"],
            "rename": ["user.id": "id", "missing": "gone"], "remove": ["list", "nothing.here"],
        ]
        #expect(
            try mapped(settings, json) == [
                #"out {"price":19.90,"user":{"x":1},"p":19.90,"first":1,"id":"\u00e9"}"#
            ])
    }

    @Test("the steps are taken in their order, whatever the order of the file")
    func order() throws {
        let settings: Setting = [
            "key": "k", "convert": ["k": "string"], "set": ["k": 5], "remove": "b",
            "rename": ["a": "b2"], "copy": ["b": "a"],
        ]
        let rig = try OperatorRig(MapOperator.spec, settings)
        let record = try rig.run(#"{"a":1}"#, key: "old")[0]
        #expect(record.topic == "out")
        #expect(record.value == #"{"b2":1,"k":"5"}"#)
        #expect(record.key == "5")
    }

    @Test(
        "values are converted, exactly, and stay as they are when they have the type",
        arguments: [
            ("integer", #""007""#, "7"), ("integer", "1.0", "1"), ("integer", "1e3", "1000"),
            ("integer", "18446744073709551615", "18446744073709551615"),
            ("integer", #""-12.0""#, "-12"), ("integer", "null", "null"),
            ("number", #""19.90""#, "19.90"), ("number", "1e2", "1e2"),
            ("string", "19.90", #""19.90""#), ("string", "true", #""true""#),
            ("string", #""a\n""#, #""a\n""#), ("boolean", #""TRUE""#, "true"),
            ("boolean", "0", "false"), ("boolean", "true", "true"),
            ("timestamp", #""2024-03-13 11:21+01:00""#, #""2024-03-13T10:21:00.000Z""#),
            ("timestamp", "1710325274", #""2024-03-13T10:21:14.000Z""#),
            ("timestamp:epoch_seconds", #""1.5""#, #""1970-01-01T00:00:01.500Z""#),
            ("timestamp:epoch_milliseconds", "1500", #""1970-01-01T00:00:01.500Z""#),
            ("timestamp:iso8601", #""2024-03-13""#, #""2024-03-13T00:00:00.000Z""#),
        ])
    func convert(type: String, value: String, expected: String) throws {
        let settings: Setting = ["convert": ["a.b": .string(type), "missing": .string(type)]]
        #expect(
            try mapped(settings, "{\"a\":{\"b\":\(value)}}") == ["out {\"a\":{\"b\":\(expected)}}"])
    }

    @Test(
        "a value that can't be converted sends the event to .failed as it came",
        arguments: [
            ("integer", #""1.5""#), ("integer", "1.5"), ("integer", "true"),
            ("integer", #""99999999999999999999""#), ("integer", "{}"), ("number", #""1,5""#),
            ("number", #""""#), ("number", "false"), ("string", "{}"), ("string", "[]"),
            ("boolean", "2"), ("boolean", #""yes""#), ("timestamp", #""soon""#),
            ("timestamp", "true"), ("timestamp:iso8601", "1710325274"),
            ("timestamp:epoch_seconds", #""2024-03-13""#),
        ])
    func impossible(type: String, value: String) throws {
        let rig = try OperatorRig(
            MapOperator.spec, ["set": ["new": 1], "convert": ["a": .string(type)], "key": "new"])
        let json = "{ \"a\":\(value) }"
        let record = try rig.run(json, key: "k")[0]
        #expect(record.topic == "failed")
        #expect(record.value == json)
        #expect(record.key == "k")
        #expect(record.failure.hasPrefix("conversion: the field 'a' can't be made "))
        #expect(record.failure.hasSuffix(": \(value)"))
    }

    @Test("an array in the way of a field, or no value for the key, is a failure")
    func obstacles() throws {
        let set = try OperatorRig(MapOperator.spec, ["set": ["list.x": 1]])
        #expect(
            try set.run(#"{"list":[1]}"#)[0].failure == "field_not_settable: the field 'list.x' "
                + "can't be set: the event is no object, or an array is in the way")
        let key = try OperatorRig(MapOperator.spec, ["key": "user.id"])
        for json in ["{}", #"{"user":{"id":null}}"#, #"{"user":{"id":{}}}"#] {
            #expect(
                try key.run(json)[0].failure
                    == "missing_key: the field 'user.id' has no text, number or boolean to be the key"
            )
        }
        #expect(try key.run(#"{"user":{"id":12}}"#)[0].key == "12")
    }

    @Test("the key that the operator sets is known to the topology")
    func changedKey() throws {
        let definition = try makeDefinition(MapOperator.spec, ["key": "user.id"])
        #expect(definition.changedKey == (try FieldPath("user.id")))
        #expect(try makeDefinition(MapOperator.spec, ["remove": "a"]).changedKey == nil)
    }

    @Test("settings that make no sense are reported, all at once")
    func problems() {
        #expect(
            OperatorsTests.problems(of: MapOperator.spec, [:]) == [
                "'map' has nothing to do; add one of copy, rename, remove, set, convert, compute, key"
            ])
        #expect(
            OperatorsTests.problems(
                of: MapOperator.spec,
                [
                    "rename": ["a": "a.b", "c.d": "c"], "convert": ["x": "int"],
                    "set": ["y": .number(".inf")], "key": "a..b",
                ]) == [
                    "'a' can't be renamed to 'a.b': one contains the other; use 'copy' and 'remove'",
                    "'c.d' can't be renamed to 'c': one contains the other; use 'copy' and 'remove'",
                    "JSON has no number '.inf'",
                    "nothing converts to 'int'; known here: boolean, integer, number, string, "
                        + "timestamp, timestamp:epoch_milliseconds, timestamp:epoch_seconds, "
                        + "timestamp:iso8601",
                    "'key' is not a field path: column 3: expected a name; put one with unusual "
                        + "characters in quotes",
                ])
    }
}
