import Events
import Operators
import StreamCore
import Testing

/// Damaged records of every format: whatever comes in comes out, read or refused, and nothing
/// traps.
@Suite("parse, damaged records")
struct ParseMutationTests {
    private static let originals: [String: [String]] = [
        "json": [#"{"t":"2024-03-13T10:21:14Z","a":{"b":[1,2.5,"x\u00e9"]},"c":null}"#],
        "ndjson": ["{\"t\":1,\"a\":\"b\"}\r\n\n{\"t\":2.5}\n{\"t\":\"2024-03-13\"}"],
        "csv": ["t,name,\"n\"\r\n1710325274,\"a,\"\"b\"\"\",1\n2024-03-13,x,2\n"],
    ]

    @Test(
        "damaged records are read or refused", arguments: ["json", "ndjson", "csv"], 0..<4)
    func mutations(format: String, seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var settings: [(String, Setting)] = [("format", .string(format))]
        if format == "csv" { settings.append(("types", ["n": "integer"])) }
        let rig = try OperatorRig(ParseOperator.spec, .map(settings), timestamp: "t")
        let originals = try #require(Self.originals[format])
        var (good, bad) = (0, 0)
        for round in 0..<1_500 {
            var bytes = Array(originals[round % originals.count].utf8)
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                damage(&bytes, using: &generator)
            }
            let records = try rig.run(bytes: bytes, key: "k")
            good += records.count { $0.topic == "out" }
            bad += records.count { $0.topic == "failed" }
            for record in records where record.topic == "failed" {
                #expect(record.headers["millrace.error"]?.isEmpty == false)
                #expect(record.headers["millrace.reason"]?.isEmpty == false)
            }
            if format == "json" { #expect(records.count == 1) }
        }
        #expect(good > 100 && bad > 100)
    }

    private func damage(_ bytes: inout [UInt8], using generator: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        let position = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: bytes[position] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.remove(at: position)
        case 2:
            bytes.insert(
                Array("{}[]\",:\n\r\\0e-".utf8).randomElement(using: &generator)!, at: position)
        case 3: bytes.removeSubrange(position...)
        default:
            let end = Int.random(in: position...bytes.count, using: &generator)
            bytes.insert(contentsOf: bytes[position..<end], at: position)
        }
    }
}
