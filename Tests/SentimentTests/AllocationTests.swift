import CMallocCount
import Sentiment
import Testing

@Suite("Allocations of sentiment")
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

    private static let texts = [
        "Great price, but the delivery was sooo slow!!! 😡 I'd NOT recommend it :(",
        "Übergröße naïve don’t 日本語 ПРИВЕТ", "no problems",
    ].map { Array($0.utf8) }

    @Test("reading a text allocates nothing", .enabled(if: isOptimised))
    func allocatesNothing() throws {
        let own = MillraceAnalyzer(aspects: [.init(name: "price", terms: ["price"])])
        let vader = try VaderAnalyzer(
            lexicon: ValenceLexicon("great\t3\nslow\t-1\n"), emoji: "😡\tangry face\n")
        var sum = 0.0
        func run() {
            for text in Self.texts {
                unsafe text.withUnsafeBytes {
                    sum += unsafe own.analyze($0).compound + vader.analyze($0).compound
                }
            }
        }
        run()
        let before = malloc_count_this_thread()
        for _ in 0..<100 { run() }
        let mallocs = malloc_count_this_thread() - before
        #expect(mallocs == 0)
        #expect(sum != 0)
    }
}
