import Events
import StreamCore
import Testing

@Suite("Settings as operators read them")
struct ConfigurationTests {
    private static let place = SourceLocation(file: "shop.yaml", line: 7, column: 5)

    private func configuration(_ entries: [(String, ConfigurationValue)]) -> Configuration {
        let map = entries.map {
            ConfigurationValue.Entry(key: $0.0, keyLocation: Self.place, value: $0.1)
        }
        return Configuration(
            name: "sessions", value: ConfigurationValue(.map(map), at: Self.place),
            readFile: { _ in [] })
    }

    private func string(_ text: String) -> ConfigurationValue {
        ConfigurationValue(.string(text), text: text, at: Self.place)
    }

    private func integer(_ number: Int64, text: String? = nil) -> ConfigurationValue {
        ConfigurationValue(.integer(number), text: text ?? "\(number)", at: Self.place)
    }

    @Test("a setting that is not there has its default, and that is no problem")
    func defaults() {
        var empty = configuration([])
        #expect(empty.string("a") == nil)
        #expect(empty.duration("a", default: .seconds(5)) == .seconds(5))
        #expect(empty.optionalDuration("a") == nil)
        #expect(empty.size("a", default: 7) == 7)
        #expect(empty.integer("a", default: 8) == 8)
        #expect(empty.number("a", default: 0.5) == 0.5)
        #expect(empty.boolean("a", default: true) == true)
        #expect(empty.fieldPath("a") == nil)
        #expect(empty.values("a").isEmpty)
        #expect(!empty.has("a"))
        #expect(empty.nested("a") == nil)
        #expect(empty.diagnostics.isEmpty)
    }

    @Test("values are read as what they are")
    func values() throws {
        var settings = configuration([
            ("gap", string("1h30m")), ("limit", string("8MiB")), ("count", integer(12)),
            ("path", string("page.url")), ("code", integer(7, text: "007")),
            ("on", ConfigurationValue(.boolean(false), text: "no", at: Self.place)),
            ("zero", integer(0)),
            ("half", ConfigurationValue(.number(0.5), text: "0.5", at: Self.place)),
            ("list", ConfigurationValue(.list([string("a"), string("b")]), at: Self.place)),
        ])
        #expect(settings.duration("gap", default: .zero) == .seconds(5400))
        #expect(settings.duration("zero", default: .seconds(1)) == .zero)
        #expect(settings.size("limit", default: 0) == 8 << 20)
        #expect(settings.integer("count", default: 0) == 12)
        #expect(settings.number("count", default: 0) == 12)
        #expect(settings.number("half", default: 0) == 0.5)
        #expect(settings.fieldPath("path") == (try FieldPath("page.url")))
        #expect(settings.string("code") == "007")
        #expect(settings.boolean("on", default: true) == false)
        #expect(settings.values("list").map(\.text) == ["a", "b"])
        #expect(settings.values("gap").map(\.text) == ["1h30m"])
        #expect(settings.has("gap"))
        #expect(settings.diagnostics.isEmpty)
    }

    @Test("what can't be read is reported with its place, and all of it")
    func problems() {
        var settings = configuration([
            ("gap", string("soon")), ("limit", string("8 apples")), ("count", string("many")),
            ("path", string("a..b")), ("on", string("perhaps")),
            ("name", ConfigurationValue(.list([]), at: Self.place)),
        ])
        _ = settings.duration("gap", default: .zero)
        _ = settings.size("limit", default: 0)
        _ = settings.integer("count", default: 0)
        _ = settings.fieldPath("path")
        _ = settings.boolean("on", default: true)
        _ = settings.string("name")
        let found = settings.diagnostics.all.map(\.description)
        #expect(found.count == 6)
        #expect(found.allSatisfy { $0.hasPrefix("shop.yaml:7:5: error: ") })
        #expect(
            found[0]
                == "shop.yaml:7:5: error: 'gap' is not a duration: 'soon'; write a number and a "
                + "unit, such as 500ms, 30s, 10m, 24h or 7d")
        #expect(found[2] == "shop.yaml:7:5: error: 'count' must be an integer, not a string")
        #expect(found[5] == "shop.yaml:7:5: error: 'name' must be a string, not a list")
    }

    @Test("what a nested part reports is taken over")
    func nested() throws {
        let inner = ConfigurationValue(
            .map([.init(key: "gap", keyLocation: Self.place, value: string("soon"))]),
            at: Self.place)
        var settings = configuration([("inner", inner)])
        var nested = try #require(settings.nested("inner"))
        #expect(nested.name == "sessions")
        _ = nested.optionalDuration("gap")
        #expect(settings.diagnostics.isEmpty)
        settings.absorb(nested)
        #expect(settings.diagnostics.all.count == 1)
    }

    @Test("diagnostics are shown once each, by file, line and column")
    func sortedDiagnostics() {
        func at(_ file: String, _ line: Int, _ column: Int) -> Diagnostic {
            Diagnostic("wrong", at: SourceLocation(file: file, line: line, column: column))
        }
        let all = [at("b", 1, 1), at("a", 10, 1), at("a", 9, 20), at("a", 9, 3), at("b", 1, 1)]
        #expect(
            Diagnostics(all).description == """
                a:9:3: error: wrong
                a:9:20: error: wrong
                a:10:1: error: wrong
                b:1:1: error: wrong
                """)
    }

    @Test("references name a node and perhaps an output")
    func references() {
        #expect(StreamReference("parsed").output == nil)
        #expect(StreamReference("parsed.failed").node == "parsed")
        #expect(StreamReference("parsed.failed").output == "failed")
        #expect(StreamReference("parsed.").output == "")
        #expect(StreamReference("parsed.failed").description == "parsed.failed")
        let elsewhere = StreamReference("parsed.failed", at: Self.place)
        #expect(elsewhere == StreamReference(node: "parsed", output: "failed"))
    }
}
