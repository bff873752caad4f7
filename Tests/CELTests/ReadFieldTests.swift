import CEL
import Events
import Testing

@Suite("Fields that an evaluation remembers")
struct ReadFieldTests {
    private static let texts = [
        "event.a == 1", "event.a", "has(event.a)", "event.?a.orValue(7)", "event.b.c",
        "has(event.b.c)", "event.b", "event.list[0]", "event.?list[1].orValue('none')",
        "size(event.b)", "event.a in [1, 2] && event.b.c == 'x'", "other.a", "has(other.b)",
    ]

    @Test("are those of the event as it is, whatever was bound before", arguments: 0..<50)
    func equalsFreshEvaluation(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var declarations = Declarations()
        let event = declarations.declare("event", .dynamic)
        let other = declarations.declare("other", .dynamic)
        let expressions = try Self.texts.map { try Expression.compile($0, declarations) }
        let kept = Evaluation(declarations)
        let arena = EventArena()
        var events: [Event] = []
        for _ in 0..<300 {
            switch random.next(below: 8) {
            case 0:
                // The numbers of the events that come next are those of the ones before.
                arena.reset()
                events = []
            case 1 where !events.isEmpty:
                let place = random.next(below: events.count)
                let path = FieldPath(name: ["a", "b", "list"][random.next(below: 3)])
                if random.next(below: 3) == 0 {
                    arena.remove(path, of: &events[place])
                } else {
                    arena.set(path, of: &events[place], to: Int64(random.next(below: 3)))
                }
            default: break
            }
            if events.count < 3 {
                let value = random.next(below: 3)
                let json = [
                    #"{"a":\#(value)}"#, #"{"a":"\#(value)","b":{"c":"x\#(value)"}}"#,
                    #"{"list":[\#(value),"y"],"b":null}"#,
                ][random.next(below: 3)]
                events.append(
                    unsafe Array(json.utf8).withUnsafeBytes {
                        unsafe arena.addEvent(json: $0, key: nil, timestamp: .distantPast)
                    })
            }
            let fresh = Evaluation(declarations)
            let (one, two) = (random.next(below: events.count), random.next(below: events.count))
            for evaluation in [kept, fresh] {
                evaluation.bind(event, to: events[one], in: arena)
                evaluation.bind(other, to: events[two], in: arena)
            }
            for expression in expressions {
                #expect(
                    Self.result(kept, expression) == Self.result(fresh, expression),
                    "seed \(seed): \(expression.text)")
            }
        }
    }

    private static func result(_ evaluation: Evaluation, _ expression: Expression) -> String {
        do {
            return "\(try evaluation.value(of: expression))"
        } catch {
            return "\(error.reason)"
        }
    }
}
