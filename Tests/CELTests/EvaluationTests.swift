import CEL
import Events
import Testing

@Suite("Evaluating expressions")
struct EvaluationTests {
    @Test("one false term decides a conjunction, wherever an error stands")
    func absorption() throws {
        let rig = EventRig()
        #expect(try rig.value("1 / 0 == 1 && false") == .boolean(false))
        #expect(try rig.value("false && 1 / 0 == 1") == .boolean(false))
        #expect(try rig.value("1 / 0 == 1 || true") == .boolean(true))
        #expect(try rig.failure("1 / 0 == 1 && true") == .divisionByZero)
        #expect(try rig.failure("[0, 1].all(x, 1 / x == 1)") == .divisionByZero)
        #expect(try rig.value("[0, 2].all(x, 1 / x == 1)") == .boolean(false))
        #expect(try rig.failure("[0, 1].exists_one(x, 1 / x == 1)") == .divisionByZero)
    }

    @Test("of several errors the first is reported")
    func firstError() throws {
        let rig = EventRig()
        #expect(try rig.failure("1 / 0 == 1 || int('x') == 1") == .divisionByZero)
        #expect(try rig.failure("int('x') == 1 / 0") == .invalidConversion)
    }

    @Test("what is unknown makes the result unknown, unless the rest decides")
    func unknown() throws {
        let rig = EventRig()
        rig.evaluation.bind(rig.threshold, to: .unknown)
        #expect(try rig.failure("event.amount > threshold") == .unknown)
        #expect(try rig.value("event.amount > threshold || true") == .boolean(true))
        #expect(try rig.value("event.amount > threshold && false") == .boolean(false))
        #expect(try rig.failure("1 / 0 == 1 || event.amount > threshold") == .unknown)
        #expect(try rig.failure("[1, threshold]") == .unknown)
    }

    @Test("a variable without a value is an error of what needs it")
    func unbound() throws {
        let rig = EventRig()
        #expect(try rig.failure("threshold > 1") == .unbound)
        #expect(try rig.value("threshold > 1 || true") == .boolean(true))
        rig.evaluation.bind(rig.threshold, to: .integer(2))
        #expect(try rig.value("threshold > 1") == .boolean(true))
        rig.evaluation.unbind(rig.threshold)
        rig.evaluation.unbind(rig.event)
        #expect(try rig.failure("threshold > 1") == .unbound)
        #expect(try rig.failure("event.amount > 1.0") == .unbound)
    }

    @Test("values of every kind go in and come out unchanged")
    func roundTrip() throws {
        let rig = EventRig()
        let moment = try #require(Moment(seconds: -1, nanoseconds: 999_999_999))
        let values: [Value] = [
            .null, .boolean(true), .integer(.min), .unsignedInteger(.max), .double(-0.5),
            .string("äöü 🐱 longer than fifteen bytes"), .string(""), .bytes([0, 255]), .bytes([]),
            .list([.list([]), .integer(1)]), .list([]),
            .map([.init(key: .string("a"), value: .map([]))]), .timestamp(moment),
            .duration(.nanoseconds(-1)), .type("int"), .optional(nil), .optional(.integer(1)),
        ]
        for value in values {
            rig.evaluation.bind(rig.threshold, to: value)
            #expect(try rig.value("threshold") == value)
            #expect(try rig.value("[threshold, threshold][1]") == value)
        }
    }

    @Test("a result of another type than asked for is an error")
    func wrongResult() throws {
        let rig = EventRig()
        let text = try rig.compile("'x'")
        let error = #expect(throws: EvaluationError.self) { try rig.evaluation.boolean(of: text) }
        #expect(error?.reason == .wrongResult)
        #expect(throws: EvaluationError.self) { try rig.evaluation.double(of: text) }
        #expect(try rig.evaluation.double(of: rig.compile("3u")) == 3)
    }

    @Test("a condition is met, not met, or has failed for a reason")
    func decisions() throws {
        let rig = EventRig()
        let decisions: [String: Decision] = [
            "event.amount > 1.0": .met, "event.amount < 1.0": .notMet,
            "event.sequence == 1": .failed(.noSuchField), "dyn('x')": .failed(.wrongResult),
            "threshold": .failed(.unbound),
        ]
        for (text, decision) in decisions {
            #expect(try rig.evaluation.decision(of: rig.compile(text)) == decision)
        }
        rig.evaluation.bind(rig.threshold, to: .unknown)
        #expect(try rig.evaluation.decision(of: rig.compile("threshold > 1")) == .failed(.unknown))
    }

    @Test("orValue does not look at its alternative when there is a value")
    func lazyAlternative() throws {
        let rig = EventRig()
        #expect(try rig.value("optional.of(1).orValue(1 / 0)") == .integer(1))
        #expect(try rig.failure("optional.none().orValue(1 / 0)") == .divisionByZero)
        #expect(try rig.failure("optional.none().value()") == .emptyOptional)
    }

