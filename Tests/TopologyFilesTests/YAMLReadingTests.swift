import StreamCore
import Testing
import TopologyFiles

@Suite("YAML in a topology file")
struct YAMLReadingTests {
    @Test(
        "means what YAML 1.2 and JSON say, without the surprises of YAML 1.1",
        arguments: [
            ("true", "a boolean"), ("False", "a boolean"), ("TRUE", "a boolean"),
            ("no", "a string"), ("yes", "a string"), ("on", "a string"), ("off", "a string"),
            ("y", "a string"), ("null", "nothing"), ("~", "nothing"), ("", "nothing"),
            ("0", "an integer"), ("-12", "an integer"), ("9223372036854775807", "an integer"),
            ("9223372036854775808", "a number"), ("1.0", "a number"), ("-0.5e-3", "a number"),
            ("1e3", "a number"), ("007", "a string"), ("0x1F", "a string"), ("0o17", "a string"),
            ("1_000", "a string"), ("+5", "a string"), (".5", "a string"), ("5.", "a string"),
            (".inf", "a string"), (".nan", "a string"), ("1:30", "a string"),
            ("12:30:45", "a string"), ("2024-03-01", "a string"),
            ("2024-03-01T10:00:00Z", "a string"), ("'5'", "a string"), ("\"true\"", "a string"),
            ("'null'", "a string"), ("!!str 5", "a string"), ("! 5", "a string"), ("=", "a string"),
            ("[1, 2]", "a list"), ("{ a: 1 }", "a map"), ("|\n  5\n", "a string"),
        ])
    func typesScalars(yaml: String, kind: String) throws {
        #expect(try Loading().value(yaml).kindName == kind)
    }

    @Test("keeps the text of a scalar as it was written")
    func keepsText() throws {
        for text in ["1.10", "007", "9223372036854775808", "1e3", "True", "2024-03-01"] {
            #expect(try Loading().value(text).text == text)
        }
    }

    @Test("merges maps with '<<', where the map's own keys win and the first merged map wins")
    func mergesMaps() throws {
        let value = try Loading().value(
            """

            { base: &base { a: 1, b: 2 }, more: &more { b: 3, c: 4 },
              one: { <<: *base, b: 9 }, two: { <<: [*base, *more], d: 5 }, text: { "<<": x } }
            """)
        func shown(_ key: String) -> [String] {
            (value[key]?.entries ?? []).map { "\($0.key)=\($0.value.text)" }.sorted()
        }
        #expect(shown("one") == ["a=1", "b=9"])
        #expect(shown("two") == ["a=1", "b=2", "c=4", "d=5"])
        #expect(shown("text") == ["<<=x"])
    }

