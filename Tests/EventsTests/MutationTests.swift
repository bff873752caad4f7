import Events
import Testing

/// Drives the whole module over damaged input: nothing may trap, and what comes out is valid.
@Suite struct MutationTests {
    private static let seeds = [
        #"{"id":9007199254740993,"price":19.990,"t":"é\/\u0041","x":{"y":[1,{"z":null}]}}"#,
        #"{"a":{"b":{"c":{"d":[[[[1]]]]}}},"e":"\ud83d\ude00","f":[true,false,null,-1e-7]}"#,
        #"{ "items" : [ { "sku" : "A-1" , "qty" : 2 } , { "sku" : "B\n2" } ] , "n" : {} }"#,
        #"{"k":1,"K":2,"\u006b ":3,"":{"":""}}"#,
    ]

    private static let interesting: [UInt8] =
        Array("{}[]\",:\\u0019eE+-.tfn \n".utf8) + [
            0, 1, 0x7F, 0x80, 0xC3, 0xED, 0xF0, 0xFF,
        ]

    @Test("damaged documents are refused or handled, and never trap", arguments: 0..<20)
    func survives(seed: Int) {
        var random = RandomJSON(seed: UInt64(9_000 + seed))
        for _ in 0..<200 {
            var bytes = Array(random.generator.pick(Self.seeds).utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random.generator) {
                Self.damage(&bytes, &random.generator)
            }
            Self.drive(bytes, &random)
        }
    }

    private static func damage(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: bytes[index] = generator.pick(interesting)
        case 1: bytes.remove(at: index)
        case 2: bytes.insert(generator.pick(interesting), at: index)
        case 3: bytes.removeSubrange(index...)
        case 4: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        default: bytes.insert(contentsOf: bytes[index...].prefix(9), at: index)
        }
    }

    private static func drive(_ bytes: [UInt8], _ random: inout RandomJSON) {
        var (arena, event) = EventArena.holding(bytes: bytes)
        let isLenient = random.generator.chance(50)
        let limits = ParseLimits(duplicateKeys: isLenient ? .keepFirst : .reject)
        let failure = arena.parse(event, limits: limits)
        if let failure {
            #expect(failure.position < bytes.count + 1)
            #expect(failure.code != .unexpectedByte || failure.position >= 0)
            #expect(!arena.describe(failure, of: event).isEmpty)
        }
        let model = JSONModel(arena.root(of: event), in: arena) ?? .object([])
        #expect(arena.root(of: event).isMissing == (failure != nil))
        for _ in 0..<6 {
            let path = random.path(in: model)
            switch Int.random(in: 0..<5, using: &random.generator) {
            case 0: arena.set(path, of: &event, toString: "text")
            case 1: arena.remove(path, of: &event)
            case 2:
                unsafe bytes.withUnsafeBytes { _ = unsafe arena.set(path, of: &event, toJSON: $0) }
            case 3:
                unsafe bytes.withUnsafeBytes {
                    _ = unsafe arena.set(path, of: &event, toString: $0)
                }
            default:
                let value = arena.value(of: event, at: random.path(in: model))
                arena.set(path, of: &event, toCopyOf: value)
            }
        }
        guard failure == nil else {
            #expect(arena.renderedBytes(event) == bytes)
            return
        }
        let (copy, copied) = EventArena.holding(bytes: arena.renderedBytes(event))
        #expect(copy.parse(copied, limits: .standard) == nil)
        _ = EventArena().adopt(event, from: arena)
    }

    @Test("damaged lines and rows are split into valid ranges", arguments: 0..<10)
    func survivesLines(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        for _ in 0..<200 {
            var bytes = Array("{\"a\":1}\r\n\n{\"b\":2}\n\"x\",y\n1,\"2\n\"".utf8)
            for _ in 0..<4 { Self.damage(&bytes, &generator) }
            var lines = NDJSONReader()
            var end = 0
            unsafe bytes.withUnsafeBytes { text in
                while let line = unsafe lines.next(in: text) {
                    #expect(line.lowerBound >= end && line.upperBound <= bytes.count)
                    end = line.upperBound
                }
            }
        }
    }
}