    @Test("loop variables hide others and end with their loop")
    func scopes() throws {
        let rig = EventRig()
        #expect(
            try rig.value("[1, 2].map(x, [10, 20].map(x, x + 1).size() + x)")
                == .list([.integer(3), .integer(4)]))
        #expect(
            try rig.value("[1].exists(event, event == 1) && event.channel == 'web'")
                == .boolean(true))
        #expect(rig.problems("[1].exists(x, x == 1) && x == 1").count == 1)
    }

    @Test("one program gives the same results in several threads")
    func threads() async throws {
        let rig = EventRig()
        let expression = try rig.compile(
            "event.items.filter(i, i.price > 50.0).map(i, i.sku + '!')[0].matches('^B-[0-9]!$')")
        let results = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let rig = EventRig()
                    return (0..<500).count { _ in
                        (try? rig.evaluation.boolean(of: expression)) == true
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(results == 2_000)
    }

    // MARK: Cost

    @Test("an evaluation that costs too much ends with an error, and the next one is unharmed")
    func costLimit() throws {
        let rig = EventRig(costLimit: 1_000)
        let list = "[" + (0..<40).map(String.init).joined(separator: ",") + "]"
        let quadratic = "event.tags.exists(t, \(list).all(a, \(list).all(b, a + b >= size(t) * 0)))"
        #expect(try rig.failure(quadratic) == .costLimit)
        #expect(try rig.failure("\(quadratic) || true") == .costLimit)
        #expect(try rig.value("event.channel == 'web'") == .boolean(true))
        #expect(rig.evaluation.lastCost < 10)
    }

    @Test("text that grows costs what it takes")
    func growingText() throws {
        let rig = EventRig()
        let doubling = (0..<60).reduce("event.channel") { text, _ in "cel.bind(x, \(text), x + x)" }
        #expect(try rig.failure(doubling) == .costLimit)
        let tripling = (0..<40).reduce("event.tags") { text, _ in "cel.bind(x, \(text), x + x + x)"
        }
        #expect(try rig.failure(tripling) == .costLimit)
        let replacing = (0..<40).reduce("event.channel") { text, _ in
            "\(text).replace('', 'abcdefgh')"
        }
        #expect(try rig.failure(replacing) == .costLimit)
    }

    @Test("searching text that nearly matches everywhere costs what it takes")
    func hostileSearch() throws {
        let rig = EventRig()
        let text = String(repeating: "a", count: 400_000)
        rig.evaluation.bind(rig.threshold, to: .list([.string(text), .string("b" + text)]))
        let start = ContinuousClock.now
        for call in ["contains", "indexOf", "lastIndexOf", "split"] {
            let part = "threshold[0].substring(200000)"
            #expect(
                try rig.failure("threshold[0].\(call)(\(part) + 'b')") == .costLimit)
        }
        #expect(try rig.value("threshold[0].contains('ab')") == .boolean(false))
        #expect(try rig.value("threshold[1].indexOf('ba')") == .integer(0))
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test("digits of very small numbers cost what they take")
    func smallNumbers() throws {
        let rig = EventRig()
        #expect(try rig.value("'%.3e'.format([5e-324])") == .string("4.941e-324"))
        #expect(try rig.value("'%f %.1e'.format([0.0, -0.0])") == .string("0.000000 -0.0e+00"))
        rig.evaluation.bind(rig.threshold, to: .double(.leastNonzeroMagnitude))
        let clauses = String(repeating: "%f", count: 1_000)
        let arguments = Array(repeating: "threshold", count: 1_000).joined(separator: ",")
        #expect(try rig.failure("'\(clauses)'.format([\(arguments)])") == .costLimit)
    }

    @Test("what depends on constants alone is computed once")
    func folding() throws {
        let rig = EventRig()
        let plain = try rig.compile("event.visit > duration('90s')")
        let folded = try rig.compile(
            "event.visit > duration('1m') + duration(string(15 + 15) + 's') ")
        _ = try? rig.evaluation.boolean(of: plain)
        let cost = rig.evaluation.lastCost
        _ = try? rig.evaluation.boolean(of: folded)
        #expect(rig.evaluation.lastCost == cost)
    }

    @Test("an expression tells which variables and fields it depends on")
    func dependencies() throws {
        let rig = EventRig()
        let rule = try rig.compile(
            "event.page.url != '' && has(event.sequence) || event.items.exists(i, i.price > 1.0) "
                + "|| event.?extra.a.orValue(1) == event.tags[0]")
        #expect(rule.variables == [rig.event])
        #expect(
            rule.fields(of: rig.event)?.map(\.description).sorted()
                == ["extra.a", "items", "page.url", "sequence", "tags[0]"])
        #expect(rule.fields(of: rig.threshold) == [])
        let whole = try rig.compile("size(event) > threshold && event.amount > 1.0")
        #expect(whole.variables == [rig.event, rig.threshold])
        #expect(whole.fields(of: rig.event) == nil)
        let byName = try rig.compile("event[event.channel] == 1")
        #expect(byName.fields(of: rig.event) == nil)
        #expect(try rig.compile("1 + 1").variables == [])
    }

    @Test("buckets are the same everywhere and spread evenly")
    func buckets() throws {
        let rig = EventRig()
        #expect(try rig.value("bucket('user-17', 100)") == .integer(bucketOfUser17))
        rig.evaluation.bind(rig.threshold, to: .null)
        let expression = try rig.compile("bucket(threshold, 10)")
        var counts = [Int](repeating: 0, count: 10)
        for number in 0..<10_000 {
            rig.evaluation.bind(rig.threshold, to: .string("user-\(number)"))
            counts[Int(try rig.evaluation.double(of: expression))] += 1
        }
        #expect(counts.allSatisfy { (850...1_150).contains($0) })
    }

    /// Computed by hand from the definition of FNV-1a.
    private var bucketOfUser17: Int64 {
        var hash: UInt64 = 14_695_981_039_346_656_037
        for byte in "user-17".utf8 { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
        return Int64((hash ^ (hash >> 32)) % 100)
    }
}
