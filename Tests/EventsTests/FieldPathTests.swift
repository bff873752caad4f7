import Events
import Testing

@Suite struct FieldPathTests {
    @Test(
        "paths are read",
        arguments: [
            ("a", [.name("a")]),
            ("page.url", [.name("page"), .name("url")]),
            ("items[0].sku", [.name("items"), .index(0), .name("sku")]),
            ("a[1][22]", [.name("a"), .index(1), .index(22)]),
            (#""key.with.dots".x"#, [.name("key.with.dots"), .name("x")]),
            ("'single'", [.name("single")]),
            (#"a."b \" c""#, [.name("a"), .name(#"b " c"#)]),
            (#"'it\'s'"#, [.name("it's")]),
            (#""back\\slash""#, [.name(#"back\slash"#)]),
            (#""""#, [.name("")]),
            ("a['b.c']", [.name("a"), .name("b.c")]),
            ("['a b'][0]", [.name("a b"), .index(0)]),
            ("ключ.é", [.name("ключ"), .name("é")]),
            ("a-b.c_d.$e", [.name("a-b"), .name("c_d"), .name("$e")]),
            ("\"\u{301}\"", [.name("\u{301}")]),
        ] as [(String, [FieldPath.Component])])
    func reads(text: String, components: [FieldPath.Component]) throws {
        let path = try FieldPath(text)
        #expect(path.components == components)
        #expect(path.count == components.count)
        #expect(path == FieldPath(components))
        // then: what is printed is read as the same path
        #expect(try FieldPath(path.description) == path)
    }

    @Test(
        "what is no path is refused at its column",
        arguments: [
            ("", 1), (".", 1), ("a.", 3), (".a", 1), ("a..b", 3), ("a b", 2), ("a[", 3), ("a[]", 3),
            ("a[x]", 3), ("a[-1]", 3), ("a[1", 4), ("a[99999999999]", 3), ("[0]", 1), ("a]", 2),
            ("\"a", 1), ("a.'b", 3), ("a\"b\"", 2), ("a.b c", 4), ("a\\b", 2), ("'a\\", 1),
        ])
    func refuses(text: String, column: Int) {
        let error = #expect(throws: FieldPathError.self) { try FieldPath(text) }
        #expect(error?.column == column)
    }

    @Test("an error says what to write")
    func explains() {
        let error = #expect(throws: FieldPathError.self) { try FieldPath("a.b c") }
        #expect(error?.description == "column 4: expected '.' or '[' before ' '")
        let start = #expect(throws: FieldPathError.self) { try FieldPath("[3].x") }
        #expect(start?.reason == "an event is an object, so a path starts with a name")
    }

    @Test("a path has at most 64 steps")
    func limitsSteps() throws {
        let longest = Array(repeating: "a", count: 64).joined(separator: ".")
        #expect(try FieldPath(longest).count == 64)
        #expect(throws: FieldPathError.self) { try FieldPath(longest + ".a") }
    }

    @Test("paths of random names print and read back", arguments: 0..<10)
    func roundTrips(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let pieces = ["a", ".", "\"", "'", "\\", "[", "]", " ", "é", "\u{301}", "🛒", "\n", "0"]
        for _ in 0..<200 {
            var components: [FieldPath.Component] = []
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                if !components.isEmpty, generator.chance(25) {
                    components.append(.index(Int.random(in: 0..<1_000, using: &generator)))
                } else {
                    let length = Int.random(in: 0...4, using: &generator)
                    components.append(
                        .name((0..<length).map { _ in generator.pick(pieces) }.joined()))
                }
            }
            let path = FieldPath(components)
            #expect(try FieldPath(path.description) == path)
        }
    }

    @Test("random texts are read or refused, and never trap", arguments: 0..<10)
    func survivesRandomText(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let pieces = ["a", ".", "\"", "'", "\\", "[", "]", " ", "1", "é", "\u{301}", "\0"]
        for _ in 0..<2_000 {
            let length = Int.random(in: 0...10, using: &generator)
            let text = (0..<length).map { _ in generator.pick(pieces) }.joined()
            if let path = try? FieldPath(text) {
                #expect(try FieldPath(path.description) == path)
            }
        }
    }

    @Test("a path can be continued")
    func continues() throws {
        #expect(try FieldPath("a[0]").appending(.name("b")) == FieldPath("a[0].b"))
    }
}
