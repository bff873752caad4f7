import CMallocCount
import Events
import Testing

@Suite struct AllocationTests {
    private static let event = #"""
        {"event_id":"e-100017","event_type":"page_view","channel":"web","user_id":"u-17",
        "occurred_at":"2024-03-13T10:21:14.123Z","device_id":"d-17","page":{"title":
        "Blue \"running\" shoes","url":"https://shop.example/p/1","referrer":"https://a.example/"},
        "consent":{"email":true,"sms":false},"product":{"sku":"SKU-12345","price":19.990},
        "ip":"203.0.113.7","amount":129.95,"quantity":2,"sequence":17}
        """#

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
        "parse, six reads, two fields added and written allocate nothing per record",
        .enabled(if: isOptimised))
    func allocatesNothing() throws {
        // given
        let batch = RecordBatch()
        for offset in 0..<100 {
            batch.append(Array(Self.event.utf8), key: [1], offset: Int64(offset))
        }
        let paths = try [
            "event_id", "event_type", "occurred_at", "user_id", "page.title", "product.price",
        ].map { try FieldPath($0) }
        let profile = try FieldPath("profile_id")
        let score = try FieldPath("scores.churn")
        let arena = EventArena()
        let output = OutputBatch()
        var read = 0
        func run() {
            arena.reset()
            output.removeAll()
            arena.attach(batch)
            for index in 0..<batch.count {
                var event = arena.addEvent(record: index)
                if arena.parse(event, limits: .standard) != nil { continue }
                for path in paths { read += arena.value(of: event, at: path).raw.count }
                let user = unsafe arena.bytes(arena.value(of: event, at: paths[4]).text)
                unsafe arena.set(profile, of: &event, toString: user)
                arena.set(score, of: &event, to: 0.123456789012345678)
                unsafe output.append(event, of: arena, topic: 0)
            }
        }
        // when
        for _ in 0..<5 { run() }
        let before = malloc_count_this_thread()
        for _ in 0..<20 { run() }
        let mallocs = malloc_count_this_thread() - before
        // then
        #expect(output.count == 100)
        #expect(read > 0)
        #expect(mallocs == 0)
    }

    @Test(
        "settling, removing, adopting, headers and keys allocate nothing either",
        .enabled(if: isOptimised))
    func allocatesNothingForTheRest() throws {
        // given
        let batch = RecordBatch()
        for offset in 0..<50 { batch.append(Array(Self.event.utf8), offset: Int64(offset)) }
        let page = try FieldPath("page")
        let url = try FieldPath("page.url")
        let arena = EventArena()
        let target = EventArena()
        let output = OutputBatch()
        func run() {
            arena.reset()
            target.reset()
            output.removeAll()
            arena.attach(batch)
            for index in 0..<batch.count {
                var event = arena.addEvent(record: index)
                arena.set(url, of: &event, toCopyOf: arena.value(of: event, at: page))
                arena.remove(url, of: &event)
                arena.set(url, of: &event, to: Timestamp(milliseconds: 0))
                arena.setKey(of: &event, toValueAt: url)
                unsafe arena.addHeader("name", value: arena.bytes(event.key), to: &event)
                arena.settle(&event)
                unsafe output.append(target.adopt(event, from: arena), of: target, topic: 0)
            }
        }
        // when
        for _ in 0..<5 { run() }
        let before = malloc_count_this_thread()
        for _ in 0..<20 { run() }
        // then
        #expect(malloc_count_this_thread() == before)
    }

    @Test("lines and rows are read without allocating", .enabled(if: isOptimised))
    func readsWithoutAllocating() {
        let rows = Array(("id,name\r\n" + "1,\"a \"\"b\"\"\"\r\n".repeated(100)).utf8)
        var reader = CSVReader()
        var buffer = ByteBuffer(capacity: 8_192)
        var count = 0
        func run() {
            unsafe rows.withUnsafeBytes { text in
                buffer.removeAll()
                reader.restart()
                while unsafe reader.next(in: text, into: &buffer) != nil { count += 1 }
                var lines = NDJSONReader()
                while unsafe lines.next(in: text) != nil { count += 1 }
            }
        }
        for _ in 0..<5 { run() }
        let before = malloc_count_this_thread()
        for _ in 0..<20 { run() }
        #expect(malloc_count_this_thread() == before)
        #expect(count == 25 * 201)
    }
}
