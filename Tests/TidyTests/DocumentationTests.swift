import Testing

/// That what is documented is there, and that what is there is documented.
@Suite("Documentation")
struct DocumentationTests {
    private let repository = Repository.current

    @Test("every operator has a reference page and tests")
    func operatorsAreDocumentedAndTested() {
        let specification = #/OperatorSpec\(\s*name:\s*"(\w+)"/#
        var names: [String] = []
        for file in repository.files where file.path.hasPrefix("Sources/Operators/") {
            guard file.text[...].holds("OperatorSpec(") else { continue }
            for match in file.text.matches(of: specification) {
                let name = String(match.1)
                names.append(name)
                let page = "Docs/operators/\(name).md"
                #expect(repository.holds(page), "\(file.path): '\(name)' has no page \(page)")
                #expect(
                    testsExist(for: file), "\(file.path): '\(name)' has no tests in OperatorsTests")
            }
        }
        #expect(Set(names).count == names.count, "two operators have one name: \(names.sorted())")
    }

    @Test("every relative link in a Markdown file leads somewhere")
    func linksResolve() {
        for file in repository.files where file.path.hasSuffix(".md") {
            for link in MarkdownPage(file.text).links where !link.isExternal {
                let target = link.path.isEmpty ? file.path : resolve(link.path, from: file.folder)
                let place = "\(file.path):\(link.line): (\(link.text))"
                guard let target, repository.holds(target) else {
                    Issue.record("\(place): there is no such file")
                    continue
                }
                guard let anchor = link.anchor, target.hasSuffix(".md"),
                    let page = repository.files.first(where: { $0.path == target })
                else { continue }
                let anchors = MarkdownPage(page.text).anchors
                #expect(anchors.contains(anchor), "\(place): \(target) has no such heading")
            }
        }
    }

    /// Whether the folder of an operator has its counterpart among the tests.
    private func testsExist(for source: RepositoryFile) -> Bool {
        let folder = source.folder.split(separator: "/").last.map(String.init) ?? ""
        return repository.files.contains {
            $0.path.hasPrefix("Tests/OperatorsTests/") && $0.path.contains(folder)
                && $0.path.hasSuffix("Tests.swift")
        }
    }

    /// A path relative to a folder, as a path from the root; `nil` when it leaves the repository.
    private func resolve(_ path: String, from folder: String) -> String? {
        var parts = path.hasPrefix("/") ? [] : folder.split(separator: "/").map(String.init)
        for part in path.split(separator: "/") where part != "." {
            if part == ".." {
                if parts.popLast() == nil { return nil }
            } else {
                parts.append(String(part))
            }
        }
        return parts.joined(separator: "/")
    }
}

/// The links and headings of a Markdown file, those in fenced code left out.
struct MarkdownPage {
    struct Link {
        let text: String
        let line: Int

        var isExternal: Bool { text.contains(#/^[a-z][a-z+.-]*:/#) }
        var path: String { String(text.prefix { $0 != "#" }) }
        var anchor: String? {
            text.firstIndex(of: "#").map { String(text[text.index(after: $0)...]) }
        }
    }

    private(set) var links: [Link] = []
    /// The headings as links name them.
    private(set) var anchors: Set<String> = []

    init(_ text: String) {
        var isInsideFence = false
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            if line.trimmingPrefix(while: \.isWhitespace).hasPrefix("```") {
                isInsideFence.toggle()
                continue
            }
            if isInsideFence { continue }
            if line.hasPrefix("#") { anchors.insert(Self.anchor(of: line)) }
            let plain = line.replacing(#/`[^`]*`/#, with: "")
            for match in plain.matches(of: #/\]\(\s*([^)\s]+)(?:\s+"[^"]*")?\s*\)/#) {
                links.append(Link(text: String(match.1), line: index + 1))
            }
        }
    }

    /// As GitHub makes it: lower case, spaces as hyphens, punctuation left out.
    private static func anchor(of heading: Substring) -> String {
        let title = heading.drop { $0 == "#" }.trimmingPrefix(while: \.isWhitespace).lowercased()
        return String(
            title.compactMap { character -> Character? in
                if character == " " { return "-" }
                let isKept = character.isLetter || character.isNumber || "-_".contains(character)
                return isKept ? character : nil
            })
    }
}
