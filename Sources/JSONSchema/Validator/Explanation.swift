internal import Events

/// The sink that writes violations out, up to a limit.
struct Explanation: ViolationSink {
    private let program: SchemaProgram
    private let limit: Int
    private var path: [Step] = []
    private var muteCount = 0
    private(set) var violations: [Violation] = []
    var isAboutName = false

    private enum Step {
        case member([UInt8])
        case element(Int)
    }

    init(program: SchemaProgram, limit: Int) {
        self.program = program
        self.limit = limit
    }

    var findingCount: Int { violations.count }

    mutating func mute() { muteCount += 1 }
    mutating func unmute() { muteCount -= 1 }

    mutating func enter(_ child: Int32, element: Int, _ reader: DocumentReader) {
        // Muted, it may be left without a word when something fails.
        if muteCount > 0 { return }
        path.append(
            element < 0
                ? .member(unsafe Array(reader.nameBytes(of: child))) : .element(element))
    }

    mutating func leave() { if muteCount == 0 { path.removeLast() } }

    mutating func report(_ finding: Finding, _ reader: DocumentReader) -> Bool {
        if muteCount > 0 { return false }
        append(finding, reader)
        return violations.count < limit
    }

    mutating func abort(_ finding: Finding, _ reader: DocumentReader) { append(finding, reader) }

    private mutating func append(_ finding: Finding, _ reader: DocumentReader) {
        let rule = unsafe program.tables.pointee.rules[finding.rule]
        let name = isAboutName ? "the property's name: " : ""
        violations.append(
            Violation(
                error: finding.keyword.error, instancePath: instancePath,
                schemaPath: program.locations[Int(rule.location)] + keyword(finding),
                sentence: name
                    + ViolationText(program: program, rule: rule).sentence(of: finding, in: reader),
                expectedTypes: finding.keyword == .type && !isAboutName
                    ? rule.types.typeNames : []))
    }

    private func keyword(_ finding: Finding) -> String {
        let keyword = finding.keyword.name.map { "/\($0)" } ?? ""
        guard finding.cause >= 0 else { return keyword }
        return keyword + JSONPointer.step(program.memberNames[Int(finding.cause)])
    }

    private var instancePath: String {
        path.reduce(into: "") { text, step in
            switch step {
            case .member(let name): text += JSONPointer.step(name)
            case .element(let index): text += "/\(index)"
            }
        }
    }
}
