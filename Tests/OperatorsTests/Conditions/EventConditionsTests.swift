import CEL
import Events
import Operators
import StreamCore
import Testing

@Suite("Conditions that an operator asks")
struct EventConditionsTests {
    private static let terms = [
        "event.a == 'x'", "event.a != 'x'", "event.a in ['x', 'z']", "event.a in []",
        "event.a in ['x', 1]", "event.b.c == 'y'", "has(event.b.c)", "has(event.b)",
        "event.n > 0.5", "event.n >= 1.0", "event.n < 1.0", "event.n <= 0.5", "event.n == 1",
        "event.n > 0", "!has(event.a)", "event.b == 'x'", "'x' == event.a", "event['a'] == 'x'",
        "event.list[0] == 'x'", "event.a.startsWith('x')",
    ]
    private static let values = [
        #""x""#, #""y""#, #""\u0078""#, #""""#, "1", "1.0", "0.5", "-3", "1e400", "true", "null",
        "18446744073709551615", "9007199254740993", #"{"c":"y"}"#, #"{"c":null}"#, #"{"d":1}"#,
        #"["x"]"#, "[]",
    ]

    @Test("say what an evaluation of the expression says", arguments: 0..<40)
    func equalsEvaluation(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let count = Int.random(in: 1...3, using: &random)
        let terms = (0..<count).map { _ in Self.terms.randomElement(using: &random) ?? "" }
        let text = terms.joined(separator: Bool.random(using: &random) ? " && " : " || ")
        var declarations = Declarations()
        let variable = declarations.declare("event", .dynamic)
        let expression = try Expression.compile(text, declarations)
        let evaluation = Evaluation(declarations)
        let rig = try OperatorRig(FilterOperator.spec, ["when": .string(text)])
        for _ in 0..<60 {
            let fields = ["a", "b", "n", "list"].compactMap { name in
                Int.random(in: 0..<4, using: &random) == 0
                    ? nil : #""\#(name)":\#(Self.values.randomElement(using: &random) ?? "")"#
            }
            let json = "{\(fields.joined(separator: ","))}"
            let lone = LoneEvent(json)
            guard lone.arena.parse(lone.event, limits: ParseLimits.standard) == nil else {
                continue
            }
            evaluation.bind(variable, to: lone.event, in: lone.arena)
            let expected =
                switch evaluation.decision(of: expression) {
                case .met: "out"
                case .notMet: "dropped"
                case .failed: "failed"
                }
            #expect(try rig.run(json)[0].topic == expected, "seed \(seed): \(text) of \(json)")
        }
    }
}
