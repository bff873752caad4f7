import CEL
import Events
import Testing

@Suite("Tests of single fields")
struct FieldTestTests {
    private static let fields = [
        #""x""#, #""\u0078""#, #""""#, "1", "1.5", "18446744073709551615", "true", "null",
        #"{"c":"x"}"#, #"["x"]"#,
    ]

    private var declarations = Declarations()
    private let event: Variable

    init() { event = declarations.declare("event", .dynamic) }

    @Test(
        "say what the evaluation says, with its reason, or leave it to that",
        arguments: [
            "event.a == 'x'", "event.a != 'x'", "event.a in ['x', 'y']", "event.a > 1.25",
            "event.a >= 1.5", "event.a < 1.5", "event.a <= 1.25", "has(event.a)", "has(event.a.c)",
            "event.a.c == 'x'",
        ])
    func equalsEvaluation(text: String) throws {
        let expression = try Expression.compile(text, declarations)
        let asked = try #require(expression.fieldTests(of: event))
        let evaluation = Evaluation(declarations)
        var decided = 0
        for json in Self.fields.map({ #"{"a":\#($0)}"# }) + ["{}"] {
            let arena = EventArena()
            let record = unsafe Array(json.utf8).withUnsafeBytes {
                unsafe arena.addEvent(json: $0, key: nil, timestamp: .distantPast)
            }
            evaluation.bind(event, to: record, in: arena)
            let expected = evaluation.decision(of: expression)
            let (path, test) = asked.tests[0]
            guard let found = test.decision(of: arena.value(of: record, at: path), in: arena) else {
                continue
            }
            decided += 1
            #expect(found == expected, "\(text) of \(json)")
        }
        #expect(decided >= 3)
    }

    @Test("are all or any of the terms of && and ||")
    func terms() throws {
        let all = try Expression.compile("event.a == 'x' && has(event.b)", declarations)
        #expect(all.fieldTests(of: event)?.tests.count == 2)
        #expect(all.fieldTests(of: event)?.needsAll == true)
        let any = try Expression.compile("event.a == 'x' || has(event.b)", declarations)
        #expect(any.fieldTests(of: event)?.needsAll == false)
    }

    @Test(
        "are not made of what asks more",
        arguments: [
            "event.a == event.b", "event.a == 1", "event.a in [1]", "event.a + 'x' == 'xx'",
            "event.a == 'x' && event.b.size() > 1", "event.a", "event == 'x'",
            "event.list.exists(x, x == 'y')",
        ])
    func others(text: String) throws {
        #expect(try Expression.compile(text, declarations).fieldTests(of: event) == nil)
    }
}
