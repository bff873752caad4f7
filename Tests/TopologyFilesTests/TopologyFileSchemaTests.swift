import Foundation
import Operators
import StreamCore
import Testing
import TopologyFiles

@Suite("The JSON Schema of topology files")
struct TopologyFileSchemaTests {
    /// A whole file as JSON, with some lines of it replaced.
    private func document(_ replacements: (String, String)...) throws -> String {
        var text = TopologyMutationTests.valid
        for (old, new) in replacements {
            try #require(text.contains(old), "\(old)")
            text = text.replacing(old, with: new, maxReplacements: 1)
        }
        return try Loading().json(text)
    }

    @Test(
        "is a schema, and takes a file with everything in it",
        .enabled(if: SchemaJudge.isThere, SchemaJudge.need))
    func takesValidFiles() throws {
        let documents = [
            ("everything", try document()),
            ("example", try Loading().json(TopologyLoaderTests.example)),
            ("topic", try document(("topics: [clicks, views]", "topic: clicks"))),
            ("one topic", try document(("topics: [clicks, views]", "topics: clicks"))),
            ("variable", try document(("threads: 2", "threads: $${THREADS:-2}"))),
            ("zero", try document(("grace: 1m", "grace: 0"))),
            ("combined", try document(("gap: 30m", "gap: 1h30m"))),
            ("then nothing", try document(("    - name: 'first'", "    - name: 1"))),
        ]
        #expect(try SchemaJudge.refused(documents, by: FakeOperators.registry) == [])
    }

    @Test(
        "refuses a misspelt key, a wrong kind and a missing setting wherever they stand",
        .enabled(if: SchemaJudge.isThere, SchemaJudge.need))
    func refusesMistakes() throws {
        let mistakes = [
            ("application: shop", "aplication: shop"), ("kafka:", "kafak:"),
            ("threads: 2", "threads: 0"), ("threads: 2", "threads: two"),
            ("threads: 2", "thread: 2"), ("commit_interval: 200ms", "commit_interval: 200"),
            ("commit_interval: 200ms", "commit_interval: 0s"),
            ("cache_size: 64MiB", "cache_size: 64 MB"),
            ("guarantee: at_least_once", "guarantee: at_most_once"),
            ("topics: [clicks, views]", "topics: []"),
            ("topics: [clicks, views]", "topics: [clicks]\n    topic: views"),
            ("    topics: [clicks, views]\n", ""), ("idle_after: 1m", "idle_aftr: 1m"),
            ("when_idle: hold", "when_idle: wait"), ("raw:", "raw.events:"),
            ("from: raw", "frm: raw"), ("on_error: drop", "on_error: ignore"),
            ("format: json", "format: xml"), ("format: json", "fromat: json"),
            ("parse:", "prase:"), ("parse:", "window: { key: a, gap: 1s }\n    parse:"),
            ("most: 10", "most: 1001"), ("share: 0.5", "share: 2"), ("eager: true", "eager: 1"),
            ("- name: 'first'", "- nme: 'first'"),
            ("gap_by_channel: { pos: 5m }", "gap_by_channel: 5m"),
            ("from: [grouped, grouped.closed]", "from: []"),
            ("- name: it works", "- nam: it works"),
            ("- topic: clicks", "- topc: clicks"), ("- advance: 1h", "- advance: soon"),
            ("- end: true", "- end: true\n        advance: 1h"),
            ("- key: ann\n", "- kye: ann\n"), ("x-patience:", "patience:"),
        ]
        let documents = try mistakes.enumerated().map { index, mistake in
            ("\(index) \(mistake.1.replacing("\n", with: " "))", try document(mistake))
        }
        #expect(
            try SchemaJudge.refused(documents, by: FakeOperators.registry) == documents.map(\.0))
    }

    @Test(
        "takes conditions of both forms, and expressions, but no lists in their place",
        .enabled(if: SchemaJudge.isThere, SchemaJudge.need))
    func takesExpressions() throws {
        func document(_ when: String, _ compute: String = "1") throws -> String {
            try Loading().json(
                """
                application: shop
                sources: { raw: { topic: clicks } }
                operators:
                  kept: { from: raw, filter: { when: \(when) } }
                  mapped: { from: raw, map: { compute: { a.b: \(compute) } } }
                sinks: { out: { from: [kept, mapped] } }
                """)
        }
        let documents = [
            ("text", try document("event.a == 1", "event.a + 1")),
            ("boolean", try document("true")),
            ("map", try document("{ field: a, equals: 1 }")), ("list", try document("[event.a]")),
            ("empty", try document("''")), ("nothing", try document("")),
            ("map to compute", try document("true", "{ a: 1 }")),
        ]
        #expect(
            try SchemaJudge.refused(documents, by: .standard)
                == ["list", "empty", "nothing", "map to compute"])
    }

    @Test("describes every setting, with its default")
    func describesSettings() throws {
        let text = TopologyFileSchema(operators: FakeOperators.registry).text
        let schema = try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(schema["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
        func member(_ path: String...) throws -> [String: Any] {
            try path.reduce(schema) { try #require($0[$1] as? [String: Any], "\($1)") }
        }
        let processing = try member("properties", "processing", "properties")
        let threads = try #require(processing["threads"] as? [String: Any])
        #expect(threads["default"] as? Int == 1)
        #expect(threads["description"] as? String == "Stream threads of one process.")
        let operators = try member(
            "properties", "operators", "additionalProperties", "properties")
        #expect(Set(operators.keys) == ["from", "on_error", "parse", "validate", "window", "with"])
        let parse = try #require(operators["parse"] as? [String: Any])
        #expect(
            parse["description"] as? String
                == "Reads events out of records.\n\nparse: { format: json }")
        #expect(parse["required"] as? [String] == ["format"])
    }
}
