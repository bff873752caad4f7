import CEL
import CMallocCount
import Events
import Testing

@Suite("Allocations of expressions")
struct AllocationTests {
    /// Unoptimised code allocates for closures and generics; only optimised code is measured.
    private static let isOptimised: Bool = {
        var isOptimised = true
        assert(
            {
                isOptimised = false; return true
            }())
        return isOptimised
    }()

    @Test(
        "evaluating over an event allocates nothing",
        .enabled(if: isOptimised),
        arguments: [
            "event.amount > 100.0", "event.channel == 'web' && event.quantity >= 3",
            "event.event_type in ['add_to_cart', 'purchase', 'refund']",
            "event.page.url.startsWith('https://') || event.page.title.contains('shoes')",
            "event.amount * 0.19 + double(event.quantity) < 1000.0", "has(event.page.url)",
            "has(event.sequence) && event.sequence > 3", "event.sequence == 1 || true",
            "event.?page.?title.orValue('none') != ''", "'vip' in event.tags",
            "event.items.exists(i, i.price > 50.0 && i.sku.startsWith('B'))",
            "event.items.filter(i, i.price > 50.0).size() == 1",
            "event.items.map(i, i.sku)[1] + '!' == 'B-2!'",
            "event.occurred_at.getHours('Europe/Berlin') >= 8",
            "event.occurred_at - duration('1h') > timestamp('2024-01-01T00:00:00Z')",
            "event.channel.matches('^(web|pos)$')", "event.consent.email ? true : false",
            "event.note == null", "event.channel.size() == 3 && bucket(event.event_id, 100) < 101",
            "event.page.title.lowerAscii().substring(6, 13) == 'running'",
            "{'a': event.amount, 'b': [event.quantity]}['b'][0] == 3", "threshold == 4",
        ])
    func allocatesNothing(text: String) throws {
        let rig = EventRig()
        rig.evaluation.bind(rig.threshold, to: .integer(4))
        let expression = try rig.compile(text)
        var count = 0
        func run() {
            for _ in 0..<100 {
                rig.evaluation.bind(rig.event, to: rig.record, in: rig.arena)
                if (try? rig.evaluation.boolean(of: expression)) == true { count += 1 }
            }
        }
        // when
        run()
        let before = malloc_count_this_thread()
        run()
        let mallocs = malloc_count_this_thread() - before
        // then
        #expect(mallocs == 0)
        #expect(count == 200 || text.hasPrefix("has(event.sequence)"))
    }

    @Test("a condition that can't be decided allocates nothing either", .enabled(if: isOptimised))
    func errors() throws {
        let rig = EventRig()
        let expression = try rig.compile("event.sequence == 1")
        var count = 0
        func run() {
            for _ in 0..<100
            where rig.evaluation.decision(of: expression) == .failed(.noSuchField) {
                count += 1
            }
        }
        run()
        let before = malloc_count_this_thread()
        run()
        #expect(malloc_count_this_thread() == before)
        #expect(count == 200)
    }
}
