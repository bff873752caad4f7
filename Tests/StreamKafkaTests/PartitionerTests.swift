import StreamCore
import StreamEngine
import StreamKafka
import Testing

@Suite("The partitioner")
struct PartitionerTests {
    /// The hash of `org.apache.kafka.common.utils.Utils.murmur2`, written down independently.
    static func murmur2(_ bytes: [UInt8]) -> Int32 {
        let m: UInt32 = 0x5bd1_e995
        var hash: UInt32 = 0x9747_b28c ^ UInt32(bytes.count)
        for start in stride(from: 0, to: bytes.count - bytes.count % 4, by: 4) {
            var k = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << (8 * $1) }
            k &*= m
            k ^= k >> 24
            k &*= m
            hash &*= m
            hash ^= k
        }
        let rest = bytes.suffix(bytes.count % 4)
        for (index, byte) in rest.enumerated() { hash ^= UInt32(byte) << (8 * index) }
        if !rest.isEmpty { hash &*= m }
        hash ^= hash >> 13
        hash &*= m
        hash ^= hash >> 15
        return Int32(bitPattern: hash)
    }

    @Test(
        "the reference agrees with the vectors of Kafka's UtilsTest",
        arguments: [
            ("21", -973_932_308), ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ])
    func vectors(text: String, hash: Int32) {
        #expect(Self.murmur2(Array(text.utf8)) == hash)
    }

    @Test("a key lands on the partition where a Java producer puts it", arguments: TestCluster.all)
    func keys(cluster: TestCluster) throws {
        let count: Int32 = 7
        let kafka = cluster.connect()
        let topic = unique("keys")
        try kafka.createTopics([TopicSpec(name: topic, partitions: count)])
        let keys =
            ["", "21", "foobar", "a-little-bit-long-string"] + (0..<500).map { "user-\($0)" }
        let producer = try kafka.makeProducer(.test)
        try producer.deliver(keys.map { TestRecord(key: $0, value: $0) }, to: topic)

        let consumer = try kafka.makeConsumer(.test)
        let all = partitions(of: topic, count)
        try consumer.assign(
            Dictionary(uniqueKeysWithValues: all.map { ($0, .reset) }), incremental: false)
        for record in try consumer.read(keys.count, from: all) {
            let key = try #require(record.key)
            let hash = Self.murmur2(Array(key.utf8)) & 0x7fff_ffff
            #expect(record.partition == hash % count, "key '\(key)'")
        }
    }
}
