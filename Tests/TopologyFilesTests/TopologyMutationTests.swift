import StreamCore
import Testing
import TopologyFiles

@Suite("A topology file that was damaged")
struct TopologyMutationTests {
    /// Everything that a file can hold, on lines of their own where keys can be misspelt.
    static let valid = """
        application: shop
        kafka:
          bootstrap.servers: ${BROKERS:-embedded}
        processing:
          guarantee: at_least_once
          commit_interval: 200ms
          threads: 2
          state_directory: state
          cache_size: 64MiB
          shutdown_grace: 30s
          broker_timeout: 60s
          max_task_idle: 1s
        x-patience: &patience
          out_of_orderness: 10s
        sources:
          raw:
            topics: [clicks, views]
            timestamp: at
            key: user
            watermark:
              <<: *patience
              idle_after: 1m
              when_idle: hold
              ahead_limit: 1d
        operators:
          parsed:
            from: raw
            on_error: drop
            parse:
              format: json
              maximum_size: 1MiB
          grouped:
            from: parsed
            window:
              key: user
              gap: 30m
              grace: 1m
              gap_by_channel: { pos: 5m }
              most: 10
              least: 1
              share: 0.5
              eager: true
              tags: [a, "b"]
              rules:
                - name: 'first'
                  when: x
              extra: { any: thing }
        sinks:
          out:
            from: [grouped, grouped.closed]
            key: user
        tests:
          - name: it works
            given:
              - topic: clicks
                key: ann
                at: 2024-03-01T10:00:00Z
                headers: { a: b }
                value: { id: 1 }
              - advance: 1h
              - end: true
            then:
              out:
                - key: ann
                  value: { id: 1 }
                  headers: { a: b }
                  at: 2024-03-01T10:00:00Z
        """

    /// Keys that the format or an operator defines, and that stand alone at the front of a line.
    private static let definedKeys: Set<String> = [
        "application", "kafka", "processing", "guarantee", "commit_interval", "threads",
        "state_directory", "cache_size", "shutdown_grace", "broker_timeout", "max_task_idle",
        "sources", "topics", "timestamp", "key", "watermark", "idle_after", "when_idle",
        "ahead_limit", "operators", "from", "on_error", "parse", "format", "maximum_size", "window",
        "gap", "grace", "gap_by_channel", "most", "least", "share", "eager", "tags", "rules",
        "name", "when", "extra", "sinks", "tests", "given", "topic", "at", "headers", "value",
        "advance", "end", "then",
    ]

    @Test("is not damaged at first")
    func validIsValid() {
        #expect(Loading().complaints(Self.valid) == [])
    }

    @Test("by a slip in one key is reported there, once, with the key that was meant")
    func everySlipIsFound() throws {
        let lines = Self.valid.split(separator: "\n", omittingEmptySubsequences: false)
        var generator = SeededGenerator(seed: 7)
        var slips = 0
        var found: Set<String> = []
        for (number, line) in lines.enumerated() {
            let start = line.firstIndex { $0.isLetter } ?? line.endIndex
            let end = line[start...].firstIndex(of: ":") ?? line.endIndex
            let key = String(line[start..<end])
            guard Self.definedKeys.contains(key), key.count > 2 else { continue }
            found.insert(key)
            for slip in slipsOf(key, using: &generator) where !Self.definedKeys.contains(slip) {
                var damaged = lines
                damaged[number] = Substring(line.replacingCharacters(start..<end, slip))
                let place = "shop.yaml:\(number + 1):\(line[..<start].count + 1)"
                let complaints = Loading().complaints(damaged.joined(separator: "\n"))
                slips += 1
                try #require(complaints.count == 1, "\(slip): \(complaints)")
                #expect(complaints[0].hasPrefix("\(place): error: unknown key '\(slip)' in "))
                #expect(complaints[0].hasSuffix("; did you mean '\(key)'?"), "\(complaints)")
            }
        }
        #expect(found == Self.definedKeys.filter { $0.count > 2 })
        #expect(slips > 200)
    }

    @Test("in any way is refused or read, and never ends the process", arguments: 0..<8)
    func noDamageTraps(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let loader = TopologyLoader(
            operators: FakeOperators.registry, environment: ["BROKERS": "secret-broker"])
        for _ in 0..<400 {
            var bytes = Array(Self.valid.utf8)
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                damage(&bytes, using: &generator)
            }
            do {
                _ = try loader.load(bytes, from: "shop.yaml")
            } catch {
                #expect(!error.isEmpty)
                for diagnostic in error.all {
                    #expect(diagnostic.location.file == "shop.yaml", "\(diagnostic)")
                    #expect(diagnostic.location.line >= 1 && diagnostic.location.column >= 1)
                    #expect(!diagnostic.message.contains("secret-broker"))
                }
            }
        }
    }

    /// The key with one letter left out, doubled, changed, or swapped with the next.
    private func slipsOf(_ key: String, using generator: inout SeededGenerator) -> Set<String> {
        let letters = Array(key)
        var slips: Set<String> = []
        for _ in 0..<8 {
            let at = Int.random(in: letters.indices, using: &generator)
            var slip = letters
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: slip.remove(at: at)
            case 1: slip.insert(letters[at], at: at)
            case 2: slip[at] = "qxzj".randomElement(using: &generator)!
            default: if at + 1 < slip.count { slip.swapAt(at, at + 1) }
            }
            slips.insert(String(slip))
        }
        slips.remove(key)
        return slips
    }

    private func damage(_ bytes: inout [UInt8], using generator: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        let at = Int.random(in: bytes.indices, using: &generator)
        switch Int.random(in: 0..<7, using: &generator) {
        case 0: bytes[at] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes[at] ^= 1 << UInt8.random(in: 0...7, using: &generator)
        case 2: bytes.remove(at: at)
        case 3:
            bytes.insert(
                "\t\n:-{}[]&*!|>'\"%@`#,?$<~\0".utf8.randomElement(using: &generator)!, at: at)
        case 4: bytes.removeSubrange(at..<min(bytes.count, at + 40))
        default:
            var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            let from = Int.random(in: lines.indices, using: &generator)
            let to = Int.random(in: lines.indices, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: lines.remove(at: from)
            case 1: lines.insert(lines[from], at: to)
            default: lines.swapAt(from, to)
            }
            bytes = Array(lines.joined(separator: [UInt8(ascii: "\n")]))
        }
    }
}

/// Random numbers that are the same on every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

extension StringProtocol {
    fileprivate func replacingCharacters(
        _ range: Range<String.Index>, _ replacement: String
    ) -> String {
        self[..<range.lowerBound] + replacement + self[range.upperBound...]
    }
}
