import JSONSchema
import Testing

/// A few texts for each format; the official suite has more.
@Suite("Formats")
struct FormatTests {
    private let assert = SchemaOptions(formats: .assert)

    @Test(
        "a format is asserted on request",
        arguments: [
            (
                "date-time", ["2024-02-29T23:59:60Z", "2024-01-01t00:00:00.5+23:59"],
                ["2023-02-29T00:00:00Z", "2024-01-01T00:00:00"]
            ),
            ("date", ["2000-02-29"], ["1900-02-29", "2024-1-01", "2024-04-31"]),
            ("time", ["00:29:60-23:30", "12:00:00Z"], ["12:00:60Z", "24:00:00Z", "12:00:00"]),
            (
                "duration", ["P1Y2M3DT4H5M6S", "P2W", "PT36H"],
                ["P", "PT", "P1Y2D", "P1W1D", "P1.5D"]
            ),
            (
                "email", ["a.b@example.com", "\"a b\"@[127.0.0.1]"],
                ["a@", "@b", "a..b@c.de", "ä@b.de"]
            ),
            ("idn-email", ["ä@bücher.example"], ["ä", "a@-b"]),
            (
                "hostname", ["example.com", "xn--9n2bp8q.xn--9t4b11yi5a"],
                ["a_b", "-a", "a.", "xn--X"]
            ),
            ("idn-hostname", ["bücher.example", "例え。テスト"], ["a..b", "\u{302E}a", "l·a"]),
            ("ipv4", ["0.0.0.0", "255.255.255.255"], ["256.0.0.1", "1.2.3", "01.2.3.4"]),
            (
                "ipv6", ["::", "1::8", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8"],
                ["1", ":::", "1:2:3:4:5:6:7:8:9", "1::2::3", "::1%eth0"]
            ),
            (
                "uri", ["https://a@b.c:80/d?e#f", "urn:x:y"],
                ["a/b", "http://a b", "http://[::1", "http://a:b"]
            ),
            ("uri-reference", ["", "a/b", "//c", "?d", "#e"], ["1:b", "a\\b", "%zz"]),
            ("iri", ["http://ä/ö?ü"], ["ä", "http://a\u{FFFF}"]),
            ("iri-reference", ["ä/ö"], ["ä\\"]),
            ("uri-template", ["a{?b*,c:3}", ""], ["{", "}", "{a:0}", "{a,}"]),
            (
                "uuid", ["2eb8aa08-AA98-11ea-b4aa-73b441d16380"],
                ["2eb8aa08aa98-11ea-b4aa-73b441d16380"]
            ),
            ("json-pointer", ["", "/a~0b~1/"], ["a", "/~2", "/~"]),
            ("relative-json-pointer", ["0#", "1/a"], ["01", "-1", "/a", "0##"]),
            ("regex", ["^a(?<n>b)\\k<n>$", "(?<=a+)b"], ["(", "\\a", "(?P<n>x)"]),
        ])
    func assertion(format: String, valid: [String], invalid: [String]) throws {
        let schema = "{\"format\":\"\(format)\"}"
        for text in valid {
            #expect(try violations(schema, text.json, options: assert) == [], "\(text)")
        }
        for text in invalid {
            #expect(
                try violations(schema, text.json, options: assert) == [
                    " /format the string is not of the format '\(format)'"
                ], "\(text)")
            #expect(try isValid(schema, text.json))
        }
        #expect(try violations(schema, "1", options: assert) == [])
    }

    @Test("a format that is not known is refused where formats are asserted")
    func unknown() {
        #expect(problems(#"{"format":"colour"}"#) == [])
        #expect(
            problems(#"{"format":"colour"}"#, options: assert) == [
                "/format: 'colour' is not a format of JSON Schema 2020-12; use 'pattern'"
            ])
        let lenient = SchemaOptions(formats: .assert, unknownKeywords: .ignore)
        #expect(problems(#"{"format":"colour"}"#, options: lenient) == [])
    }

    @Test("no text stops the process")
    func randomTexts() throws {
        var generator = SeededGenerator(seed: 5)
        let parts = [
            "xn--", "1", "a", ":", "::", ".", "-", "{", "}", "%", "%41", "/", "@", "[", "]", "ä",
            "\u{5D0}", "\u{200D}", "P", "T", "9999999999", "~", "\"", "\\", "。",
        ]
        let formats = [
            "date-time", "duration", "idn-email", "hostname", "idn-hostname", "ipv6", "iri",
            "iri-reference", "uri-template", "uuid", "regex", "relative-json-pointer",
        ]
        let schemas = formats.map { "{\"format\":\"\($0)\"}" }
        let schema =
            "{\"items\":{\"anyOf\":[\(schemas.joined(separator: ",")),true]}}"
        var texts: [String] = []
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...7, using: &generator)
            texts.append(
                (0..<count).map { _ in parts.randomElement(using: &generator)! }.joined().json)
        }
        #expect(try violations(schema, "[\(texts.joined(separator: ","))]", options: assert) == [])
    }
}
