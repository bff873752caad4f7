import Sketches
import Testing

@Suite("MembershipFilter")
struct MembershipFilterTests {
    @Test(
        "what was added is never denied, whatever the limit",
        arguments: [0, 5_000, 1 << 20])
    func noFalseDenials(byteLimit: Int) {
        var filter = MembershipFilter()
        for number in 0..<UInt64(50_000) { filter.insert(hash(number), byteLimit: byteLimit) }
        #expect((0..<50_000).allSatisfy { filter.mayContain(hash($0)) })
        #expect(filter.byteCount <= max(byteLimit, 1_024))
    }

    @Test(
        "in its size it takes one of a hundred for known at most",
        arguments: [500, 20_000, 200_000])
    func falseClaims(count: UInt64) {
        var filter = MembershipFilter()
        for number in 0..<count { filter.insert(hash(number), byteLimit: .max) }
        let claimed = (count..<count + 50_000).count { filter.mayContain(hash($0)) }
        #expect(claimed < 500, "\(claimed) of 50,000")
        #expect(filter.byteCount < Int(count) * 8 + 2_048)
    }

    @Test("an empty one denies everything")
    func empty() {
        #expect(!MembershipFilter().mayContain(hash(1)))
    }
}
