import Linkage

/// The same numbers for the same seed.
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

/// Invented people who were written down several times, with mistakes.
struct People {
    static let fields = [
        LinkageField(name: "first", kind: .name), LinkageField(name: "last", kind: .name),
        LinkageField(name: "born", kind: .date), LinkageField(name: "mail", kind: .email),
        LinkageField(name: "town", kind: .text),
    ]

    var records: [(name: String, values: [String?])] = []
    var truth: [String: String] = [:]

    init(_ count: Int, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        func word(_ count: Int) -> String {
            let syllables = [
                "ka", "ri", "mo", "ten", "la", "bus", "do", "er", "wi", "jo", "sta", "ne",
            ]
            return (0..<count).map { _ in syllables.randomElement(using: &random) ?? "a" }.joined()
        }
        func digits(_ range: ClosedRange<Int>) -> String {
            let text = "\(Int.random(in: range, using: &random))"
            return text.count < 2 ? "0\(text)" : text
        }
        func mistyped(_ text: String) -> String {
            var letters = Array(text)
            let place = Int.random(in: 0..<letters.count, using: &random)
            letters[place] = letters[place].isNumber ? "7" : "x"
            return String(letters)
        }
        let towns = (0..<8).map { _ in word(3) }
        for person in 0..<count {
            let (first, last) = (word(2), word(3))
            let whole: [String] = [
                first, last, "\(digits(1940...2005))-\(digits(1...12))-\(digits(1...28))",
                "\(first).\(last)@mail.example", towns.randomElement(using: &random) ?? "",
            ]
            for copy in 0..<Int.random(in: 1...3, using: &random) {
                let values = whole.map { value -> String? in
                    switch Int.random(in: 0..<10, using: &random) {
                    case 0: nil
                    case 1: mistyped(value)
                    default: value
                    }
                }
                let name = "r\(person)-\(copy)"
                records.append((name, values))
                truth[name] = "\(person)"
            }
        }
    }

    /// The clusters by the names of their records.
    func clusters(of records: [(name: String, values: [String?])]) -> Set<Set<String>> {
        let prepared = LinkageRecords(records, fields: Self.fields)
        let model = Estimation.estimate(LinkageModel(fields: Self.fields), from: prepared)
        var linkage = RecordLinker(model, prepared)
        var clusters: [Int: Set<String>] = [:]
        for (name, cluster) in zip(prepared.names, linkage.clusters()) {
            clusters[cluster, default: []].insert(name)
        }
        return Set(clusters.values)
    }
}
