import Events
import Operators
import StreamCore
import Testing

@Suite("parse, CSV")
struct CSVTests {
    @Test("each row becomes an event of strings, and an empty field is left out")
    func rows() throws {
        let rig = try OperatorRig(ParseOperator.spec, ["format": "csv"])
        let text = "\u{FEFF}name,\"say \"\"hi\"\"\",n\r\nÄnne,\"a,\r\nb\"\"\",1\nBo,,2\n,,\n"
        #expect(
            try rig.values(text) == [
                #"out {"name":"Änne","say \"hi\"":"a,\r\nb\"","n":"1"}"#,
                #"out {"name":"Bo","n":"2"}"#, "out {}",
            ])
    }

    @Test("an empty field becomes null or stays when the settings say so")
    func emptyFields() throws {
        let null = try OperatorRig(ParseOperator.spec, ["format": "csv", "empty": "null"])
        #expect(try null.values("a,b\n,x\n") == [#"out {"a":null,"b":"x"}"#])
        let keep = try OperatorRig(ParseOperator.spec, ["format": "csv", "empty": "keep"])
        #expect(try keep.values("a,b\n,x\n") == [#"out {"a":"","b":"x"}"#])
        let typed = try OperatorRig(
            ParseOperator.spec, ["format": "csv", "empty": "keep", "types": ["a": "integer"]])
        #expect(
            try typed.run("a,b\n,x\n").map(\.failure) == [
                "wrong_type: row 2, which starts at byte 4: the column 'a' should hold a whole "
                    + "number of 64 bits, not ''"
            ])
    }

    @Test("columns get their types, and a field of another type fails its row alone")
    func types() throws {
        let rig = try OperatorRig(
            ParseOperator.spec,
            [
                "format": "csv", "delimiter": ";",
                "types": [
                    "i": "integer", "n": "number", "b": "boolean", "t": "timestamp", "s": "string",
                ],
            ], timestamp: "t")
        let records = try rig.run(
            """
            i;n;b;t;s
             007 ;19.90;TRUE;2024-03-13 10:21;007
            -9223372036854775808;1e3;0;1710325274;x
            1.5;1;1;2024-03-13;bad
            1;12.;1;2024-03-13;bad
            1;1;maybe;2024-03-13;bad
            1;1;1;20240313;bad
            """)
        #expect(
            records.filter { $0.topic == "out" }.map(\.value) == [
                #"{"i":7,"n":19.90,"b":true,"t":"2024-03-13T10:21:00.000Z","s":"007"}"#,
                #"{"i":-9223372036854775808,"n":1e3,"b":false,"t":"2024-03-13T10:21:14.000Z","s":"x"}"#,
            ])
        #expect(records.first { $0.topic == "out" }?.timestamp.milliseconds == 1_710_325_260_000)
        let failed = records.filter { $0.topic == "failed" }
        #expect(
            failed.map { $0.value?.trimmingSuffix("\n") } == [
                "1.5;1;1;2024-03-13;bad", "1;12.;1;2024-03-13;bad", "1;1;maybe;2024-03-13;bad",
                "1;1;1;20240313;bad",
            ])
        #expect(failed.allSatisfy { $0.headers["millrace.error"] == "wrong_type" })
        #expect(failed[2].failure.hasSuffix("'b' should hold true or false, not 'maybe'"))
        #expect(failed[0].failure.hasPrefix("wrong_type: row 4, which starts at byte 88: "))
    }

    @Test("a row that is no CSV fails alone, with its bytes, its row and its byte")
    func badRows() throws {
        let rig = try OperatorRig(ParseOperator.spec, ["format": "csv"])
        let records = try rig.run("a,b\n1,2\n3\n\"x\"y,1\n4,5\n\"6,7\n")
        #expect(records.filter { $0.topic == "out" }.count == 2)
        let failed = records.filter { $0.topic == "failed" }
        #expect(failed.map(\.value) == ["3\n", "\"x\"y,1\n", "\"6,7\n"])
        #expect(
            failed.map(\.failure) == [
                "wrong_column_count: 1 fields where the header has 2 in row 3 at byte 8",
                "text_after_quote: text follows a quoted field in row 4 at byte 13",
                "unclosed_quote: a quoted field has no end in row 6 at byte 21",
            ])
    }

    @Test("a record with a bad header fails as a whole, and one with nothing in it is empty")
    func badHeader() throws {
        let rig = try OperatorRig(ParseOperator.spec, ["format": "csv"])
        let text = "a,a\n1,2\n"
        let record = try rig.run(text)[0]
        #expect(record.value == text)
        #expect(record.failure == "duplicate_column: two columns have one name in row 1 at byte 2")
        #expect(try rig.run("\n").map(\.failure) == ["empty_value: the value is empty"])
        #expect(
            try rig.run(nil).map(\.failure) == [
                "tombstone: the record has no value (a tombstone)"
            ])
        // As when the topology does not name the columns of records without a header.
        let alone = try rig.run("a,b\n")[0]
        #expect(alone.value == "a,b\n")
        #expect(alone.failure.hasPrefix("no_rows: there is a header and no row behind it"))
    }

    @Test("without a header the columns come from the settings, and places count from the record")
    func columns() throws {
        let rig = try OperatorRig(
            ParseOperator.spec,
            ["format": "csv", "columns": ["id", "the \"name\""], "types": ["id": "integer"]])
        let records = try rig.run("\u{FEFF}1,x\n2\nz,y\n3,w\n")
        #expect(
            records.filter { $0.topic == "out" }.map(\.value) == [
                #"{"id":1,"the \"name\"":"x"}"#, #"{"id":3,"the \"name\"":"w"}"#,
            ])
        let failed = records.filter { $0.topic == "failed" }
        #expect(failed.map(\.value) == ["2\n", "z,y\n"])
        #expect(
            failed.map(\.failure) == [
                "wrong_column_count: 1 fields where the header has 2 in row 2 at byte 7",
                "wrong_type: row 3, which starts at byte 9: the column 'id' should hold a whole "
                    + "number of 64 bits, not 'z'",
            ])
    }

    @Test("settings that make no sense are reported, all at once")
    func problems() {
        #expect(
            OperatorsTests.problems(
                of: ParseOperator.spec,
                ["format": "jsn", "delimiter": ";", "duplicate_keys": "first"]) == [
                    "'format' can't be 'jsn'; did you mean 'json'?",
                    "'duplicate_keys' can't be 'first'; known here: keep_first, reject",
                    "'delimiter' is only for 'format: csv'; remove it, or set the format",
                ])
        #expect(
            OperatorsTests.problems(
                of: ParseOperator.spec,
                [
                    "format": "csv", "delimiter": "ab", "columns": ["a", "b", "a"],
                    "types": ["aa": "integer", "b": "int"],
                ]) == [
                    "'ab' can't separate fields; write one ASCII character such as ';', or tab",
                    "there is no type 'int'; known here: boolean, integer, number, string, timestamp",
                    "'columns' has a name twice", "there is no column 'aa'; did you mean 'a'?",
                ])
    }
}

extension String {
    fileprivate func trimmingSuffix(_ suffix: String) -> String {
        hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
    }
}
