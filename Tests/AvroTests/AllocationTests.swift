import Avro
import CMallocCount
import Events
import Testing

@Suite("Avro without allocations", .serialized)
struct AllocationTests {
    private static let schema =
        #"{"type":"record","name":"R","fields":[{"name":"id","type":"string"},"#
        + #"{"name":"at","type":{"type":"long","logicalType":"timestamp-micros"}},"#
        + #"{"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},"#
        + #"{"name":"share","type":"double"},{"name":"rate","type":"float"},"#
        + #"{"name":"raw","type":"bytes"},{"name":"user","type":["null","string"]},"#
        + #"{"name":"items","type":{"type":"array","items":{"type":"record","name":"I","fields":["#
        + #"{"name":"sku","type":"string"}]}}},{"name":"tags","type":{"type":"map","values":"#
        + #"["null","long","string",{"type":"int","logicalType":"date"}]}}]}"#
    private static let json =
        #"{"id":"a \"quoted\" ä","at":"2024-03-13T10:21:14.250001Z","price":19.90,"share":0.125,"#
        + #""rate":0.1,"raw":"AAEC","user":"u","items":[{"sku":"x"},{"sku":"y"}],"#
        + #""tags":{"a":1,"b":"text","c":"2024-03-13","d":null}}"#

    private static let isOptimised = {
        var isOptimised = true
        assert(
            {
                isOptimised = false
                return true
            }())
        return isOptimised
    }()

    @Test("values are read and written without allocating", .enabled(if: isOptimised))
    func none() throws {
        let rig = try AvroRig(Self.schema)
        let data = try rig.avro(Self.json)
        #expect(try rig.json(data) == Self.json)
        let decoder = AvroDecoder(try DecodingPlan(writer: rig.schema))
        let encoder = AvroEncoder(try EncodingPlan(rig.schema))
        let arena = EventArena()
        var text = ByteBuffer(capacity: 4096)
        var bytes = ByteBuffer(capacity: 4096)
        unsafe data.withUnsafeBytes { _ = unsafe decoder.decode($0, into: &text) }
        let event = unsafe arena.addEvent(json: text.bytes, key: nil, timestamp: .distantPast)
        #expect(arena.parse(event, limits: .standard) == nil)
        _ = encoder.encode(event, of: arena, into: &bytes)
        let before = malloc_count_this_thread()
        for _ in 0..<100 {
            text.removeAll()
            unsafe data.withUnsafeBytes { _ = unsafe decoder.decode($0, into: &text) }
            bytes.removeAll()
            _ = encoder.encode(event, of: arena, into: &bytes)
        }
        let after = malloc_count_this_thread()
        #expect(unsafe Array(bytes.bytes) == data)
        #expect(after - before == 0)
    }
}