    @Test("reports each key that stands twice, with both places, and all else that is wrong")
    func reportsDuplicates() {
        let complaints = Loading().complaints(
            """
            application: shop
            "application": other
            sources:
              raw: { topic: clicks, "topic": views, topc: x }
              raw: { topic: more }
            operators:
              parsed:
                parse: { format: json }
                'from': raw
                from: raw
                from: raw
                on_error: drop
            sinks: { out: { from: parsed, from: parsed }, out: { from: parsed } }
            """)
        #expect(
            complaints == [
                "shop.yaml:2:1: error: key 'application' stands twice in one map; "
                    + "the first one is at shop.yaml:1:1; take one of them out",
                "shop.yaml:4:25: error: key 'topic' stands twice in one map; "
                    + "the first one is at shop.yaml:4:10; take one of them out",
                "shop.yaml:4:41: error: unknown key 'topc' in 'sources.raw'; "
                    + "did you mean 'topic'?",
                "shop.yaml:5:3: error: key 'raw' stands twice in one map; "
                    + "the first one is at shop.yaml:4:3; take one of them out",
                "shop.yaml:10:5: error: key 'from' stands twice in one map; "
                    + "the first one is at shop.yaml:9:5; take one of them out",
                "shop.yaml:11:5: error: key 'from' stands twice in one map; "
                    + "the first one is at shop.yaml:9:5; take one of them out",
                "shop.yaml:13:31: error: key 'from' stands twice in one map; "
                    + "the first one is at shop.yaml:13:17; take one of them out",
                "shop.yaml:13:47: error: key 'out' stands twice in one map; "
                    + "the first one is at shop.yaml:13:10; take one of them out",
            ])
    }

    @Test(
        "that can't be read says where, why and what to do",
        arguments: [
            ("", "1:1: error: the file is empty"),
            ("# nothing", "1:1: error: the file is empty"),
            ("just text", "1:1: error: 'the topology file' must be a map, not a string"),
            (
                "a: 1\n\tb: 2",
                "2:1: error: not valid YAML: found a tab character that violates indentation "
                    + "while scanning a plain scalar, which begins at 1:4; "
                    + "indent with spaces, not with tabs"
            ),
            (
                "a: {b: ${C}}",
                "1:9: error: not valid YAML: did not find expected ',' or '}' while parsing a "
                    + "flow mapping, which begins at 1:4; "
                    + #"inside { } and [ ] write "${NAME}", in double quotes"#
            ),
            (
                "a:\n\t- b",
                "2:1: error: not valid YAML: found character that cannot start any token while "
                    + "scanning for the next token, which begins at 2:1; "
                    + "indent with spaces, not with tabs"
            ),
            (
                "a: @b",
                "1:4: error: not valid YAML: found character that cannot start any token while "
                    + "scanning for the next token, which begins at 1:4; "
                    + "put the value in quotes when it is a text"
            ),
            (
                "a: b: c",
                "1:5: error: not valid YAML: mapping values are not allowed in this context; "
                    + "check the indentation, and put a text that holds ': ' in quotes"
            ),
            (
                "a: [1, 2\nb: 3",
                "2:2: error: not valid YAML: did not find expected ',' or ']' while parsing a "
                    + "flow sequence, which begins at 1:4; "
                    + "close the bracket, or put a text that holds , [ ] { or } in quotes"
            ),
            (
                "a: 1\n b: 2",
                "2:3: error: not valid YAML: mapping values are not allowed in this context; "
                    + "check the indentation, and put a text that holds ': ' in quotes"
            ),
            (
                "a: *b",
                "1:4: error: not valid YAML: found undefined alias; "
                    + "define it further up with '&name', or put the text in quotes"
            ),
            (
                "a: 1\n---\nb: 2",
                "2:1: error: a second document begins here; "
                    + "keep one topology in a file, without '---' between parts"
            ),
            (
                "a: \"x",
                "1:6: error: not valid YAML: found unexpected end of stream while scanning a "
                    + "quoted scalar, which begins at 1:4"
            ),
            (
                "a: b\u{7}",
                "1:5: error: a control character stands here, which YAML forbids; "
                    + #"delete it, or write it in double quotes, as in "\u0007""#
            ),
        ])
    func saysWhatIsWrong(text: String, complaint: String) {
        #expect(Loading().complaints(text).first == "shop.yaml:" + complaint)
    }

    @Test("must be UTF-8, and may begin with a byte order mark")
    func mustBeUTF8() throws {
        let loader = TopologyLoader(operators: FakeOperators.registry, environment: [:])
        let bytes = Array("application: shop\nkafka: x".utf8) + [0xC3, 0x28]
        #expect(
            throws: Diagnostics.self, performing: { try loader.load(bytes, from: "shop.yaml") })
        do {
            _ = try loader.load(bytes, from: "shop.yaml")
        } catch {
            #expect(
                error.description
                    == "shop.yaml:2:9: error: the file is not valid UTF-8; save the file as UTF-8")
        }
        let marked = Array("\u{FEFF}\(TopologyLoaderTests.example)".utf8)
        #expect(try loader.load(marked, from: "shop.yaml").application == "omnichannel")
    }

    @Test("counts lines by any of its line ends, and columns by characters as editors do")
    func countsPlaces() {
        let complaints = Loading().complaints(
            "application: shop\r\nsources:\r\n  raw: {topic: c}\r\nx: é\n  é: 1\n")
        #expect(complaints.first?.hasPrefix("shop.yaml:5:4: error: not valid YAML") == true)
    }

    @Test("refuses tags, keys that are no text, and merges of what is no map")
    func refusesOddities() {
        let complaints = Loading().complaints(
            """
            application: !secret shop
            kafka: !!map { ? [a, b] : c, client.id: !!int "5" }
            processing: { <<: 5 }
            x-list: !!omap [ a ]
            """)
        #expect(
            Array(complaints.prefix(5)) == [
                "shop.yaml:1:1: error: 'the topology file' needs 'operators'; add 'operators: "
                    + "...', a map by operator name, each any value: the steps, by name. Each has "
                    + "'from' and one key that is the kind of operator, with its settings",
                "shop.yaml:1:1: error: 'the topology file' needs 'sinks'; add 'sinks: ...', a "
                    + "map by topic, each a map: topics to write, by name",
                "shop.yaml:1:1: error: 'the topology file' needs 'sources'; add 'sources: ...', a "
                    + "map by source name, each a map: topics to read, by the name that operators "
                    + "call them by",
                "shop.yaml:1:14: error: tag '!secret' means nothing here; leave it out",
                "shop.yaml:2:18: error: a key must be a text; put it in quotes",
            ])
        #expect(
            Array(complaints.dropFirst(5)) == [
                "shop.yaml:2:41: error: tag 'tag:yaml.org,2002:int' means nothing here; "
                    + "leave it out",
                "shop.yaml:3:19: error: '<<' merges a map, or a list of maps, not an integer; "
                    + "write '<<: *anchor'",
                "shop.yaml:4:9: error: tag 'tag:yaml.org,2002:omap' means nothing here; "
                    + "leave it out",
            ])
    }

    @Test("that is too deep or, by its aliases, too large is refused")
    func refusesBombs() {
        let deep = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
        #expect(
            Loading().complaints("x-deep: \(deep)").contains {
                $0.contains("nested more than 64 deep")
            })
        let tooDeep = String(repeating: "[", count: 100_000)
        #expect(Loading().complaints("x-deep: \(tooDeep)").count == 1)

        var bomb = "x-0: &x0 [a, a, a, a, a, a, a, a, a, a]\n"
        for level in 1...20 {
            let aliases = Array(repeating: "*x\(level - 1)", count: 10).joined(separator: ", ")
            bomb += "x-\(level): &x\(level) [\(aliases)]\n"
        }
        let complaints = Loading().complaints(bomb)
        #expect(complaints.contains { $0.contains("the file holds more than 200000 values") })

        let large = [UInt8](repeating: UInt8(ascii: " "), count: 5 << 20)
        let loader = TopologyLoader(operators: FakeOperators.registry, environment: [:])
        #expect(throws: Diagnostics.self) { try loader.load(large, from: "shop.yaml") }
    }
}
