internal import CEL
internal import CMallocCount
internal import Events

/// How fast rules are evaluated over parsed events: what an expression costs by itself.
struct Rules {
    static let name = "rules"

    /// What people write: comparisons, a list, a prefix, a field that is often missing, a loop.
    private static let texts = [
        "event.event_type == 'purchase' && event.channel in ['web', 'mobile']",
        "has(event.page.url) && event.page.url.startsWith('https://')",
        "event.?user_id.orValue('') != '' || event.?device_id.orValue('') != ''",
        "has(event.items) && event.items.exists(item, item.price > 50.0)",
    ]

    private let expressions: [Expression]
    private let evaluation: Evaluation
    private let event: Variable

    init() throws {
        var declarations = Declarations()
        event = declarations.declare("event", .dynamic)
        evaluation = Evaluation(declarations)
        expressions = try Self.texts.map { try Expression.compile($0, declarations) }
    }

    /// Evaluates all rules over all events; parsing is not measured.
    func measure(_ input: SampleInput) -> Round {
        var round = Round()
        var met = 0
        let arena = EventArena()
        for (index, batch) in input.batches.map(\.records).enumerated() {
            arena.reset()
            arena.attach(batch)
            let events = (0..<batch.count).map { arena.addEvent(record: $0) }
            for event in events { _ = arena.parse(event, limits: .standard) }
            let isSteady = index >= input.batches.count / 2
            let mallocs = malloc_count_this_thread()
            let (start, startOnCore) = (ContinuousClock.now, LoadedJob.timeOnCore())
            for record in events {
                evaluation.bind(event, to: record, in: arena)
                for expression in expressions
                where (try? evaluation.boolean(of: expression)) == true {
                    met += 1
                }
            }
            round.onCore += LoadedJob.timeOnCore() - startOnCore
            round.elapsed += ContinuousClock.now - start
            round.records += batch.count * expressions.count
            if isSteady {
                round.steadyMallocs += malloc_count_this_thread() - mallocs
                round.steadyRecords += batch.count * expressions.count
            }
        }
        precondition(met > 0, "no rule was met; the sample events are not those they were")
        return round
    }
}
