import Foundation
import Testing

/// `millrace eval`, as its users run it. It needs no broker.
@Suite("millrace eval")
struct EvalCommandTests {
    private struct Outcome: Equatable {
        var status: Int32
        var output = ""
        var errors = ""
    }

    private func eval(
        _ arguments: String..., files: [String: String] = [:]
    ) throws -> Outcome {
        let folder = try TestFolder()
        var arguments = arguments
        for (name, text) in files {
            let path = try folder.write(text, to: name)
            arguments = arguments.map { $0 == name ? path : $0 }
        }
        let process = try MillraceProcess(["eval"] + arguments, in: folder)
        let status = process.waitForEnd()
        let errors = process.errors.replacing("\(folder.url.path)/", with: "")
        return Outcome(status: status ?? -1, output: process.output, errors: errors)
    }

    @Test("prints the result as JSON, one line for each event")
    func results() throws {
        #expect(
            try eval(
                "{'a': event.a + 1, 'b': event.?b}", "--event", "e.json",
                files: ["e.json": "{\n  \"a\": 1\n}\n"])
                == Outcome(status: 0, output: "{\"a\":2,\"b\":null}\n"))
        #expect(
            try eval(
                "event.a > 1", "--event", "e.ndjson",
                files: ["e.ndjson": "{\"a\":1}\n\n{\"a\":2}\n"])
                == Outcome(status: 0, output: "false\ntrue\n"))
        #expect(
            try eval("duration('90m').getHours()") == Outcome(status: 0, output: "1\n"))
    }

    @Test("shows where an expression had no value, and goes on with the next event")
    func evaluationErrors() throws {
        let outcome = try eval(
            "event.a > 1", "--event", "e.ndjson",
            files: ["e.ndjson": "{\"a\":2}\n{\"b\":2}\n{\"a\":\n{\"a\":1}\n"])
        #expect(outcome.status == 1)
        #expect(outcome.output == "true\nfalse\n")
        #expect(
            outcome.errors.hasPrefix(
                """
                millrace: e.ndjson:2: 1:7: there is no such field or key: 'a'; ask has(...) first, \
                or write .? for a field that may be missing
                  event.a > 1
                        ^
                millrace: e.ndjson:3: 
                """))
    }

    @Test("shows where an expression is wrong, and what was probably meant")
    func wrongExpressions() throws {
        #expect(
            try eval(
                "event.amont > 1.0", "--event", "e.json", "--schema", "s.json",
                files: [
                    "e.json": "{}",
                    "s.json": #"{"type":"object","properties":{"amount":{"type":"number"}}}"#,
                ])
                == Outcome(
                    status: 2,
                    errors: """
                        millrace: 1:7: event has no field 'amont'; did you mean 'amount'?
                          event.amont > 1.0
                                ^

                        """))
    }

    @Test("without an expression, and with a file that isn't there, says so")
    func usage() throws {
        #expect(try eval().status == 64)
        #expect(
            try eval("event.a")
                == Outcome(
                    status: 1,
                    errors: """
                        millrace: 1:1: the variable has no value: 'event'; give one with --event
                          event.a
                          ^

                        """))
        let outcome = try eval("event.a", "--event", "/no/such/file.json")
        #expect(outcome.status == 1)
        #expect(outcome.errors.hasPrefix("millrace: /no/such/file.json: "))
    }
}
