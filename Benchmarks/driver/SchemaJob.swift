internal import CMallocCount
internal import Events
internal import Foundation
internal import JSONSchema

/// The schema alone: events that are parsed already are validated, and nothing else.
struct SchemaJob {
    static let name = "schema"
    /// As many events as their indexes fit in the caches of a larger machine.
    private static let mostEvents = 20_000

    private let validator: SchemaValidator
    private let arenas: [(arena: EventArena, events: [Event])]

    init(_ input: SampleInput, schema: String) throws {
        let text = try Data(contentsOf: URL(fileURLWithPath: schema))
        validator = try Schema(Array(text)).makeValidator()
        arenas = input.batches.prefix(Self.mostEvents / 512).map(\.records).map { batch in
            let arena = EventArena()
            arena.attach(batch)
            let events = (0..<batch.count).map { arena.addEvent(record: $0) }
            for event in events { _ = arena.parse(event, limits: .standard) }
            return (arena, events)
        }
    }

    func measure() throws -> Round {
        var round = Round()
        var valid = 0
        let mallocs = malloc_count_this_thread()
        let start = ContinuousClock.now
        let startOnCore = LoadedJob.timeOnCore()
        for (arena, events) in arenas {
            for event in events where validator.isValid(event, in: arena) { valid += 1 }
            round.records += events.count
        }
        round.onCore = LoadedJob.timeOnCore() - startOnCore
        round.elapsed = ContinuousClock.now - start
        round.steadyMallocs = malloc_count_this_thread() - mallocs
        round.steadyRecords = round.records
        guard valid == round.records else {
            throw LostRecords(job: Self.name, read: round.records, written: valid)
        }
        return round
    }
}
