import CEL
import Events
import Testing

@Suite("Mutated expressions")
struct MutationTests {
    @Test("are refused or evaluated, and never end the process")
    func mutations() throws {
        let rig = EventRig(type: .dynamic, costLimit: 20_000)
        rig.evaluation.bind(
            rig.threshold,
            to: .list([.integer(1), .string("a"), .optional(.null), .bytes([255, 0])]))
        let path = try FieldPath("result.x")
        var mutator = ExpressionMutator(seed: 7)
        var evaluated = 0
        for _ in 0..<5_000 {
            let text = mutator.next()
            for isStrict in [true, false] {
                let compiled = try? Expression.compile(
                    text, rig.declarations, isStrict: isStrict, hasMacros: true)
                guard let compiled else { continue }
                _ = try? rig.evaluation.value(of: compiled)
                var record = rig.record
                _ = try? rig.evaluation.set(path, of: &record, in: rig.arena, to: compiled)
                evaluated += 1
            }
        }
        #expect(evaluated > 2_000)
    }
}

/// Makes expressions that are nearly right from some that are.
private struct ExpressionMutator {
    private static let corpus = [
        "event.amount > 100.0 && event.channel in ['web', 'pos'] || has(event.page.url)",
        "event.items.filter(i, i.price > 20.0).map(i, i.sku + '-' + string(i.quantity))",
        "{'a': [1, 2u, 3.5], 'b': b'\\x00\\377'}['a'][?1].orValue(0) == size('äöü')",
        "timestamp('2024-03-13T10:21:14Z').getHours('Europe/Berlin') - duration('1h').getHours()",
        "cel.bind(x, event.?extra.a.b[0], x.optMap(v, v * 2)).orValue(-9223372036854775808)",
        "'%s %d %.3f %e %x'.format(['a', 1, 2.5, 0.0, b'z']).split(' ').join('-').matches('a+$')",
        "[[1], [2, 3]].exists_one(x, x.all(y, y % 2 == 1)) ? \"a\" : r'''b\\'''",
        "math.greatest(event.items.map(i, i.price)) >= math.abs(-1) || math.bitShiftLeft(1, 3) == 8",
        "event.page.title.substring(2, 7).replace('u', 'ü', 1).indexOf('ü') + 'x'.lastIndexOf('x')",
        "event.occurred_at.matches(event.channel) || bucket(event.channel, 10) < int('5')",
        "event.consent.transformMap(k, v, k + string(v)) == {'email': 'emailtrue'}",
        "timestamp(0).truncate(duration('15m')) + duration('1.5s') > timestamp(event.occurred_at)",
        "[?event.?note, ?optional.ofNonZeroValue(0)].size() == 1 ? event : {'a': event}",
        "base64.decode(base64.encode(b'abc')) == bytes('abc') && strings.quote('a') != ''",
    ].map { Array($0.utf8) }

    private static let operands = [
        "threshold", "event", "event.tags", "event.items", "event.extra.a.b", "b'\\xff'", "-1",
        "9223372036854775807", "18446744073709551615u", "0.0 / 0.0", "1e308", "5e-324", "0.0",
        "timestamp(0)", "duration('1s')", "null", "[]", "{}", "''", "optional.none()",
        "threshold[2]", "type(threshold)", "'a\u{e9}🐱'", "true", "x",
    ].map { Array($0.utf8) }

    private static let operators = [
        " + ", " == ", " < ", " in ", " && ", " || ", " * ", " % ", " - ", " / ", " ? 1 : ",
    ].map { Array($0.utf8) }

    private static let calls = [
        ".size()", ".?a", "[0]", "[?0]", "[threshold[0]]", ".map(x, x)", ".all(z, z == threshold)",
        ".value()", ".orValue(1)", ".trim()", ".reverse()", ".join(',')", ".charAt(1)",
        ".substring(1)", ".getHours('Europe/Paris')", ".format([threshold])", ".lower()",
        ".split('')", ".replace('', 'b')", ".hasValue()", ".transformList(i, v, [i, v])",
    ].map { Array($0.utf8) }

    private var generator: SeededGenerator

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    mutating func next() -> String {
        var text = pick(Self.corpus)
        for _ in 0...generator.next(below: 3) { mutate(&text) }
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func pick(_ pieces: [[UInt8]]) -> [UInt8] {
        pieces[generator.next(below: pieces.count)]
    }

    private mutating func mutate(_ text: inout [UInt8]) {
        let position = generator.next(below: text.count + 1)
        switch generator.next(below: 5) {
        case 0 where position < text.count: text.remove(at: position)
        case 1:
            let other = pick(Self.corpus)
            let start = generator.next(below: other.count)
            text.insert(contentsOf: other[start..<min(other.count, start + 16)], at: position)
        case 2:
            // A word or a number gives way to something of another type.
            var end = position
            while end < text.count, Self.isWord(text[end]) { end += 1 }
            text.replaceSubrange(position..<end, with: pick(Self.operands))
        case 3:
            let other = generator.next(below: 2) == 0 ? pick(Self.corpus) : pick(Self.operands)
            text = Array("(".utf8) + text + Array(")".utf8) + pick(Self.operators) + other
        default: text = Array("(".utf8) + text + Array(")".utf8) + pick(Self.calls)
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (97...122).contains(byte | 32) || byte == 95
    }
}
