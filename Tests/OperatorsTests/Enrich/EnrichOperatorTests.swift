import Operators
import StreamCore
import Testing

@Suite("enrich")
struct EnrichOperatorTests {
    private static let csv = """
        sku,name,price
        1,"Tea, green",4.50
        02,Größe,

        """
    private static let files = [
        "p.csv": csv,
        "p.json": #"[{"sku":1,"name":"Tea"},{"sku":"x","deep":{"a":[1]}}]"#,
        "p.ndjson": "{\"sku\":1,\"name\":\"Tea\"}\n\n{\"sku\":2}\r\n",
        "empty.csv": "sku,name\n",
    ]

    private func rig(_ settings: Setting) throws -> OperatorRig {
        try OperatorRig(EnrichOperator.spec, settings, files: Self.files)
    }

    @Test("an event gets the row of a CSV file, typed as the settings say")
    func csv() throws {
        let rig = try rig([
            "file": "p.csv", "file_key": "sku", "key": "item.sku", "types": ["price": "number"],
            "output": "item.product", "columns": ["price", "name"],
        ])
        #expect(
            try rig.values(#"{"item":{"sku":1}}"#) == [
                #"out {"item":{"sku":1,"product":{"price":4.50,"name":"Tea, green"}}}"#
            ])
        #expect(
            try rig.values(#"{"item":{"sku":"02"}}"#) == [
                #"out {"item":{"sku":"02","product":{"name":"Größe"}}}"#
            ])
        #expect(try rig.values(#"{"item":{"sku":"2"}}"#) == [#"out {"item":{"sku":"2"}}"#])
    }

    @Test("tables are read from JSON and from NDJSON, all of a row by default")
    func json() throws {
        let array = try rig(["file": "p.json", "file_key": "sku", "key": "k", "output": "r"])
        #expect(
            try array.values(#"{"k":"x"}"#) == [#"out {"k":"x","r":{"sku":"x","deep":{"a":[1]}}}"#])
        let lines = try rig(["file": "p.ndjson", "file_key": "sku", "output": "r"])
        #expect(try lines.values("{}", key: "2") == [#"out {"r":{"sku":2}}"#])
    }

    @Test("an event without a row is passed on, tagged or refused")
    func missing() throws {
        let base: [(String, Setting)] = [("file", "p.csv"), ("file_key", "sku"), ("key", "k")]
        func rig(_ policy: String) throws -> OperatorRig {
            try self.rig(.map(base + [("on_missing", .string(policy))]))
        }
        #expect(try rig("pass").values(#"{"k":"9"}"#) == [#"out {"k":"9"}"#])
        #expect(try rig("tag").values(#"{"k":"9"}"#) == [#"out {"k":"9","reference":null}"#])
        let refused = try rig("refuse")
        #expect(
            try refused.run(#"{"k":"9"}"#)[0].failure
                == "no_row: the table has no row for the event")
        #expect(
            try refused.run("{}")[0].failure
                == "missing_key: the field 'k' has no value to look up")
    }

    @Test("the lineage has the file and the first digits of its SHA-256")
    func lineage() throws {
        let rig = try rig([
            "file": "empty.csv", "file_key": "sku", "key": "k", "lineage": "by",
        ])
        #expect(try rig.values(#"{"k":"1"}"#) == [#"out {"k":"1"}"#])
        let filled = try self.rig([
            "file": "p.ndjson", "file_key": "sku", "key": "k", "lineage": "by", "columns": [],
        ])
        // printf '{"sku":1,"name":"Tea"}\n\n{"sku":2}\r\n' | sha256sum | head -c 16
        #expect(
            try filled.values(#"{"k":1}"#) == [
                #"out {"k":1,"reference":{},"by":{"table":"p.ndjson","version":"4270f7f3bfd44fa2"}}"#
            ])
    }

    @Test("a table of many rows has each of them")
    func large() throws {
        let rows = (0..<5000).map { "k\($0 &* 7919),\($0)\n" }.joined()
        let rig = try OperatorRig(
            EnrichOperator.spec,
            ["file": "t.csv", "file_key": "k", "key": "k", "columns": ["n"], "output": "r"],
            files: ["t.csv": "k,n\n" + rows])
        for number in stride(from: 0, to: 5000, by: 97) {
            let key = "k\(number &* 7919)"
            #expect(
                try rig.values(#"{"k":"\#(key)"}"#)
                    == [#"out {"k":"\#(key)","r":{"n":"\#(number)"}}"#])
            #expect(try rig.values(#"{"k":"\#(key)-"}"#) == [#"out {"k":"\#(key)-"}"#])
        }
    }

    @Test("a table from a broadcast stream is upserted, deleted from, and survives a restart")
    func stream() throws {
        let plan = try JoinRig.plan(
            EnrichOperator.spec, ["key": "k", "output": "r", "columns": ["v"]], input: "table",
            broadcast: .inOrder)
        let storage = InMemoryStateStorage()
        var rig = try JoinRig(plan, storage: storage)
        func event(at time: Int64) -> JoinRecord {
            JoinRecord(isOther: false, key: "x", time: time, value: #"{"k":"a"}"#)
        }
        try rig.send(JoinRecord(isOther: true, key: "a", time: 1, value: #"{"v":1,"w":2}"#))
        #expect(try rig.values(event(at: 2)) == [#"out {"k":"a","r":{"v":1}}"#])
        try rig.driver.commit()
        rig.driver.close()
        rig = try JoinRig(plan, storage: storage)
        #expect(try rig.values(event(at: 3)) == [#"out {"k":"a","r":{"v":1}}"#])
        try rig.send(JoinRecord(isOther: true, key: "a", time: 4, value: nil))
        #expect(try rig.values(event(at: 5)) == [#"out {"k":"a"}"#])
    }

    @Test("what is wrong with a table is told")
    func diagnostics() {
        func told(_ settings: Setting, _ text: String) -> [String] {
            problems(of: EnrichOperator.spec, settings, files: ["t.csv": text, "t.json": text])
        }
        let csv: Setting = ["file": "t.csv", "file_key": "k"]
        #expect(
            told(csv, "k,v\n1,a\n1,b\n") == [
                "the table 't.csv' can't be used: rows 1 and 2 have the same key '1'"
            ])
        let misspelt: [Setting] = [
            ["file": "t.csv", "file_key": "k", "columns": ["vv"]],
            ["file": "t.csv", "file_key": "k", "types": ["vv": "integer"]],
        ]
        for settings in misspelt {
            #expect(
                told(settings, "k,v\n1,\n") == [
                    "the table 't.csv' can't be used: no row has a column 'vv'; did you mean 'v'?"
                ])
        }
        // An empty one is one, and a row of JSON need not have all.
        #expect(
            told(["file": "t.csv", "file_key": "k", "columns": ["v"]], "k,v\n1,\n").isEmpty)
        #expect(
            told(
                ["file": "t.json", "file_key": "k", "columns": ["v"]],
                #"[{"k":1},{"k":2,"v":3}]"#
            ).isEmpty)
        #expect(told(csv, "v\n1\n") == ["the table 't.csv' can't be used: row 1 has no key in 'k'"])
        #expect(
            told(["file": "t.json", "file_key": "k"], "{}") == [
                "the table 't.json' can't be used: it is no array of objects"
            ])
        #expect(
            told(["file": "t.json", "file_key": "k"], "[1]") == [
                "the table 't.json' can't be used: row 1 is no object"
            ])
        #expect(
            told(["file": "t.json", "file_key": "k"], "[{}")[0].hasPrefix(
                "the table 't.json' can't be used: it is not JSON: "))
        #expect(
            told(["file": "t.txt", "file_key": "k"], "") == [
                "the format of 't.txt' can't be told from its name; add 'format: csv', 'json' or "
                    + "'ndjson'"
            ])
        #expect(
            told(["file": "t.csv"], "k\n") == [
                "'file_key' is missing; name the column of 't.csv' that holds the key"
            ])
        #expect(
            told(["lineage": "a"], "") == [
                "'lineage' is only for a table from a file; name the 'file', or remove it"
            ])
    }
}
