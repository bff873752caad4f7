import Testing

/// What neither the compiler nor swift-format looks at.
@Suite("The form of the sources")
struct SourceFormTests {
    private let repository = Repository.current

    private static let mostLines = 400
    private static let codeSuffixes = [".swift", ".c", ".cpp", ".h", ".hpp", ".py", ".sh"]

    /// What decides must give the same result for the same input, everywhere and always.
    private static let functionalCore: Set<String> = [
        "Events", "Avro", "JSONSchema", "CEL", "Models", "Sketches", "TextModels", "StreamCore",
        "Operators", "SampleEvents",
    ]
    private static let nondeterministic = [
        "Date()", "Date.now", "ContinuousClock", "SuspendingClock", "DispatchTime", "DispatchWall",
        "clock_gettime", "gettimeofday", "UUID()", ".random(", ".randomElement(", ".shuffled(",
        "SystemRandomNumberGenerator", ".hashValue", "Hasher()", "TimeZone.current",
        "Locale.current", "Calendar.current", "ProcessInfo", "Task.sleep",
    ]

    /// Names that say nothing of what a type is.
    private static let emptyWords = ["Manager", "Helper", "Util"]

    // Put together here so that this file does not hold them.
    private static let markers = ["TO" + "DO", "FIX" + "ME", "HA" + "CK:", "XX" + "X:"]

    @Test("no file has more than four hundred lines")
    func filesStayShort() {
        for file in repository.files where isCode(file) {
            let count = file.lines.count - (file.text.hasSuffix("\n") ? 1 : 0)
            #expect(count <= Self.mostLines, "\(file.path) has \(count) lines; split it")
        }
    }

    @Test("types have names of the domain, and none bears its module's name")
    func typesAreNamedForWhatTheyAre() {
        let keywords: Set<Substring> = [
            "struct", "class", "enum", "actor", "protocol", "typealias",
        ]
        for file in repository.files where file.path.hasSuffix(".swift") {
            for (number, line) in file.code {
                let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
                for (keyword, name) in zip(words, words.dropFirst())
                where keywords.contains(keyword) {
                    for word in Self.emptyWords where name.contains(word) {
                        Issue.record(
                            "\(file.path):\(number): '\(name)': say what it is, not '\(word)'")
                    }
                    #expect(
                        file.path.hasPrefix("Tests/") || name != file.module,
                        "\(file.path):\(number): a type that bears its module's name hides it")
                }
            }
        }
    }

    @Test("the functional core knows no clock, no randomness and no environment")
    func coreIsDeterministic() {
        for file in repository.swiftSources where Self.functionalCore.contains(file.module) {
            for (number, line) in file.code {
                for word in Self.nondeterministic where line.holds(word) {
                    Issue.record("\(file.path):\(number): '\(word)': take it as a parameter")
                }
            }
        }
    }

    @Test("nothing says of itself that it is unfinished")
    func nothingIsMarkedUnfinished() {
        for file in repository.files {
            for (index, line) in file.lines.enumerated() {
                for marker in Self.markers where line.holds(marker) {
                    Issue.record("\(file.path):\(index + 1): \(marker): do it, or write an issue")
                }
            }
        }
    }

    @Test("tests do not sleep")
    func testsDoNotSleep() {
        let sleep = #/\b(?:Task\.sleep|Thread\.sleep|usleep|nanosleep|sleep)\s*\(/#
        for file in repository.files where file.path.hasPrefix("Tests/") {
            guard file.path.hasSuffix(".swift"), file.module != "TidyTests" else { continue }
            for (number, line) in file.code
            where line.holds("sleep") && line.contains(sleep) {
                Issue.record("\(file.path):\(number): turn the clock, or wait for the thing itself")
            }
        }
    }

    @Test("no file names a place of one person's machine")
    func pathsAreRelative() {
        let homes = ["home", "root", "Users"].map { "/\($0)/" }
        let place = #/(?:^|[\s"'(=:])/(?:home|root|Users)/\w/#
        for file in repository.files where file.module != "TidyTests" {
            for (index, line) in file.lines.enumerated()
            where homes.contains(where: line.holds) && line.contains(place) {
                Issue.record("\(file.path):\(index + 1): \(line)")
            }
        }
    }

    private func isCode(_ file: RepositoryFile) -> Bool {
        let isScript = file.path.hasPrefix("scripts/") || file.path == "Benchmarks/run"
        return isScript || Self.codeSuffixes.contains { file.path.hasSuffix($0) }
    }
}
